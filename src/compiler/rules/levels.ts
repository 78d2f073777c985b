import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { isRule, rules } from '#core/diagnostics/rules.js';
import { levelIn } from '../workspace/checkKeys.js';
import type { Tree } from '../workspace/tree.js';

/**
 * The findings of `check` at the levels that the configuration of their tree gives them. Errors stay errors: what
 * cannot be built is not a question of levels.
 */
export function withLevels(
  found: readonly Diagnostic[],
  trees: readonly Tree[],
): readonly Diagnostic[] {
  const deepestFirst = trees.toSorted((a, b) => b.shownDirectory.length - a.shownDirectory.length);
  return found.flatMap((diagnostic) => {
    const { code, severity, place } = diagnostic;
    if (severity === 'error' || !isRule(code)) {
      return [diagnostic];
    }
    // What is beside the trees, as CODEOWNERS is, is a matter of the first.
    const tree =
      deepestFirst.find(({ shownDirectory }) => isBelow(shownDirectory, place?.file)) ?? trees[0];
    const level = tree === undefined ? rules[code] : levelIn(tree.config.check, code);
    return level === 'off' ? [] : [{ ...diagnostic, severity: level }];
  });
}

function isBelow(directory: string, file: string | undefined): boolean {
  if (file === undefined) {
    return false;
  }
  // What is shown from the working directory may be shown from a directory above it.
  return directory === '.' ? !file.startsWith('../') : file.startsWith(`${directory}/`);
}
