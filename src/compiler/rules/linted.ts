import type { LintFinding } from '#adapters/linters/finding.js';
import { type Diagnostic, error, type Place, warning } from '#core/diagnostics/diagnostic.js';
import type { Linter, LinterCode, RuleLevel } from '#core/diagnostics/rules.js';
import type { ResolvedImage } from '../resolve/graph.js';

/** What another linter says of an image's rendered Dockerfile: at the level that counts, on the line of the template. */
export function lintedDiagnostics(
  { rendered }: ResolvedImage,
  linter: Linter,
  findings: readonly LintFinding[],
): readonly Diagnostic[] {
  const { check } = rendered.definition.tree.config;
  return findings.flatMap((finding) => {
    const code: LinterCode = `${linter}/${finding.rule}`;
    const level = check?.levels.get(code) ?? defaultLevel(code, finding);
    if (level === 'off') {
      return [];
    }
    const { place, where } = placed(rendered, finding.line);
    const hint = finding.page === undefined ? {} : { hint: `see ${finding.page}` };
    const make = level === 'error' ? error : warning;
    return [make(code, finding.message + where, { place, ...hint })];
  });
}

/**
 * Images are replaced by empty ones, so that BuildKit does not know the variables that they set. What hadolint cannot
 * parse is no error: BuildKit may well.
 */
function defaultLevel(code: LinterCode, { level }: LintFinding): RuleLevel {
  if (code === 'hadolint/DL1000') {
    return 'warning';
  }
  return level === 'remark' || code === 'buildkit/UndefinedVar' ? 'off' : level;
}

/** The whole line: neither linter says where in it. */
function placed(
  { placeOf, dockerfile, definition }: ResolvedImage['rendered'],
  line: number | undefined,
): { readonly place: Place; readonly where: string } {
  const text = line === undefined ? undefined : dockerfile.split('\n')[line - 1];
  if (line === undefined || text === undefined) {
    return { place: { file: placeOf(1).file }, where: '' };
  }
  const indent = text.length - text.trimStart().length;
  const place = placeOf(line, indent + 1, Math.max(1, text.trim().length));
  const where = ` (line ${line} of the rendered Dockerfile of ${definition.name})`;
  return { place, where: place.line === undefined ? where : '' };
}
