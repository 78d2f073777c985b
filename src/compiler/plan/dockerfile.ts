import { hash } from 'node:crypto';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { ResolvedImage } from '../resolve/graph.js';
import type { PlannedFile, PlannedTarget } from './plan.js';
import { unrepresentable } from './representable.js';

/** Where Dockerfiles are written that cannot be inline, by the SHA-256 of what is written. */
const dockerfileDirectory = '.generate-bake/dockerfiles';

/**
 * A target's Dockerfile: inline, byte for byte; in a file of its own where bake would change it, or
 * where ignore rules (`rules`) must be beside it: BuildKit looks for none beside an inline one. An empty one is refused, since bake takes it for unset and builds the context's own Dockerfile.
 */
export function dockerfileOf(
  image: ResolvedImage,
  rules?: string,
): {
  value: PlannedTarget['dockerfile'];
  files: readonly PlannedFile[];
  diagnostics: readonly Diagnostic[];
} {
  const text = image.rendered.dockerfile;
  const { file } = image.rendered.definition.dockerfile;
  const problem = problemOf(text);
  if (problem !== undefined) {
    const { code, message, hint } = problem;
    const diagnostics = [error(code, message, { place: { file }, ...(hint && { hint }) })];
    return { value: { kind: 'inline', text }, files: [], diagnostics };
  }
  if (rules === undefined && unrepresentable(text) === undefined) {
    return { value: { kind: 'inline', text }, files: [], diagnostics: [] };
  }
  const path = `${dockerfileDirectory}/${hash('sha256', rules === undefined ? text : `${text}\0${rules}`)}`;
  const files: PlannedFile[] = [{ kind: 'text', path, text }];
  if (rules !== undefined) {
    files.push({ kind: 'text', path: `${path}.dockerignore`, text: rules });
  }
  return { value: { kind: 'file', path }, files, diagnostics: [] };
}

function problemOf(
  text: string,
): { readonly code: DiagnosticCode; readonly message: string; readonly hint?: string } | undefined {
  if (text === '') {
    return { code: 'dockerfile-empty', message: 'the Dockerfile is empty' };
  }
  if (unrepresentable(text) !== 'lone-surrogate') {
    return undefined;
  }
  return {
    code: 'dockerfile-not-unicode',
    message: 'the Dockerfile contains a lone surrogate',
    hint: 'write the whole character',
  };
}
