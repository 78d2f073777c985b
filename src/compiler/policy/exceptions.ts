import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { PolicyRule } from '#core/diagnostics/rules.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import { some } from '#core/text/some.js';
import { isMatched, type Matchable } from '../select/matchImages.js';
import type { PolicyException } from '../workspace/policyKeys.js';
import { anchoredNames, isAnchoredMatch } from './anchored.js';

/** How long before its end an exception is reported: a release needs its weeks. */
const noticeDays = 30;

/** As fit in a line. */
const mostNames = 3;

const dayMs = 86_400_000;

/** The exceptions of a policy, and what each of them was needed for. */
export class Exceptions {
  readonly #all: readonly PolicyException[];
  readonly #now: number;
  readonly #needed = new Map<PolicyException, Set<string>>();

  constructor(all: readonly PolicyException[], now: Date) {
    this.#all = all;
    this.#now = now.getTime();
  }

  /**
   * Whether a rule that an image breaks is excepted. One exception in force is enough; those that ended are noted
   * only where there is none.
   */
  covers(image: Matchable, rule: PolicyRule): boolean {
    const name = image.name ?? image.reference ?? '';
    return this.#covers(name, rule, (pattern) => isMatched(image, pattern));
  }

  /**
   * The same of the registry of an image that no tree defines, by its reference without a digest: only patterns that name
   * its registry are about it.
   */
  coversRegistryOf(reference: string, names: RegistryNames): boolean {
    return this.#covers(reference, 'policy-registry', (pattern) =>
      isAnchoredMatch(pattern, reference, names),
    );
  }

  #covers(name: string, rule: PolicyRule, isAbout: (pattern: string) => boolean): boolean {
    const about = this.#all.filter(
      (one) => one.rule === rule && one.images.some(({ value }) => isAbout(value)),
    );
    const inForce = about.filter((one) => !this.#isOver(one));
    // The one that lasts longest counts: another that ends sooner is no reason to warn.
    const [longest] = inForce.toSorted((a, b) => b.until.time - a.until.time);
    for (const one of longest === undefined ? about : [longest]) {
      const names = this.#needed.get(one) ?? new Set();
      names.add(name);
      this.#needed.set(one, names);
    }
    return longest !== undefined;
  }

  /**
   * What is to be said of the exceptions: those that ended although images need them, those that soon end, and, where
   * `isWhole` (all images were looked at), those that no image needs. What runs may need those of base images, and those
   * that name a registry: `running` and Kubernetes ask them too.
   */
  findings(isWhole: boolean): readonly Diagnostic[] {
    return this.#all.flatMap((one) => {
      const { place, rule, reason, until } = one;
      const names = [...(this.#needed.get(one) ?? [])];
      if (names.length === 0) {
        const message = `no image needs the exception of ${rule}`;
        const hint = 'remove it, or correct its images';
        return isWhole && !mayBeOfWhatRuns(one)
          ? [warning('policy-exception-unused', message, { place, hint })]
          : [];
      }
      const what = `the exception of ${rule} for ${some(names, mostNames)}`;
      const hint = 'fix what it is about, or agree on another day';
      if (this.#isOver(one)) {
        const message = `${what} ended: ${until.text} (${reason})`;
        return [warning('policy-exception-ended', message, { place, hint })];
      }
      const left = Math.ceil((until.time - this.#now) / dayMs);
      if (left > noticeDays) {
        return [];
      }
      const message = `${what} ends soon: ${until.text} (${reason})`;
      return [warning('policy-exception-ends', message, { place, hint })];
    });
  }

  #isOver({ until }: PolicyException): boolean {
    return this.#now >= until.time;
  }
}

function mayBeOfWhatRuns({ rule, images }: PolicyException): boolean {
  return (
    rule === 'policy-kind' ||
    (rule === 'policy-registry' && images.some(({ value }) => anchoredNames(value).length > 0))
  );
}
