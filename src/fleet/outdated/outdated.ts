import type { AptAnswer, Archive, Candidate, PinnedPackage } from '#adapters/apt/answer.js';
import type { EndOfLife } from '#adapters/apt/endOfLife.js';
import { type Graph, inOrder } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import type { Inventory } from '../inventory/inventory.js';
import { type Fix, fixesFor, type Tracker } from './tracker.js';

/** What was found out of one image. */
export type LookedAt =
  | {
      readonly kind: 'read';
      readonly inventory: Pick<Inventory, 'packages' | 'distribution'>;
      readonly answer: Exclude<AptAnswer, { kind: 'cancelled' }>;
      readonly endOfLife?: EndOfLife;
    }
  /** Not published, and not local; `unasked`: why the engine could not say whether it is. */
  | { readonly kind: 'absent'; readonly unasked?: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface OutdatedInput {
  readonly graph: Graph;
  /** The images that are asked about. */
  readonly selected: ReadonlySet<Reference>;
  /** These, and what they are built on. */
  readonly looked: ReadonlyMap<Reference, LookedAt>;
  /** The images from outside the trees that they start from, as far as these could be read, by reference. */
  readonly bases: ReadonlyMap<string, Pick<Inventory, 'packages'>>;
  /** Those that have something beside the packages of apt. */
  readonly otherSoftware: ReadonlySet<Reference>;
  readonly wanted: WantedPackages;
}

/** Which packages count. */
export interface WantedPackages {
  readonly security: boolean;
  /** Names of binary packages; absent: all. */
  readonly names?: ReadonlySet<string>;
  /** Only packages of which a vulnerability is fixed; absent: all. */
  readonly tracker?: Tracker;
}

/** A package of an image with vulnerabilities that its release has fixed in a newer version. */
interface Vulnerable {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  readonly source: string;
  readonly fixes: readonly Fix[];
  /** Its own sources have a newer version, which apt would take. */
  readonly hasCandidate: boolean;
}

type Verdict = 'outdated' | 'up-to-date' | 'unknown' | 'absent';

export interface ImageVerdict {
  readonly reference: Reference;
  readonly verdict: Verdict;
  /** Why it is unknown, as a clause; of one that is absent, why it may be local all the same. */
  readonly reason?: string;
  /** Its definition is broken, so it cannot be built again as it is. */
  readonly isBroken: boolean;
  readonly candidates: readonly Candidate[];
  readonly pinned: readonly PinnedPackage[];
  /** Where a tracker was given. */
  readonly vulnerable: readonly Vulnerable[];
  /** It is only known of its Debian packages. */
  readonly hasOtherSoftware: boolean;
  readonly endOfLife?: EndOfLife;
}

/** Where a package comes into images: the highest of their ancestors that has it in that version. */
export interface Entrance {
  /** Of an image of the trees, or of one that they start from. */
  readonly reference: string;
  /** No tree has it: somebody else has to make a new one first. */
  readonly isOutside: boolean;
  /** It starts from nothing. */
  readonly isRoot: boolean;
  /** The image that it starts from and that nobody looked at, so that the package may come from there. */
  readonly orFrom?: string;
  /** The image that it starts from where that has the newer version already: building it again is enough. */
  readonly newerIn?: string;
  readonly isBroken: boolean;
}

/** What the mirrors of a root filesystem's recipe have of an update. */
export type RecipeState =
  | { readonly kind: 'has' }
  /** It would be made without the update. `newest`: what it would have instead; absent: nothing newer than it has. */
  | { readonly kind: 'behind'; readonly newest?: string }
  /** A clause about the root filesystem. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** A newer version of one package, with the images that hold the older one from one place. */
export interface Update {
  readonly name: string;
  readonly architecture: string;
  readonly installed: string;
  readonly candidate: string;
  readonly archives: readonly Archive[];
  readonly isSecurity: boolean;
  /** dpkg holds it in every one of the images. */
  readonly isHeld: boolean;
  /** The vulnerabilities that its release has fixed since, where a tracker was given. */
  readonly cves: readonly string[];
  readonly enters: Entrance;
  /** Where it enters at a root filesystem of ours whose recipe names mirrors. */
  readonly recipe?: RecipeState;
  /** Of those that are asked about; parents first. */
  readonly images: readonly Reference[];
}

export interface Outdated {
  /** Those that enter at a broken image first; then by where they enter, parents first, and by name. */
  readonly updates: readonly Update[];
  /** Those that are asked about: broken and outdated ones first, then parents first. */
  readonly images: readonly ImageVerdict[];
}

/** Which images have packages with newer versions in their own sources, and where these come in. */
export function outdatedOf(input: OutdatedInput): Outdated {
  const fleet = new Fleet(input);
  const order = inOrder(input.graph).map(({ reference }) => reference);
  const verdicts = new Map<Reference, ImageVerdict>();
  for (const reference of order) {
    const base = fleet.baseOf(reference);
    const above = base === undefined ? undefined : verdicts.get(base as Reference);
    verdicts.set(reference, fleet.verdictOf(reference, above));
  }
  const asked = order.filter((reference) => input.selected.has(reference));
  const images = asked.flatMap((reference) => verdicts.get(reference) ?? []);
  const isFirst = ({ isBroken, verdict }: ImageVerdict) => isBroken && verdict === 'outdated';
  const updates = updatesOf(images, fleet);
  return {
    updates: [
      ...updates.filter(({ enters }) => enters.isBroken),
      ...updates.filter(({ enters }) => !enters.isBroken),
    ],
    images: [...images.filter(isFirst), ...images.filter((image) => !isFirst(image))],
  };
}

function updatesOf(images: readonly ImageVerdict[], fleet: Fleet): readonly Update[] {
  const found = new Map<string, Update>();
  for (const { reference, candidates, vulnerable } of images) {
    for (const candidate of candidates) {
      const enters = fleet.entranceOf(reference, candidate);
      const { name, architecture, installed, candidate: to } = candidate;
      const key = [enters.reference, name, architecture, installed, to].join(' ');
      const known = found.get(key);
      found.set(key, {
        ...candidate,
        isSecurity: candidate.isSecurity || known?.isSecurity === true,
        isHeld: candidate.isHeld && known?.isHeld !== false,
        cves: vulnerable
          .filter((each) => keyOf(each) === keyOf(candidate))
          .flatMap(({ fixes }) => fixes.map(({ id }) => id)),
        enters,
        images: [...(known?.images ?? []), reference],
      });
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      fleet.placeOf(a.enters.reference) - fleet.placeOf(b.enters.reference) ||
      compared(a.name, b.name) ||
      compared(a.architecture, b.architecture) ||
      compareVersions(a.installed, b.installed),
  );
}

class Fleet {
  readonly #input: OutdatedInput;
  readonly #places: ReadonlyMap<Reference, number>;
  readonly #bases = new Map<Reference, string>();
  /** Versions by `name:architecture`, of the images that were read. */
  readonly #versions = new Map<string, ReadonlyMap<string, string>>();

  constructor(input: OutdatedInput) {
    this.#input = input;
    const nodes = inOrder(input.graph);
    this.#places = new Map(nodes.map(({ reference }, at) => [reference, at]));
    for (const { reference, sound, parents } of nodes) {
      // Of a broken one the last stage is not known: only where all of them start from the same image.
      const from = parents.filter(({ kind }) => kind === 'from').map(({ parent }) => parent);
      const base = sound?.base ?? (new Set(from).size === 1 ? from[0] : undefined);
      if (base !== undefined) {
        this.#bases.set(reference, base);
      }
    }
    for (const [reference, looked] of input.looked) {
      if (looked.kind === 'read') {
        this.#versions.set(reference, versionsOf(looked.inventory));
      }
    }
    for (const [base, inventory] of input.bases) {
      this.#versions.set(base, versionsOf(inventory));
    }
  }

  /** What is outside comes first: nothing of the trees is above it. */
  placeOf(reference: string): number {
    return this.#places.get(reference as Reference) ?? -1;
  }

  /** What the last stage of an image starts from; undefined where that is not known. */
  baseOf(reference: string): string | undefined {
    return this.#bases.get(reference as Reference);
  }

  verdictOf(reference: Reference, above: ImageVerdict | undefined): ImageVerdict {
    const { looked, otherSoftware } = this.#input;
    const found: LookedAt = looked.get(reference) ?? { kind: 'absent' };
    const common = {
      reference,
      isBroken: this.#isBroken(reference),
      hasOtherSoftware: otherSoftware.has(reference),
      candidates: [],
      pinned: [],
      vulnerable: [],
    };
    if (found.kind === 'absent') {
      const { unasked } = found;
      return {
        ...common,
        verdict: 'absent',
        ...(unasked === undefined ? {} : { reason: unasked }),
      };
    }
    if (found.kind === 'failed') {
      return { ...common, verdict: 'unknown', reason: found.reason };
    }
    const { answer, endOfLife } = found;
    const known = answer.kind === 'known' ? answer.candidates : [];
    const vulnerable = this.#vulnerableOf(found.inventory, known);
    if (typeof vulnerable === 'string') {
      return { ...common, verdict: 'unknown', reason: vulnerable };
    }
    const more = { vulnerable, ...(endOfLife === undefined ? {} : { endOfLife }) };
    if (answer.kind === 'unknown') {
      return { ...common, ...more, verdict: 'unknown', reason: answer.reason };
    }
    const { security, tracker } = this.#input.wanted;
    const isWanted = ({ name, isSecurity }: { name: string; isSecurity?: boolean }) =>
      this.#isNamed(name) && (!security || isSecurity !== false);
    const fixed = new Set(vulnerable.map(keyOf));
    const candidates = answer.candidates.filter(
      (each) => isWanted(each) && (tracker === undefined || fixed.has(keyOf(each))),
    );
    const image = { ...common, ...more, candidates, pinned: answer.pinned.filter(isWanted) };
    if (candidates.length > 0 || vulnerable.some(({ hasCandidate }) => !hasCandidate)) {
      return { ...image, verdict: 'outdated' };
    }
    return above?.verdict === 'unknown'
      ? {
          ...image,
          verdict: 'unknown',
          reason: `it is built on ${above.reference}, which is unknown`,
        }
      : { ...image, verdict: 'up-to-date' };
  }

  #isNamed(name: string): boolean {
    return this.#input.wanted.names?.has(name) !== false;
  }

  /** None where there is no tracker; a clause where it cannot say. */
  #vulnerableOf(
    { packages, distribution }: Pick<Inventory, 'packages' | 'distribution'>,
    candidates: readonly Candidate[],
  ): readonly Vulnerable[] | string {
    const { tracker } = this.#input.wanted;
    if (tracker === undefined) {
      return [];
    }
    const release = distribution?.id === 'debian' ? distribution.codename : undefined;
    if (release === undefined || !tracker.releases.has(release)) {
      const name = release ?? distribution?.name ?? distribution?.id;
      return `the tracker says nothing of its release${name === undefined ? '' : `, ${name}`}`;
    }
    const newer = candidates.filter(({ candidate, installed }) => candidate !== installed);
    const updated = new Set(newer.map(keyOf));
    return packages.flatMap((each) => {
      const fixes = this.#isNamed(each.name) ? fixesFor(tracker, release, each) : [];
      const { name, architecture, version, source } = each;
      const hasCandidate = updated.has(keyOf(each));
      return fixes.length === 0
        ? []
        : [{ name, architecture, version, source, fixes, hasCandidate }];
    });
  }

  entranceOf(holder: Reference, { candidate, ...held }: Candidate): Entrance {
    const key = keyOf(held);
    const seen = new Set<string>();
    for (let at: string = holder; ; ) {
      seen.add(at);
      const base = this.baseOf(at);
      const versions = base === undefined ? undefined : this.#versions.get(base);
      if (base !== undefined && versions?.get(key) === held.installed && !seen.has(base)) {
        at = base;
        continue;
      }
      const newer = versions?.get(key);
      const isNewer = newer !== undefined && compareVersions(newer, candidate) >= 0;
      const isUnseen = base !== undefined && base !== 'scratch' && versions === undefined;
      return {
        reference: at,
        isOutside: !this.#places.has(at as Reference),
        isRoot: base === 'scratch',
        ...(isUnseen ? { orFrom: base } : {}),
        ...(isNewer && base !== undefined ? { newerIn: base } : {}),
        isBroken: this.#isBroken(at),
      };
    }
  }

  #isBroken(reference: string): boolean {
    const own = reference as Reference;
    return this.#places.has(own) && !this.#input.graph.byReference.has(own);
  }
}

function versionsOf({ packages }: Pick<Inventory, 'packages'>): ReadonlyMap<string, string> {
  return new Map(packages.map((each) => [keyOf(each), each.version]));
}

function keyOf({ name, architecture }: { name: string; architecture: string }): string {
  return `${name}:${architecture}`;
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
