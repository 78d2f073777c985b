import type { TargetName } from '#core/reference/brands.js';
import { isCacheStep } from './cacheSteps.js';
import { findExcerpt, targetsOfExcerpt } from './excerpt.js';
import { deniedSource } from './sourcePolicy.js';
import type { BuildStep } from './step.js';
import { lineOfStep } from './stepLine.js';
import type { StepTracker } from './steps.js';
import type { BakeTarget, Lineage } from './targets.js';
import { transientReason } from './transient.js';

/** A target that failed by itself, not because another one stopped the call. */
export interface Culprit {
  readonly target: TargetName;
  /** On one line: what BuildKit says went wrong. */
  readonly message: string;
  /** The step that failed, where it was one: `RUN make`. */
  readonly instruction?: string;
  /** Its last lines of output. */
  readonly tail: readonly string[];
  /** The excerpt of the Dockerfile that buildx printed, where it belongs to this target. */
  readonly excerpt?: readonly string[];
  /** The line of the Dockerfile, from 1, where it is known. */
  readonly line?: number;
  /** Why it may pass when it is run again; absent where it will not. */
  readonly transient?: string;
}

/**
 * Whose fault it is that a bake call failed: the owners of every step that ended with an error of
 * its own. Where there is no such step (a Dockerfile that does not parse, a base that cannot be
 * found) the excerpt of the Dockerfile that buildx prints tells; only then the target that the last
 * line names, which is often a descendant. Empty where nothing tells.
 *
 * @param text the lines of the stream that were not JSON.
 */
export function culprits(
  tracker: StepTracker,
  text: readonly string[],
  lineage: Lineage,
): readonly Culprit[] {
  const found = new Map<string, Culprit>();
  const excerpt = findExcerpt(text);
  const add = (target: BakeTarget, message: string, step?: BuildStep) => {
    if (found.has(target.name)) {
      return;
    }
    const tail = step?.tail ?? [];
    const transient = transientReason([message, ...tail].join('\n'));
    const own = excerpt !== undefined && targetsOfExcerpt(excerpt, [target]).length > 0;
    const line =
      (step && lineOfStep(step.instruction, target.dockerfile ?? '')) ??
      (own ? excerpt.marked : undefined);
    found.set(target.name, {
      target: target.name,
      message,
      ...(step === undefined ? {} : { instruction: step.instruction }),
      tail,
      ...(own ? { excerpt: excerpt.lines } : {}),
      ...(line === undefined ? {} : { line }),
      ...(transient === undefined ? {} : { transient }),
    });
  };

  for (const step of tracker.steps) {
    if (step.error !== undefined && !isCancelled(step.error) && !isCacheStep(step)) {
      for (const target of tracker.owners(step)) {
        add(target, oneLine(step.error), step);
      }
    }
  }
  if (found.size > 0) {
    return [...found.values()];
  }

  const last = finalError(text);
  if (last === undefined || isCancelled(last.message)) {
    return [];
  }
  for (const target of blamed(last, excerpt, lineage)) {
    add(target, last.message);
  }
  return [...found.values()];
}

export interface FinalError {
  /** The target it names (buildx 0.29 and newer), rightly or not. */
  readonly named?: string;
  readonly message: string;
}

/** The last `ERROR:` line of buildx, without its leads. */
export function finalError(text: readonly string[]): FinalError | undefined {
  const line = text.findLast((each) => each.startsWith('ERROR: '));
  if (line === undefined) {
    return undefined;
  }
  const match = /^ERROR: (?:target ([\w-]+): )?(?:failed to solve: )?(.*)$/s.exec(line);
  const [, named, message = line] = match ?? [];
  return { ...(named === undefined ? {} : { named }), message };
}

const clientGone =
  /^(?:rpc error: code = Unavailable desc = )+(?:error reading from server: EOF|connection error: desc = "transport: [^"]*"|transport is closing)$/;

/**
 * BuildKit's words for a step that stopped because the call did. A step that was just being sent
 * its Dockerfile or context finds that nobody is there any more (buildx 0.13, under load).
 */
export function isCancelled(message: string): boolean {
  if (clientGone.test(message.trim())) {
    return true;
  }
  return /(?:context cancell?ed|code = Canceled.*|^Canceled: .*)$/.test(message.trim());
}

function blamed(
  last: FinalError,
  excerpt: ReturnType<typeof findExcerpt>,
  lineage: Lineage,
): readonly BakeTarget[] {
  const { targets } = lineage;
  if (targets.length === 1) {
    return targets;
  }
  const named = last.named === undefined ? undefined : lineage.find(last.named);
  const shown = excerpt === undefined ? [] : targetsOfExcerpt(excerpt, targets);
  // The name decides among Dockerfiles that look the same; it does not when it is none of them.
  if (shown.length > 0) {
    return named !== undefined && shown.includes(named) ? [named] : shown;
  }
  // `invalid tag "…"`, `path "…" not found`: refused before anything ran.
  const quoted = [...last.message.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
  const mentioned = targets.filter(
    ({ tags, context }) => quoted.includes(context) || tags.some((tag) => quoted.includes(tag)),
  );
  if (mentioned.length > 0) {
    return mentioned;
  }
  if (named === undefined) {
    return [];
  }
  // Of what a parent was not let have, a descendant may be named: nobody is, and the build finds out.
  const isDenied = deniedSource(last.message) !== undefined;
  return isDenied && named.parents.length > 0 ? [] : [named];
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
