import type { EngineFacts } from '#adapters/docker/detect.js';
import type { Docker, DockerFailure } from '#adapters/docker/docker.js';
import { havingPlatform } from '#adapters/docker/imagePlatforms.js';
import { inspectImages, type LocalImage } from '#adapters/docker/images.js';
import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import type { OutsideImage } from '#compiler/plan/options.js';
import type { PlannedContext } from '#compiler/plan/plan.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import { holder } from '#compiler/select/holder.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import { concerned, type Decision, decide } from './decide.js';
import type { Facts, LocalFacts } from './facts.js';
import { standIns } from './find.js';
import { gatherFacts, type PlaceOf, withDefinitions } from './gather.js';
import { askLost, type Lost } from './lost.js';
import { askOlderVersions } from './olderVersions.js';
import { askTags } from './owed.js';
import type { PublishedRecord } from './publishedRecord.js';
import { withReasons } from './reasonsOf.js';
import type { DecideOptions } from './states.js';

export interface PrepareInput {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  readonly context: (image: ResolvedImage) => PlannedContext;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** Absent where only registries are asked. */
  readonly engine?: { readonly docker: Docker; readonly facts: EngineFacts };
  readonly pull: boolean;
  /** The trees whose images the run publishes. */
  readonly publishing: ReadonlySet<Tree>;
  /** The trees whose images may be owed `latest` or further tags; or held; absent: none is looked at. */
  readonly tagging?: ReadonlySet<Tree>;
  /** What registries said of digests in earlier runs. */
  readonly cache: ConfigCache;
  /** What runs on this machine saw in registries; gets what this one sees. */
  readonly record: PublishedRecord;
  /** Whether an image of the engine has a test that it has not passed; absent: nobody asks. */
  readonly isUntested?: (reference: Reference, id: Digest) => boolean;
  /** Whether an image of the engine waits for approval; absent: nobody asks. */
  readonly isAwaiting?: (reference: Reference, id: Digest) => boolean;
  /** Whether the selected images have versions of today (`--nightly`, `--snapshot`). */
  readonly dated: boolean;
  readonly overwritePublished: boolean;
  readonly rebuildLost: boolean;
  /** The sizes of published images are wanted, where they have to be asked for; absent: they are not. */
  readonly sizes?: boolean;
  /** Whether everything that passes is put somewhere, held or not; absent: what is published is. */
  readonly stages?: boolean;
  /** Where images of other jobs are asked for; absent: each in its own repository. */
  readonly placeOf?: PlaceOf;
  /** The moment that holds are looked at; absent: none is in force. */
  readonly now?: Date;
  readonly signal: AbortSignal;
}

export interface Prepared extends Pick<Lost, 'untold' | 'unlisted'> {
  /** Parents first: every image that is selected or that one of those needs. */
  readonly decisions: readonly Decision[];
  readonly facts: ReadonlyMap<Reference, Facts>;
  readonly definitions: ReadonlyMap<Reference, Digest>;
  /** The engine's images by the references of their definitions. */
  readonly local: ReadonlyMap<string, LocalImage>;
  /** Of them, those that the engine has under another name of their registry alone. */
  readonly named: ReadonlySet<Reference>;
  /** What stands for parents that are not built: pinned, or local by their tag. */
  readonly outside: Map<Reference, OutsideImage>;
}

export type Preparation =
  | { readonly kind: 'prepared'; readonly prepared: Prepared }
  | DockerFailure;

/** Asks registries and engine, and decides what is done with every image. */
export async function prepare(input: PrepareInput): Promise<Preparation> {
  const { graph, selected, engine, signal } = input;
  const wanted = concerned(graph, selected);
  const names = registryNamesOf(graph);
  const asked = [...wanted].map((reference) => ({ reference, all: names.all(reference) }));
  const every = asked.flatMap(({ all }) => all);
  const found =
    engine === undefined
      ? { kind: 'done' as const, value: new Map<string, LocalImage>() }
      : await inspectImages(engine.docker, every, { signal });
  if (found.kind === 'failed') {
    return found;
  }
  const local = new Map<Reference, LocalImage>();
  const named = new Set<Reference>();
  for (const { reference, all } of asked) {
    const image = all.flatMap((name) => found.value.get(name) ?? [])[0];
    if (image !== undefined) {
      local.set(reference, image);
    }
    if (image !== undefined && !found.value.has(reference)) {
      named.add(reference);
    }
  }
  const asIs = await gatherFacts(graph, wanted, {
    accesses: input.accesses,
    local: withUntested(local, input.isUntested),
    ask: { signal, cache: input.cache, sizes: input.sizes ?? false },
    ...(input.placeOf === undefined ? {} : { placeOf: input.placeOf }),
  });
  const partly = engine === undefined ? [] : await partlyLocal(input, engine, asIs, local);
  const gathered = new Map(asIs);
  for (const reference of partly) {
    const { local: _, ...rest } = asIs.get(reference) ?? { registry: { kind: 'absent' as const } };
    gathered.set(reference, rest);
    local.delete(reference);
  }
  const options: DecideOptions = {
    selected,
    pull: input.pull,
    publishing: input.publishing,
    seesLocalImages: engine?.facts.sharesImages ?? false,
    overwritePublished: input.overwritePublished,
    rebuildLost: input.rebuildLost,
    ...(input.isAwaiting === undefined ? {} : { isAwaiting: input.isAwaiting }),
    ...(input.stages === undefined ? {} : { stages: input.stages }),
    ...(input.now === undefined ? {} : { holdOf: holder(graph, input.now) }),
  };
  const pins = standIns(graph, gathered, options);
  const definitions = definitionDigests(graph, wanted, input.context, pins);
  const unasked = decide(graph, withDefinitions(gathered, definitions), options);
  const [older, tags, traces] = await Promise.all([
    // What is overwritten is built on the newest versions.
    input.overwritePublished
      ? new Map()
      : askOlderVersions({ ...input, facts: withDefinitions(gathered, definitions) }),
    askTags({ ...input, facts: gathered, trees: input.tagging ?? new Set() }),
    askLost({
      ...input,
      facts: gathered,
      wanted: worked(unasked),
      dated: input.dated ? selected : new Set(),
    }),
  ]);
  const { placeOf = () => undefined } = input;
  remember(input.record, gathered, names, placeOf);
  const facts = withOlder(withDefinitions(gathered, definitions, tags, traces), older);
  const decisions = withReasons(graph, facts, decide(graph, facts, options));
  const { untold, unlisted } = traces;
  const prepared = {
    decisions,
    facts,
    definitions,
    local,
    named,
    outside: outsideOf(decisions, engine?.facts, placeOf),
    untold,
    unlisted,
  };
  return { kind: 'prepared', prepared };
}

