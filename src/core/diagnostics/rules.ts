import type { DiagnosticCode, LinterCode } from './codes.js';

export type { LinterCode };

/** What `check` makes of a finding: `off` is not looked for. */
export const ruleLevels = ['error', 'warning', 'off'] as const;
export type RuleLevel = (typeof ruleLevels)[number];

/**
 * What `check` says of definitions that can be built, and at which level unless the configuration says another:
 * doc/check.md has the same table, and a test compares the two.
 */
export const rules = {
  // What the compiler doubts, whoever asks.
  'args-unused': 'warning',
  'changelog-trailer': 'warning',
  'codeowners-line': 'warning',
  'config-misspelt': 'warning',
  'dangling-depends': 'warning',
  'dockerfile-stage-unused': 'warning',
  'dockerfile-unknown-flag': 'warning',
  'exclude-unused': 'warning',
  'foreign-syntax': 'warning',
  'not-linked': 'warning',
  'other-version': 'warning',
  'self-reference': 'warning',
  'source-missing': 'warning',
  'stage-user': 'warning',
  'undeclared-parent': 'warning',
  'unreached-reference': 'warning',
  'unused-depends': 'warning',
  // What `check` alone looks for.
  'base-untagged': 'warning',
  'distribution-ended': 'warning',
  'download-unchecked': 'warning',
  'git-unpinned': 'warning',
  'large-file': 'warning',
  'no-owner': 'off',
  'no-test': 'off',
  'pip-unhashed': 'off',
  'pip-unpinned': 'warning',
  'policy-base': 'error',
  'policy-distribution': 'error',
  'policy-exception-ended': 'error',
  'policy-exception-ends': 'warning',
  'policy-exception-unused': 'warning',
  'policy-kind': 'error',
  'policy-label': 'error',
  'policy-registry': 'error',
  'secret-in-context': 'error',
  'user-not-numeric': 'off',
  'version-lower': 'warning',
  'version-unchanged': 'error',
} as const satisfies Partial<Record<DiagnosticCode, RuleLevel>>;

export type RuleCode = keyof typeof rules;

/** What a `[[policy.exception]]` may be about. */
export const policyRules = [
  'policy-registry',
  'policy-base',
  'policy-kind',
  'policy-distribution',
  'policy-label',
] as const satisfies readonly RuleCode[];
export type PolicyRule = (typeof policyRules)[number];

/** Programs of others that `check --with` asks. */
export const linters = ['hadolint', 'buildkit'] as const;
export type Linter = (typeof linters)[number];

/** Whether a key of the table `check` is a rule of another linter: `hadolint/DL3008`, `buildkit/StageNameCasing`. */
export function isLinterCode(code: string): code is LinterCode {
  return /^(?:hadolint\/(?:DL|SC)\d{1,6}|buildkit\/[A-Za-z]{1,60})$/.test(code);
}

export function isRule(code: string): code is RuleCode {
  return Object.hasOwn(rules, code);
}
