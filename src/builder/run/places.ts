import type { Reference } from '#core/reference/brands.js';

/**
 * Which of several builders takes a call: how much runs on each, and which images are there. An image travels once to
 * each builder that needs it. Pure.
 */
export class Places {
  /** At most so many calls at once on each. */
  readonly #each: number;
  readonly #busy: number[];
  readonly #lost = new Set<number>();
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
   */
  best(needed: readonly Reference[]): number | undefined {
    let best: { builder: number; travelling: number; load: number } | undefined;
    for (const [builder, load] of this.#busy.entries()) {
      if (load >= this.#each || this.#lost.has(builder)) {
        continue;
      }
      const travelling = needed.filter((image) => !this.#has(builder, image)).length;
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

  /** A call begins, and brings along what it needs. */
  take(builder: number, needed: readonly Reference[]): void {
    this.#busy[builder] = (this.#busy[builder] ?? 0) + 1;
    for (const image of needed) {
      this.#at.get(image)?.add(builder);
    }
  }

  /** A call has ended, and made these. */
  leave(builder: number, made: Iterable<Reference>): void {
    this.#busy[builder] = (this.#busy[builder] ?? 0) - 1;
    for (const image of made) {
      this.#at.set(image, new Set([builder]));
    }
  }

  /** A builder is gone: nothing more starts on it. */
  lose(builder: number): void {
    this.#lost.add(builder);
  }

  /** What no call of the run makes is everywhere. */
  #has(builder: number, image: Reference): boolean {
    return this.#at.get(image)?.has(builder) ?? true;
  }
}
