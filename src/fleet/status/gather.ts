import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type AskOptions, askStates } from '#adapters/registry/state.js';
import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Facts, LocalFacts } from './facts.js';
import type { Lost } from './lost.js';
import type { TagFacts } from './owed.js';

export interface FactSources {
  /** How each tree's registry is reached; without an entry it has none. */
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** The engine's images by reference; empty where the builder does not see them. */
  readonly local: ReadonlyMap<string, LocalFacts>;
  readonly ask?: AskOptions;
}

/**
 * Asks the registries about these images, all at the same time, and joins what is known of each: all but
 * the digests of their definitions (`withDefinitions`).
 */
export async function gatherFacts(
  graph: Graph,
  wanted: ReadonlySet<Reference>,
  { accesses, local, ask }: FactSources,
): Promise<ReadonlyMap<Reference, Facts>> {
  const images = inOrder(graph).flatMap(({ reference, sound, broken }) => {
    const { repository, version, tree } = sound?.rendered.definition ?? broken?.image ?? {};
    return !wanted.has(reference) || repository === undefined || version === undefined || !tree
      ? []
      : [{ reference, repository, version, access: accesses.get(tree) }];
  });
  const states = await askStates(images, ask);
  const facts = new Map<Reference, Facts>();
  for (const { reference } of images) {
    const registry = states.get(reference);
    if (registry === undefined) {
      throw new Error(`nothing was asked about ${reference}`);
    }
    const engine = local.get(reference);
    facts.set(reference, {
      registry,
      ...(engine === undefined ? {} : { local: engine }),
    });
  }
  return facts;
}

/**
 * The facts with the digest of each definition that has one, what each image is owed, what its `latest` is
 * held at, what says that it is lost, and which versions are before it.
 */
export function withDefinitions(
  facts: ReadonlyMap<Reference, Facts>,
  definitions: ReadonlyMap<Reference, Digest>,
  { owed, held }: TagFacts = { owed: new Map(), held: new Map() },
  { lost, earlier }: Pick<Lost, 'lost' | 'earlier'> = { lost: new Map(), earlier: new Map() },
): ReadonlyMap<Reference, Facts> {
  return new Map(
    [...facts].map(([reference, known]) => {
      const definition = definitions.get(reference);
      const owing = owed.get(reference);
      const holding = held.get(reference);
      const trace = lost.get(reference);
      const before = earlier.get(reference);
      const more = {
        ...(definition === undefined ? {} : { definition }),
        ...(owing === undefined ? {} : { owed: owing }),
        ...(holding === undefined ? {} : { held: holding }),
        ...(trace === undefined ? {} : { lost: trace }),
        ...(before === undefined ? {} : { earlier: before }),
      };
      return [reference, { ...known, ...more }];
    }),
  );
}
