/** `CVE-2026-1234`, and the word that `update` writes where nobody gives a reason. */
const securityWords = /\bCVE-\d{4}-\d{4,}\b|\bsecurity\b/i;

/** Whether what a changelog block says is the fix of a vulnerability, as `unless = "security"` has it. */
export function isSecurityFix(changes: readonly string[]): boolean {
  return changes.some((line) => securityWords.test(line));
}
