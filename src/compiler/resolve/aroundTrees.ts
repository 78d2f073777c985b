import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { AroundTrees } from '../render/imageLookup.js';
import { Catalogue, knownDefinition, knownRendered } from './catalogue.js';
import type { Graph } from './graph.js';

/**
 * Errors of plain images that name an image which only the directory around their trees defines: it
 * would be pulled, or be another one, where a build of the whole directory links it. Templates write
 * whole references, and docker-pkg pulls what they say.
 */
export function faultsOfAround(
  { images }: Graph,
  around: AroundTrees,
): ReadonlyMap<Reference, readonly Diagnostic[]> {
  const faults = new Map<Reference, Diagnostic[]>();
  let catalogue: Catalogue | undefined;
  for (const { rendered, reference, externals } of images) {
    const { dockerfile, name, tree } = rendered.definition;
    if (dockerfile.kind !== 'plain' || tree.stages !== undefined) {
      continue;
    }
    for (const { written, place } of externals) {
      catalogue ??= new Catalogue(around().images.map(knownDefinition));
      const meaning = catalogue.meaning(written, knownRendered(rendered));
      if (meaning.kind !== 'image' || meaning.image.reference === reference) {
        continue;
      }
      const { shown } = meaning.image;
      const message = `${written} is defined by ${shown}, which is not in the directory ${tree.shownDirectory}`;
      const hint = `to build both, select the image by its name: --select ${name}`;
      const found = faults.get(reference) ?? [];
      found.push(error('image-around', message, { place, hint }));
      faults.set(reference, found);
    }
  }
  return faults;
}
