import type { Reference } from '#core/reference/brands.js';

/**
 * Which of several builders takes a call, and how much of it: what runs on each, and which images are there. An image
 * travels once to each builder that needs it. Pure.
 */
export class Places {
  /** At most so many at once on each. */
  readonly #each: number;
  readonly #busy: number[];
  readonly #lost = new Set<number>();
  /** Of these one place is kept, for an image that needs several builders. */
  readonly #kept = new Set<number>();
  /** The builders that have an image of the run. */
  readonly #at = new Map<Reference, Set<number>>();

  constructor(builders: number, each: number) {
    this.#each = each;
    this.#busy = new Array<number>(builders).fill(0);
  }

  /** Whether all builders are lost. */
  get none(): boolean {
    return this.#lost.size === this.#busy.length;
  }

  isLost(builder: number): boolean {
    return this.#lost.has(builder);
  }

  /**
   * The builder that ends a call first: of those with a free place the one to which the fewest of `needed` must travel,
   * and of these the least busy. Undefined where no place is free.
   *
   * @param among only these builders; absent: all
   */
  best(needed: readonly Reference[], among?: ReadonlySet<number>): number | undefined {
    let best: { builder: number; travelling: number; load: number } | undefined;
    for (const [builder, load] of this.#busy.entries()) {
      if (this.#free(builder) === 0 || among?.has(builder) === false) {
        continue;
      }
      const travelling = this.#travelling(builder, needed);
      const isBetter =
        best === undefined ||
        travelling < best.travelling ||
        (travelling === best.travelling && load < best.load);
      if (isBetter) {
        best = { builder, travelling, load };
      }
    }
    return best?.builder;
  }

  /** Whether no builder with a free place (`among`: of these) has more of `needed` than this one. */
  suits(builder: number, needed: readonly Reference[], among?: ReadonlySet<number>): boolean {
    if (among?.has(builder) === false) {
      return false;
    }
    const best = this.best(needed, among);
    return (
      best !== undefined && this.#travelling(builder, needed) <= this.#travelling(best, needed)
    );
  }

  /** How many of `waiting` images a builder with a free place takes, so that all have the same to do; from 1. */
  share(builder: number, waiting: number): number {
    const free = this.#free(builder);
    let all = 0;
    for (const other of this.#busy.keys()) {
      all += this.#free(other);
    }
    return Math.min(free, Math.ceil((waiting * free) / Math.max(1, all)));
  }

  /** So many begin, and bring along what they need. */
  take(builder: number, count: number, needed: readonly Reference[]): void {
    this.#busy[builder] = (this.#busy[builder] ?? 0) + count;
    this.bring(builder, needed);
  }

  /** So many have ended. */
  leave(builder: number, count: number): void {
    this.#busy[builder] = (this.#busy[builder] ?? 0) - count;
  }

  /** An image was made here, and has to travel to all others. */
  made(builder: number, image: Reference): void {
    this.#at.set(image, new Set([builder]));
  }

  /** These images are on this builder too. */
  bring(builder: number, images: Iterable<Reference>): void {
    for (const image of images) {
      this.#at.get(image)?.add(builder);
    }
  }

  /** How many are under way on a builder. */
  load(builder: number): number {
    return this.#busy[builder] ?? 0;
  }

  /** Whether all of these builders have a place. If not, one of each that has is kept until `keepNone`. */
  mayTake(builders: readonly number[]): boolean {
    const may = builders.every((builder) => this.#free(builder) > 0);
    if (!may) {
      for (const builder of builders) {
        this.#kept.add(builder);
      }
    }
    return may;
  }

  keepNone(): void {
    this.#kept.clear();
  }

  /** A builder is gone: nothing more starts on it. */
  lose(builder: number): void {
    this.#lost.add(builder);
  }

  #free(builder: number): number {
    const taken = (this.#busy[builder] ?? 0) + (this.#kept.has(builder) ? 1 : 0);
    return this.#lost.has(builder) ? 0 : Math.max(0, this.#each - taken);
  }

  #travelling(builder: number, needed: readonly Reference[]): number {
    return needed.filter((image) => !this.#has(builder, image)).length;
  }

  /** What no call of the run makes is everywhere. */
  #has(builder: number, image: Reference): boolean {
    return this.#at.get(image)?.has(builder) ?? true;
  }
}
