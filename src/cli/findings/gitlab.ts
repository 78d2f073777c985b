import { jsonLine } from '#core/text/jsonLine.js';
import { type Findings, fingerprints, hintOf, messageOf, pathOf } from './findings.js';

/** GitLab's Code Quality report (`artifacts: reports: codequality`). */
export function gitlabReport(findings: Findings): string {
  const prints = fingerprints(findings);
  const issues = findings.found.map((diagnostic, index) => {
    const { code, severity, place } = diagnostic;
    const hint = hintOf(diagnostic);
    const text = `${messageOf(findings, diagnostic)} [${code}]`;
    return {
      description: hint === undefined ? text : `${text} (${hint})`,
      check_name: code,
      fingerprint: prints[index],
      severity: severity === 'error' ? 'major' : 'minor',
      // Both are asked for, whatever a finding is about.
      location: { path: pathOf(findings, place) ?? '.', lines: { begin: place?.line ?? 1 } },
    };
  });
  return jsonLine(issues);
}
