import { type Diagnostic, error, warning } from './diagnostic.js';

/** More of them in one file are counted, and not shown. */
export const mostOfAFile = 100;

/**
 * The first 100 diagnostics of each file, in their order, and one that says how many more there
 * are: an error where one of those is.
 */
export function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= mostOfAFile) {
    return diagnostics;
  }
  const seen = new Map<string, number>();
  const left = new Map<string, { count: number; isError: boolean }>();
  const kept: Diagnostic[] = [];
  for (const diagnostic of diagnostics) {
    const file = diagnostic.place?.file;
    const count = file === undefined ? 0 : (seen.get(file) ?? 0);
    if (file === undefined || (count < mostOfAFile && diagnostic.more === undefined)) {
      kept.push(diagnostic);
      if (file !== undefined) {
        seen.set(file, count + 1);
      }
      continue;
    }
    const before = left.get(file) ?? { count: 0, isError: false };
    left.set(file, {
      count: before.count + (diagnostic.more ?? 1),
      isError: before.isError || diagnostic.severity === 'error',
    });
  }
  for (const [file, { count, isError }] of left) {
    const make = isError ? error : warning;
    kept.push(make('more', `and ${count} more in this file`, { place: { file }, more: count }));
  }
  return kept;
}
