import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import { jsonLine } from '#core/text/jsonLine.js';
import { type Findings, fingerprints, pathOf } from './findings.js';

/** What `check --format json` prints (doc/check.schema.json). No line of a file is in it. */
export function checkDocument(findings: Findings): string {
  const { found, images, policy } = findings;
  const prints = fingerprints(findings);
  const count = (severity: Diagnostic['severity']): number =>
    found.reduce((sum, one) => sum + (one.severity === severity ? (one.more ?? 1) : 0), 0);
  return jsonLine({
    schema: 1,
    images,
    ...(policy && { policy }),
    errors: count('error'),
    warnings: count('warning'),
    findings: found.map((diagnostic, index) => {
      const { code, severity, message, hint, related = [] } = diagnostic;
      return {
        code,
        level: severity,
        message,
        ...(hint === undefined ? {} : { hint }),
        ...placed(findings, diagnostic.place),
        ...(related.length === 0
          ? {}
          : {
              related: related.map((one) => ({
                message: one.message,
                ...placed(findings, one.place),
              })),
            }),
        fingerprint: prints[index],
      };
    }),
  });
}

/** A file that is outside of the repository is as a person would open it. */
function placed(findings: Findings, place: Place | undefined) {
  if (place === undefined) {
    return {};
  }
  const { line, column, length } = place;
  return {
    file: pathOf(findings, place) ?? place.file,
    ...(line === undefined ? {} : { line }),
    ...(line === undefined || column === undefined ? {} : { column, length: length ?? 1 }),
  };
}
