import { gitHistories } from '#adapters/git/history.js';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import { heldBy, holdText } from '#compiler/select/heldBy.js';
import { isMatched, matchImages } from '#compiler/select/matchImages.js';
import type { Reference } from '#core/reference/brands.js';
import { heldAt } from '#fleet/holds/mark.js';
import { type FoundOutdated, withAllAncestors } from '#fleet/outdated/findOutdated.js';
import type { Outdated } from '#fleet/outdated/outdated.js';
import { type LeftBecause, planUpgrade, type UpgradePlan } from '#fleet/upgrade/upgrade.js';
import type { EditContext } from '#upkeep/update/changelogEdit.js';
import { lineOf, matesOf } from '#upkeep/update/concerned.js';
import { LeftOutImages } from '#upkeep/update/leftOut.js';
import { isVersionElsewhere } from '#upkeep/update/spotEdit.js';
import { findStandings } from '#upkeep/update/standing.js';
import { type UpgradeHistory, upgradeHistory } from '#upkeep/upgrade/history.js';
import { type AskedFleet, askFleet } from './askFleet.js';
import { type ExitCode, exit } from './exit.js';
import type { CompileLine } from './line/options.js';
import { type OutdatedFiles, outdatedIn } from './outdatedIn.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** What is outdated at a moment, and which images a run gives a version to then. */
export interface UpgradeRound {
  readonly fleet: AskedFleet;
  readonly found: Extract<FoundOutdated, { kind: 'found' }>;
  readonly plan: UpgradePlan;
  readonly left: ReturnType<LeftOutImages['found']>;
  readonly history: UpgradeHistory;
  /** So many images may get a version. */
  readonly most: number;
  /** Images whose version was made by `upgrade` and that no registry has. */
  readonly pending: ReadonlySet<Reference>;
  /** Those that a registry has, without all of their tags. */
  readonly owing: ReadonlySet<Reference>;
}

/** What the command line says of packages and images. */
interface UpgradeQuestion extends CompileLine {
  readonly credentials: CredentialUse;
  readonly withUnreleased: boolean;
  /** Globs of images; those that build with these are taken too. */
  readonly toolchains: readonly string[];
  /** Globs of the images that go first; empty: none does. */
  readonly canaries: readonly string[];
  /** Absent: by whether somebody watches. */
  readonly maxImages?: number;
}

interface RoundOptions {
  readonly files: OutdatedFiles;
  readonly context: EditContext;
  /** So many images may get a version; absent: by what the command line says. */
  readonly room?: number;
  readonly only?: 'below';
}

/** Asks, and plans; the exit status where that is not possible. */
export async function upgradeRound(
  input: UpgradeQuestion,
  { files, context, room, only }: RoundOptions,
  io: Io,
  signal: AbortSignal,
): Promise<UpgradeRound | ExitCode> {
  const question = { ...input, pull: true, asks: 'all', widen: withAllAncestors } as const;
  const fleet = await askFleet(question, io, signal);
  if (typeof fleet === 'number') {
    return fleet;
  }
  const { graph, compiled, prepared } = fleet;
  const definitions = inOrder(graph).flatMap(({ sound }) => sound?.rendered.definition ?? []);
  const globs = [
    ...matchImages(definitions, input.toolchains, '--toolchains').diagnostics,
    ...matchImages(definitions, input.canaries, '--canary').diagnostics,
  ];
  if (report(io, globs)) {
    return exit.wrong;
  }
  const { selected } = compiled;
  // What is known of the images above says whether a new version of these would bring anything.
  const all = withAllAncestors(graph, selected);
  const found = await outdatedIn(fleet, all, {}, files, io, signal);
  if (found.kind === 'cancelled') {
    return exit.interrupted;
  }
  const history = upgradeHistory(graph, context);
  const isPending = (reference: Reference): boolean => {
    const { registry, local } = prepared.facts.get(reference) ?? {};
    return registry?.kind === 'absent' || (registry?.kind === 'not-asked' && local === undefined);
  };
  const isUnproven = (reference: Reference): boolean => {
    const { registry, local } = prepared.facts.get(reference) ?? {};
    return registry?.kind !== 'published' && local?.isUntested === true;
  };
  const upgraded = new Set([...all].filter((reference) => history.isUpgraded(reference)));
  const pending = new Set([...upgraded].filter(isPending));
  const owing = new Set(
    prepared.decisions.flatMap(({ reference, owed = [] }) =>
      upgraded.has(reference) && owed.length > 0 ? [reference] : [],
    ),
  );
  const states = new Map(prepared.decisions.map(({ reference, state }) => [reference, state]));
  const left = new Leaving(fleet, found.result, input, io);
  const most = room ?? mostImages(input, graph, io);
  const plan = planUpgrade({
    graph,
    outdated: found.result,
    selected,
    leftBecause: (reference, isSecurity) => left.because(reference, isSecurity),
    triedIn: history.triedIn,
    pending,
    upgraded,
    isToolchain: matcher(graph, input.toolchains),
    isStale: (reference) =>
      states.get(reference) === 'drifted' ||
      prepared.facts.get(reference)?.olderVersions !== undefined,
    isUnproven,
    pace: {
      most,
      ...(input.canaries.length === 0 ? {} : { isCanary: matcher(graph, input.canaries) }),
    },
    ...(only === undefined ? {} : { only }),
  });
  return { fleet, found, plan, left: left.found(), history, most, pending, owing };
}

