import { hash } from 'node:crypto';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { ResolvedImage } from '../resolve/graph.js';
import type { PlannedFile, PlannedTarget } from './plan.js';
import { unrepresentable } from './representable.js';

/** Where Dockerfiles are written that no bake file can represent, by the SHA-256 of their bytes. */
const dockerfileDirectory = '.generate-bake/dockerfiles';

/**
 * A target's Dockerfile: inline, byte for byte; in a file of its own where bake would change it.
 * An empty one is refused, since bake takes it for unset and builds the context's own Dockerfile.
 */
export function dockerfileOf(image: ResolvedImage): {
  value: PlannedTarget['dockerfile'];
  files: readonly PlannedFile[];
  diagnostics: readonly Diagnostic[];
} {
  const text = image.rendered.dockerfile;
  const { file } = image.rendered.definition.dockerfile;
  switch (unrepresentable(text)) {
    case undefined: {
      const diagnostics =
        text === ''
          ? [error('dockerfile-empty', 'the Dockerfile is empty', { place: { file } })]
          : [];
      return { value: { kind: 'inline', text }, files: [], diagnostics };
    }
    case 'not-nfc': {
      const path = `${dockerfileDirectory}/${hash('sha256', text)}`;
      return {
        value: { kind: 'file', path },
        files: [{ kind: 'text', path, text }],
        diagnostics: [],
      };
    }
    case 'lone-surrogate': {
      const diagnostics = [
        error('dockerfile-not-unicode', 'the Dockerfile contains a lone surrogate', {
          place: { file },
          hint: 'write the whole character',
        }),
      ];
      return { value: { kind: 'inline', text }, files: [], diagnostics };
    }
  }
}
