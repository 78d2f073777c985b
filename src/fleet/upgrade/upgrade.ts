import { type Graph, type GraphNode, inOrder } from '#compiler/resolve/graph.js';
import type { Reference } from '#core/reference/brands.js';
import type { Outdated, Update } from '../outdated/outdated.js';
import { instead } from '../outdated/recipeText.js';
import type { Brought } from './line.js';
import { type Pace, paced, type Wait } from './pace.js';

/** Why an image that an update reaches gets no version, whatever the update is. */
export type LeftBecause =
  /** @property text a clause */
  | { readonly kind: 'held'; readonly text: string }
  | { readonly kind: 'unreleased' }
  /** None of its files has its version. */
  | { readonly kind: 'elsewhere' }
  /** Its newest version is not committed, or not published. */
  | { readonly kind: 'pending'; readonly until: 'committed' | 'published' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'not-selected' }
  /** What it has the package from gets no version either. */
  | { readonly kind: 'parent'; readonly parent: Reference };

/** Why no new version of an image of the trees would bring an update. */
export type NotCured =
  | { readonly kind: 'outside' | 'broken' | 'held-by-dpkg' }
  /** The images that it enters at lack it in their own sources. */
  | { readonly kind: 'sources' }
  /** @property text what the mirror of its recipe has, as a clause */
  | { readonly kind: 'mirror'; readonly text: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** This version was made for it, and does not have it. */
  | { readonly kind: 'tried'; readonly version: string }
  /** What it starts from is neither published nor built and tested, so it may come from there. */
  | { readonly kind: 'waits'; readonly parent: Reference };

/** An image that gets a new version. */
export interface UpgradedImage {
  readonly reference: Reference;
  /** What the new version is to bring; empty for one that only builds with an image that is upgraded. */
  readonly packages: readonly Brought[];
  /** Those of them that come in here, and not from what it starts from. */
  readonly entering: readonly Brought[];
  /**
   * `entering`: the packages come in here, so it is built and looked at first; `below`: its parent has them, or will have;
   * `toolchain`: it is built with an image that is upgraded.
   */
  readonly role: 'entering' | 'below' | 'toolchain';
  /** Of `toolchain`: which image. */
  readonly of?: Reference;
}

export interface UpgradePlan {
  /** Parents first. */
  readonly images: readonly UpgradedImage[];
  /** Those that the next run takes; parents first. */
  readonly waiting: readonly { readonly reference: Reference; readonly because: Wait }[];
  /** Images that an update reaches and that are left out, each once; parents first. */
  readonly leftOut: readonly { readonly reference: Reference; readonly because: LeftBecause }[];
  readonly notCured: readonly { readonly update: Update; readonly because: NotCured }[];
  /** Images that only build with one that is upgraded, and are not taken. */
  readonly buildOnly: readonly {
    readonly of: Reference;
    readonly images: readonly Reference[];
  }[];
  /** Images whose versions of earlier runs are to be built, so that it is known what they have. */
  readonly unbuilt: readonly Reference[];
}

export interface UpgradeInput {
  readonly graph: Graph;
  /** Of the selected images and all that they are built on. */
  readonly outdated: Outdated;
  readonly selected: ReadonlySet<Reference>;
  /** Asked of images that an update reaches. */
  readonly leftBecause: (reference: Reference, isSecurity: boolean) => LeftBecause | undefined;
  /** The version of an image that was made for a package's candidate; undefined: none was. */
  readonly triedIn: (reference: Reference, name: string, candidate: string) => string | undefined;
  /** Images whose newest version was made by `upgrade` and is not published. */
  readonly pending: ReadonlySet<Reference>;
  /** Images whose newest version was made by `upgrade`. */
  readonly upgraded: ReadonlySet<Reference>;
  /** Whether images that build with this one get a version too. */
  readonly isToolchain: (reference: Reference) => boolean;
  /** Whether an image is published as something else than its definition says now, with its parents. */
  readonly isStale: (reference: Reference) => boolean;
  /** Whether an image is on the engine, and its test has not passed; absent: none is. */
  readonly isUnproven?: (reference: Reference) => boolean;
  readonly pace: Pace;
  /** `below`: only what has its packages from a parent that has them by now; absent: all. */
  readonly only?: 'below';
}

/**
 * Which images get a new version, so that updates reach all that hold the older packages, and no other image is touched: the
 * images where the updates enter, and those below that have the very same version from there.
 */
export function planUpgrade(input: UpgradeInput): UpgradePlan {
  return new Planner(input).plan();
}

type Role = Exclude<UpgradedImage['role'], 'toolchain'>;

/** What an image gets, by package. */
type Reached = Map<string, { readonly brought: Brought; readonly role: Role }>;

class Planner {
  readonly #input: UpgradeInput;
  readonly #nodes: readonly GraphNode[];
  readonly #byReference: ReadonlyMap<string, GraphNode>;
  readonly #verdicts: ReadonlyMap<string, Outdated['images'][number]>;
  readonly #reached = new Map<Reference, Reached>();
  readonly #left = new Map<Reference, LeftBecause>();
  readonly #notCured: UpgradePlan['notCured'][number][] = [];
  readonly #unbuilt = new Set<Reference>();

  constructor(input: UpgradeInput) {
    this.#input = input;
    this.#nodes = inOrder(input.graph);
    this.#byReference = new Map(this.#nodes.map((node) => [node.reference, node]));
    this.#verdicts = new Map(input.outdated.images.map((each) => [each.reference, each]));
  }

  plan(): UpgradePlan {
    const { outdated, pace, only } = this.#input;
    for (const update of outdated.updates) {
      const found = this.#roleOf(update);
      if (typeof found === 'object') {
        this.#notCured.push({ update, because: found });
      } else if (only === undefined || found === only) {
        this.#reach(update, found);
      }
    }
    const reached = this.#inOrder(this.#reached.keys());
    const candidates = reached.map((reference) => ({
      reference,
      isSecurity: this.#brought(reference).some(({ isSecurity }) => isSecurity),
    }));
    const { taken, waiting } = paced(candidates, this.#parentsOf, this.#paceWithCanaries(pace));
    const images = this.#inOrder(taken).map((reference): UpgradedImage => {
      const entering = this.#brought(reference, 'entering');
      const role = entering.length > 0 ? 'entering' : 'below';
      return { reference, packages: this.#brought(reference), entering, role };
    });
    const toolchains = this.#toolchains(taken, pace.most - taken.size);
    return {
      images: this.#ordered([...images, ...toolchains.taken]),
      waiting: this.#ordered([
        ...[...waiting].map(([reference, because]) => ({ reference, because })),
        ...toolchains.waiting.map((reference) => ({ reference, because: 'pace' as const })),
      ]),
      leftOut: this.#ordered(
        [...this.#left]
          .filter(([reference]) => !taken.has(reference))
          .map(([reference, because]) => ({ reference, because })),
      ),
      notCured: this.#notCured,
      buildOnly: toolchains.others,
      unbuilt: this.#inOrder(this.#unbuilt),
    };
  }

  /** As what an update begins where it enters; or why no version would bring it. */
  #roleOf(update: Update): Role | NotCured {
    const { enters, isHeld, name, candidate, installed, images } = update;
    const { triedIn, pending } = this.#input;
    if (isHeld) {
      return { kind: 'held-by-dpkg' };
    }
    if (enters.isOutside || enters.isBroken) {
      return { kind: enters.isOutside ? 'outside' : 'broken' };
    }
    const reference = enters.reference as Reference;
    const from = (enters.orFrom ?? enters.newerIn) as Reference | undefined;
    const isUnknown =
      from !== undefined &&
      (enters.orFrom !== undefined || this.#input.isUnproven?.(from) === true);
    if (isUnknown && this.#byReference.has(from)) {
      const parent = from;
      if (pending.has(parent)) {
        this.#unbuilt.add(parent);
      }
      return { kind: 'waits', parent };
    }
    const version = triedIn(reference, name, candidate);
    if (version !== undefined) {
      return { kind: 'tried', version };
    }
    if (enters.newerIn !== undefined) {
      return 'below';
    }
    if (!images.includes(reference)) {
      const verdict = this.#verdicts.get(reference);
      if (verdict?.verdict !== 'up-to-date' && verdict?.verdict !== 'outdated') {
        const reason = verdict?.reason ?? 'nobody looked at it';
        return { kind: 'unknown', reason: `${reference} is unknown: ${reason}` };
      }
      // Another build of the same version is there already; else its own sources lack it.
      return candidate === installed ? 'below' : { kind: 'sources' };
    }
    const { recipe } = update;
    return recipe?.kind === 'behind'
      ? { kind: 'mirror', text: instead(recipe, candidate) }
      : 'entering';
  }

  /** Adds the images of an update, from where it enters downwards as far as each has a version. */
  #reach({ enters, images, name, architecture, candidate, isSecurity }: Update, role: Role): void {
    const root = enters.reference as Reference;
    const isThere = new Set<string>(images);
    // Where it is there already, it need not get a version for those below to have it.
    const open = new Set<string>(isThere.has(root) ? [] : [root]);
    for (const reference of this.#inOrder(images)) {
      const base = this.#byReference.get(reference)?.sound?.base;
      const isRoot = reference === root;
      const because =
        this.#input.selected.has(reference) || !isRoot
          ? this.#because(reference, isSecurity)
          : ({ kind: 'not-selected' } as const);
      if (because === undefined && (isRoot || (base !== undefined && open.has(base)))) {
        open.add(reference);
        const reached: Reached = this.#reached.get(reference) ?? new Map();
        reached.set(`${name}:${architecture} ${candidate}`, {
          brought: { name, candidate, isSecurity },
          role: isRoot ? role : 'below',
        });
        this.#reached.set(reference, reached);
      } else {
        const parent = (base ?? root) as Reference;
        this.#left.set(reference, because ?? { kind: 'parent', parent });
      }
    }
  }

  #because(reference: Reference, isSecurity: boolean): LeftBecause | undefined {
    const node = this.#byReference.get(reference);
    if (!this.#input.selected.has(reference)) {
      return { kind: 'not-selected' };
    }
    return node?.sound === undefined
      ? { kind: 'broken' }
      : this.#input.leftBecause(reference, isSecurity);
  }

  /** Canaries that are not published yet keep the others back, whatever was done of them. */
  #paceWithCanaries({ most, isCanary }: Pace): Pace {
    const concerned = [
      ...this.#reached.keys(),
      ...[...this.#left].flatMap(([reference, { kind }]) =>
        kind === 'not-selected' ? [] : [reference],
      ),
      ...this.#input.pending,
    ];
    return isCanary === undefined || !concerned.some((each) => isCanary(each))
      ? { most }
      : { most, isCanary };
  }

  #brought(reference: Reference, only?: Role): readonly Brought[] {
    return [...(this.#reached.get(reference)?.values() ?? [])].flatMap(({ brought, role }) =>
      only === undefined || role === only ? [brought] : [],
    );
  }

  /** Whether an image that was upgraded in an earlier run, or earlier in this one, is known to have what it was made for. */
  #isDone(reference: Reference): boolean {
    const isTried = this.#notCured.some(
      ({ update, because }) =>
        because.kind === 'tried' && update.enters.reference === (reference as string),
    );
    const verdict = this.#verdicts.get(reference)?.verdict;
    return !isTried && (verdict === 'up-to-date' || verdict === 'outdated');
  }

  /** What takes files from upgraded images without starting from them. */
  #toolchains(
    taken: ReadonlySet<Reference>,
    room: number,
  ): {
    readonly taken: readonly UpgradedImage[];
    readonly waiting: readonly Reference[];
    readonly others: UpgradePlan['buildOnly'];
  } {
    const { isToolchain, isStale, upgraded, selected, graph } = this.#input;
    const found = new Map<Reference, UpgradedImage>();
    const others: { of: Reference; images: readonly Reference[] }[] = [];
    const done = [...upgraded].filter((reference) => this.#isDone(reference));
    for (const of of this.#inOrder(new Set([...taken, ...done]))) {
      const isNew = taken.has(of);
      const users = this.#nodes.filter(
        ({ reference, parents, sound }) =>
          !this.#reached.has(reference) &&
          sound !== undefined &&
          sound.base !== of &&
          parents.some(({ parent }) => parent === of) &&
          (isNew || isStale(reference)),
      );
      if (!isToolchain(of)) {
        if (isNew && users.length > 0) {
          others.push({ of, images: users.map(({ reference }) => reference) });
        }
        continue;
      }
      const wanted = new Set<string>(users.map(({ reference }) => reference));
      for (const { reference, base } of graph.images) {
        // What is built goes on into the images that start from it.
        const isBelow = wanted.has(base);
        if (!wanted.has(reference) && !(isBelow && !this.#reached.has(reference))) {
          continue;
        }
        const because = selected.has(reference) ? this.#because(reference, false) : undefined;
        if (!selected.has(reference) || found.has(reference)) {
          continue;
        }
        if (because === undefined) {
          wanted.add(reference);
          found.set(reference, { reference, packages: [], entering: [], role: 'toolchain', of });
        } else {
          this.#left.set(reference, because);
        }
      }
    }
    const all = this.#ordered([...found.values()]);
    return {
      taken: all.slice(0, Math.max(0, room)),
      waiting: all.slice(Math.max(0, room)).map(({ reference }) => reference),
      others,
    };
  }

  readonly #parentsOf = (reference: Reference): readonly Reference[] =>
    (this.#byReference.get(reference)?.parents ?? []).map(({ parent }) => parent);

  #inOrder(references: Iterable<Reference>): readonly Reference[] {
    const wanted = new Set(references);
    return this.#nodes.map(({ reference }) => reference).filter((each) => wanted.has(each));
  }

  #ordered<Item extends { readonly reference: Reference }>(
    items: readonly Item[],
  ): readonly Item[] {
    const byReference = new Map(items.map((item) => [item.reference, item]));
    return this.#inOrder(byReference.keys()).flatMap((each) => byReference.get(each) ?? []);
  }
}