function matcher(
  { byReference }: Graph,
  patterns: readonly string[],
): (reference: Reference) => boolean {
  return (reference) => {
    const definition = byReference.get(reference)?.rendered.definition;
    return definition !== undefined && patterns.some((each) => isMatched(definition, each));
  };
}

/** Where nobody watches, at most a part of the trees changes in one run. */
function mostImages({ maxImages }: UpgradeQuestion, { images }: Graph, io: Io): number {
  if (maxImages !== undefined) {
    return maxImages;
  }
  const { CI: ci } = io.env;
  const isCi = ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0';
  const isWatched = io.terminal && !isCi;
  return isWatched ? Number.POSITIVE_INFINITY : Math.max(10, Math.ceil(images.length / 4));
}

/** Why images that updates reach get no version, by holds, git and registries. */
class Leaving {
  readonly #fleet: AskedFleet;
  readonly #now: Date;
  readonly #outdated: Outdated;
  readonly #input: UpgradeQuestion;
  readonly #known = new Map<Reference, LeftBecause | undefined>();
  #images: LeftOutImages | undefined;
  #mates: ReturnType<typeof matesOf> = new Map();

  constructor(fleet: AskedFleet, outdated: Outdated, input: UpgradeQuestion, io: Io) {
    this.#fleet = fleet;
    this.#outdated = outdated;
    this.#input = input;
    this.#now = io.now();
  }

  because(reference: Reference, isSecurity: boolean): LeftBecause | undefined {
    const image = this.#fleet.graph.byReference.get(reference)?.rendered.definition;
    if (image === undefined) {
      return { kind: 'broken' };
    }
    if (isVersionElsewhere(image)) {
      return { kind: 'elsewhere' };
    }
    const hold = heldBy(image, 'refresh', { now: this.#now, isSecurity });
    if (hold !== undefined) {
      return { kind: 'held', text: holdText(hold) };
    }
    const at = this.#fleet.prepared.facts.get(reference)?.held;
    if (at !== undefined) {
      return { kind: 'held', text: `its latest is held at ${heldAt(at)}` };
    }
    if (!this.#known.has(reference)) {
      this.#known.set(reference, this.#byGit(image));
    }
    return this.#known.get(reference);
  }

  found(): ReturnType<LeftOutImages['found']> {
    return this.#images?.found() ?? { unreleased: [], pending: [] };
  }

  #byGit(image: ImageDefinition): LeftBecause | undefined {
    const images = this.#asked();
    const { versionSpot: spot } = image;
    const sharing = (spot === undefined ? undefined : this.#mates.get(lineOf(spot))) ?? [];
    if (!images.leaves(image, [image, ...sharing.map(({ definition }) => definition)])) {
      return undefined;
    }
    const pending = images.found().pending.find((each) => each.image === image);
    return pending === undefined
      ? { kind: 'unreleased' }
      : { kind: 'pending', until: pending.standing.until };
  }

  /** Git is asked once, about all images that an update reaches and those that build with them. */
  #asked(): LeftOutImages {
    const { graph, prepared } = this.#fleet;
    if (this.#images === undefined) {
      const reached = new Set(this.#outdated.updates.flatMap(({ images }) => images));
      const isAll = this.#input.toolchains.length > 0;
      const concerned = graph.images
        .filter(({ reference }) => isAll || reached.has(reference))
        .map((sound) => ({ definition: sound.rendered.definition, sound }));
      this.#mates = matesOf(graph, concerned);
      const asked = new Map(
        [...concerned, ...[...this.#mates.values()].flat()].map(({ definition, sound }) => [
          definition,
          { definition, ...(sound === undefined ? {} : { resolved: sound }) },
        ]),
      );
      this.#images = new LeftOutImages([...asked.values()], {
        standings: (images) => findStandings(images, gitHistories()),
        takesUnreleased: this.#input.withUnreleased,
        isUnpublished: ({ reference }) => prepared.facts.get(reference)?.registry.kind === 'absent',
      });
    }
    return this.#images;
  }
}

/** What both steps leave as it is: the second one looks only at what is below the first. */
export function joined(first: UpgradeRound, second: UpgradeRound): UpgradeRound {
  const both = <Item>(
    one: readonly Item[],
    other: readonly Item[],
    keyOf: (item: Item) => string,
  ) => [...new Map([...one, ...other].map((item) => [keyOf(item), item])).values()];
  const referenceOf = ({ reference }: { readonly reference: string }) => reference;
  const imageOf = ({ image }: { readonly image: ImageDefinition }) => image.reference;
  const taken = new Set(second.plan.images.map(referenceOf));
  return {
    ...second,
    left: {
      ...second.left,
      unreleased: both(first.left.unreleased, second.left.unreleased, imageOf),
      pending: both(first.left.pending, second.left.pending, imageOf),
    },
    plan: {
      ...second.plan,
      waiting: both(first.plan.waiting, second.plan.waiting, referenceOf).filter(
        ({ reference }) => !taken.has(reference),
      ),
      leftOut: both(first.plan.leftOut, second.plan.leftOut, referenceOf),
      buildOnly: both(first.plan.buildOnly, second.plan.buildOnly, ({ of }) => of),
    },
  };
}
