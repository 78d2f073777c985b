import type { RegistryAccess } from '#adapters/registry/registry.js';
import { type AskOptions, askStates, type RegistryState } from '#adapters/registry/state.js';
import { definitionLabel } from '#compiler/plan/labels.js';
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

/** What is known beforehand of where an image is; undefined: it is where it is published, and this run makes it if not. */
export type PlaceOf = (reference: Reference) => Place | undefined;

interface Place {
  /** Where it waits to be published; absent: it is asked for where it is published. */
  readonly staged?: StagedImage;
  /** Why it is not there, where this run does not make it; absent: this run does. A clause. */
  readonly missing?: string;
}

interface StagedImage {
  readonly access: RegistryAccess;
  readonly repository: Repository;
  readonly tag: string;
  /** What it is made of: anything else under its tag is not it. */
  readonly definition: Digest;
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
    const staged = placeOf(reference)?.staged;
    return staged === undefined
      ? [{ reference, repository, version, access: accesses.get(tree) }]
      : [{ ...staged, reference, version: staged.tag }];
  });
  const states = await askStates(images, ask);
  const facts = new Map<Reference, Facts>();
  for (const { reference } of images) {
    const asked = states.get(reference);
    if (asked === undefined) {
      throw new Error(`nothing was asked about ${reference}`);
    }
    const registry = inPlace(asked, placeOf(reference));
    const engine = local.get(reference);
    facts.set(reference, {
      registry,
      ...(engine === undefined ? {} : { local: engine }),
    });
  }
  return facts;
}

function inPlace(asked: RegistryState, { staged, missing }: Place = {}): RegistryState {
  if ((asked.kind === 'absent' || asked.kind === 'not-asked') && missing !== undefined) {
    return { kind: 'unknown', reason: missing, answered: true };
  }
  if (asked.kind !== 'published' || staged === undefined) {
    return asked;
  }
  const { config } = asked;
  const where = `${staged.repository}:${staged.tag}`;
  if (!config.known) {
    return { kind: 'unknown', reason: `${where} cannot be read: ${config.reason}` };
  }
  return config.value.labels.get(definitionLabel) === staged.definition
    ? asked
    : {
        kind: 'unknown',
        reason: `${where} is something else: cut the matrix again`,
        answered: true,
      };
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
