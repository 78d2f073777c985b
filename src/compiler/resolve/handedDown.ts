import type { Trigger } from '#formats/dockerfile/dockerfile.js';
import type { RenderedImage } from '../render/rendered.js';
import type { Catalogue, KnownImage } from './catalogue.js';
import type { ExternalReference } from './graph.js';
import { placeOf } from './read.js';

/**
 * The images that no tree defines and that an image has its children take, by its ONBUILDs, whoever these children are. A
 * word that may name a stage of a child is none.
 */
export function handedDown(
  triggers: readonly Trigger[],
  catalogue: Catalogue,
  by: KnownImage,
  rendered: RenderedImage,
): readonly ExternalReference[] {
  return triggers
    .flatMap(({ sources }) => sources)
    .flatMap(({ from: { text: written, span } }): ExternalReference[] => {
      const meaning = /[:/@]/.test(written) ? catalogue.meaning(written, by) : undefined;
      return meaning?.kind === 'external'
        ? [{ kind: 'onbuild', written, key: meaning.key, place: placeOf(rendered, span) }]
        : [];
    });
}
