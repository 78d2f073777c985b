import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type AskOptions, askStates } from '#adapters/registry/state.js';
import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import type { Facts, LocalFacts } from './facts.js';
import type { Lost } from './lost.js';
import type { TagFacts } from './owed.js';

export interface FactSources {
  /** How each tree's registry is reached; without an entry it has none. */
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** The engine's images by reference; empty where the builder does not see them. */
  readonly local: ReadonlyMap<string, LocalFacts>;
  readonly ask?: AskOptions;
  /** Where an image is asked for instead of its own repository; absent: nowhere. */
  readonly placeOf?: PlaceOf;
}

/** Where an image that is not published yet waits for it. */
export type PlaceOf = (reference: Reference) => Place | undefined;

interface Place {
  readonly access: RegistryAccess;
  readonly repository: Repository;
  readonly tag: string;
  /** Why it is not there, where this run does not make it; absent: this run does. A clause. */
  readonly missing?: string;
}

/**
 * Asks the registries about these images, all at the same time, and joins what is known of each: all but
 * the digests of their definitions (`withDefinitions`).
 */
export async function gatherFacts(
  graph: Graph,
  wanted: ReadonlySet<Reference>,
  { accesses, local, ask, placeOf = () => undefined }: FactSources,
): Promise<ReadonlyMap<Reference, Facts>> {
  const images = inOrder(graph).flatMap(({ reference, sound, broken }) => {
    const { repository, version, tree } = sound?.rendered.definition ?? broken?.image ?? {};
    if (!wanted.has(reference) || repository === undefined || version === undefined || !tree) {
      return [];
    }
    const place = placeOf(reference);
    return place === undefined
      ? [{ reference, repository, version, access: accesses.get(tree) }]
      : [{ ...place, reference, version: place.tag }];
  });
  const states = await askStates(images, ask);
  const facts = new Map<Reference, Facts>();
  for (const { reference } of images) {
    const asked = states.get(reference);
    if (asked === undefined) {
      throw new Error(`nothing was asked about ${reference}`);
    }
    const missing = placeOf(reference)?.missing;
    const registry =
      asked.kind === 'absent' && missing !== undefined
        ? ({ kind: 'unknown', reason: missing } as const)
        : asked;
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