/**
 * Images that the engine has for some of their platforms alone, since another builder made the others, and that are not
 * published: they are as good as absent, for half an image would be published.
 */
async function partlyLocal(
  { graph, signal }: PrepareInput,
  { docker, facts: { imageStore } }: NonNullable<PrepareInput['engine']>,
  facts: ReadonlyMap<Reference, Facts>,
  local: ReadonlyMap<Reference, LocalImage>,
): Promise<readonly Reference[]> {
  const wanted = new Map<string, Map<Reference, LocalImage>>();
  for (const { reference, platforms } of graph.images) {
    const image = local.get(reference);
    const isPublished = facts.get(reference)?.registry.kind === 'published';
    for (const platform of platforms.length > 1 && !isPublished ? platforms : []) {
      if (image !== undefined) {
        const all = wanted.get(platform) ?? new Map<Reference, LocalImage>();
        wanted.set(platform, all.set(reference, image));
      }
    }
  }
  const partly = new Set<Reference>();
  for (const [platform, images] of wanted) {
    // A classic store keeps one platform of an image.
    const having =
      imageStore === 'classic'
        ? new Set()
        : await havingPlatform(docker, platform, [...images.values()], { signal });
    for (const [reference, image] of images) {
      if (!having.has(image)) {
        partly.add(reference);
      }
    }
  }
  return [...partly];
}

function withOlder(
  facts: ReadonlyMap<Reference, Facts>,
  older: ReadonlyMap<Reference, NonNullable<Facts['olderVersions']>>,
): ReadonlyMap<Reference, Facts> {
  return older.size === 0
    ? facts
    : new Map(
        [...facts].map(([reference, known]) => {
          const olderVersions = older.get(reference);
          return [reference, olderVersions === undefined ? known : { ...known, olderVersions }];
        }),
      );
}

function withUntested(
  local: ReadonlyMap<Reference, LocalImage>,
  isUntested: PrepareInput['isUntested'],
): ReadonlyMap<string, LocalFacts> {
  return new Map(
    [...local].map(([reference, image]) => [
      reference,
      isUntested?.(reference, image.id) ? { ...image, isUntested: true as const } : image,
    ]),
  );
}

/** What is built, or only tested and published. */
function worked(decisions: readonly Decision[]): ReadonlySet<Reference> {
  return new Set(
    decisions.flatMap(({ action, reference }) =>
      action === 'build' || action === 'finish' ? [reference] : [],
    ),
  );
}

function remember(
  record: PublishedRecord,
  facts: ReadonlyMap<Reference, Facts>,
  names: RegistryNames,
  placeOf: PlaceOf,
): void {
  for (const [reference, { registry }] of facts) {
    if (registry.kind === 'published' && placeOf(reference)?.staged === undefined) {
      record.add(names.canonical(reference), registry.digest);
    }
  }
  record.save();
}

/** An image of the engine in place of a parent that is not built. */
export function localOutside(
  engine: Pick<EngineFacts, 'imageStore'> | undefined,
  reference: Reference,
  id: Digest,
): OutsideImage {
  const isManifest = engine?.imageStore === 'containerd';
  return { reference, id, ...(isManifest ? { manifest: id } : {}) };
}

function outsideOf(
  decisions: readonly Decision[],
  engine: EngineFacts | undefined,
  placeOf: PlaceOf,
): Map<Reference, OutsideImage> {
  const outside = new Map<Reference, OutsideImage>();
  for (const { parents } of decisions) {
    for (const use of parents) {
      if (use.kind === 'pinned') {
        const { parent, digest } = use;
        const staged = placeOf(parent)?.staged;
        const at = staged === undefined ? {} : { at: `${staged.repository}@${digest}` };
        outside.set(parent, { reference: parent, digest, ...at });
      } else if (use.kind === 'local') {
        outside.set(use.parent, localOutside(engine, use.parent, use.id));
      }
    }
  }
  return outside;
}

/** The images that go into bake calls. */
export function toBuild(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.filter((decision) => decision.action === 'build');
}
