import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';
import { readDefinitions } from '../definitions/read.js';
import type { Workspace } from '../workspace/workspace.js';
import { isEnd } from './matchImages.js';

/**
 * The diagnostics of a workspace that could not be opened, with a hint where a word that is not a
 * directory is the name of an image around here.
 */
export function explainMissing({
  value: { around, missing = [], variables },
  diagnostics,
}: Outcome<Workspace>): readonly Diagnostic[] {
  if (around === undefined || missing.length === 0) {
    return diagnostics;
  }
  const { images, broken } = readDefinitions([around], { variables });
  const hints = new Map<Diagnostic, string>();
  for (const { written, problem } of missing) {
    if ([...images, ...broken].some((image) => isEnd(image, written))) {
      hints.set(problem, `${written} is an image: --select ${written}`);
    }
  }
  return diagnostics.map((diagnostic) => {
    const hint = hints.get(diagnostic);
    return hint === undefined ? diagnostic : { ...diagnostic, hint };
  });
}
