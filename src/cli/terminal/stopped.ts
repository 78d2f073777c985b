import { holdText } from '#compiler/select/heldBy.js';
import { addTo } from '#core/data/groups.js';
import { some } from '#core/text/some.js';
import type { Decision } from '#fleet/status/decide.js';
import { isLatestHeld } from '#fleet/status/summary.js';
import type { Io } from './io.js';
import { shortNames } from './shortNames.js';

/** More images of which the same is to be said are one line. */
const mostAlone = 3;
/** So many of them are named. */
const mostNames = 5;

/** How many images are not built for a definition that is broken or a version that is lost. */
export function lackingCount(decisions: readonly Decision[]): number {
  return decisions.filter(
    ({ action, lost, hold }) =>
      action === 'fail' || (action === 'blocked' && hold === undefined) || lost !== undefined,
  ).length;
}

/**
 * Says of every image why it is not built although it was asked for; gives the number of those of
 * which nobody knows whether they should be.
 */
export function reportStopped(decisions: readonly Decision[], io: Io): number {
  let stopped = 0;
  let advice: string | undefined;
  /** By what is said of them: a registry in trouble is one line, however many images it has. */
  const told = new Map<string, string[]>();
  const troubles = new Set<string>();
  const tell = (said: string, reference: string) => addTo(told, said, reference);
  for (const decision of decisions) {
    const { reference, action, state, broken, lost, hold, heldBack } = decision;
    if (action === 'stop' && lost === undefined) {
      stopped++;
    }
    const isBuilt = action === 'skip' || action === 'use';
    if (isBuilt && heldBack !== undefined) {
      tell(`not published: ${heldBack}`, reference);
    }
    const isUsed = broken !== undefined && isBuilt;
    const isLeft = action === 'stop' || action === 'blocked' || action === 'held';
    if (hold !== undefined && isLatestHeld(decision)) {
      tell(`latest stays where it is: ${holdText(hold.hold)}`, reference);
    }
    if (!isLeft && !isUsed && state !== 'drifted') {
      continue;
    }
    const what = isLeft ? 'not built' : isUsed ? 'left alone' : 'drifted';
    // A registry that lost one version has lost many: what to do about it is said once.
    const isLost = lost === reference;
    advice ??= isLost ? decision.hint : undefined;
    const why = isLost ? `it is lost: ${decision.why}` : decision.why;
    const hint = isLost ? undefined : decision.hint;
    const said = `${what}: ${why}${aside(hint)}`;
    tell(said, reference);
    if (state === 'unknown') {
      troubles.add(said);
    }
  }
  const nameOf = shortNames(decisions.map(({ reference }) => reference));
  for (const [said, references] of told) {
    if (references.length > (troubles.has(said) ? 1 : mostAlone)) {
      const names = some(references.map(nameOf), mostNames);
      // `latest` is not what an image is.
      const joint = said.startsWith('latest') ? ': ' : ' ';
      io.say(`${references.length} images${joint}${said}: ${names}`);
      continue;
    }
    for (const reference of references) {
      io.say(`${reference}: ${said}`);
    }
  }
  if (advice !== undefined) {
    io.say(`what is lost: ${advice}`);
  }
  return stopped;
}

/** A hint at the end of a line: in brackets, where it has none of its own. */
function aside(hint: string | undefined): string {
  if (hint === undefined) {
    return '';
  }
  return hint.includes('(') ? `; ${hint}` : ` (${hint})`;
}
