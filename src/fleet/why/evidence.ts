import { changesBetween, type DefinitionChanges } from '#compiler/plan/definitionChanges.js';
import type { DefinitionParts } from '#compiler/plan/definitionParts.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '../status/decide.js';
import type { Facts } from '../status/facts.js';
import type { Search, Sought } from './search.js';

/** What is known of how an image changed since a version of it was published. */
export type Evidence = Pick<Sought, 'since'> &
  (
    | (Omit<Extract<Search, { kind: 'found' }>, 'parts'> & { readonly changes: DefinitionChanges })
    | Extract<Search, { kind: 'not-found' }>
  );

/** The images among these whose published definition is another one. */
export function soughtOnes(
  graph: Graph,
  decisions: readonly Decision[],
  facts: ReadonlyMap<Reference, Facts>,
): readonly Sought[] {
  return decisions.flatMap(({ reference, state }) => {
    const image = graph.byReference.get(reference);
    const registry = facts.get(reference)?.registry;
    const published =
      registry?.kind === 'published' && registry.config.known
        ? registry.config.value.labels.get(definitionLabel)
        : undefined;
    if (state !== 'drifted' || image === undefined || !published) {
      return [];
    }
    return [{ image, published, since: image.rendered.definition.version }];
  });
}

/**
 * What the searches found, against what the images are now.
 *
 * @param now the parts of the definitions as they are
 */
export function evidenceOf(
  sought: readonly Sought[],
  searches: ReadonlyMap<Reference, Search>,
  now: (reference: Reference) => DefinitionParts | undefined,
): ReadonlyMap<Reference, Evidence> {
  const evidence = new Map<Reference, Evidence>();
  for (const { image, since } of sought) {
    const { reference } = image;
    const search = searches.get(reference);
    const after = now(reference);
    if (search?.kind === 'not-found') {
      evidence.set(reference, { ...search, since });
    } else if (search !== undefined && after !== undefined) {
      const { parts, ...found } = search;
      evidence.set(reference, { ...found, since, changes: changesBetween(parts, after) });
    }
  }
  return evidence;
}
