import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import { isRule, rules } from '#core/diagnostics/rules.js';
import { jsonLine } from '#core/text/jsonLine.js';
import { printable } from '#core/text/printable.js';
import { version } from '../version.js';
import { type Findings, fingerprints, hintOf, messageOf, pathOf } from './findings.js';

const schema = 'https://json.schemastore.org/sarif-2.1.0.json';
const root = '%SRCROOT%';

/** A log of SARIF 2.1.0. */
export function sarifLog(findings: Findings): string {
  const { found } = findings;
  const codes = [...new Set(found.map(({ code }) => code))].sort();
  const prints = fingerprints(findings);
  return jsonLine({
    $schema: schema,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'generate-bake',
            semanticVersion: version(),
            rules: codes.map((code) => ({
              id: code,
              ...(isRule(code) && { defaultConfiguration: { level: levelOf(rules[code]) } }),
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: found.map((diagnostic, index) => ({
          ruleId: diagnostic.code,
          ruleIndex: codes.indexOf(diagnostic.code),
          level: diagnostic.severity,
          message: { text: textOf(findings, diagnostic) },
          ...located(findings, diagnostic.place),
          ...related(findings, diagnostic),
          partialFingerprints: { 'generateBake/v1': prints[index] },
        })),
      },
    ],
  });
}

function levelOf(level: 'error' | 'warning' | 'off') {
  return level === 'off' ? 'none' : level;
}

function textOf(findings: Findings, diagnostic: Diagnostic): string {
  const hint = hintOf(diagnostic);
  return literal(messageOf(findings, diagnostic) + (hint === undefined ? '' : `\nhint: ${hint}`));
}

/** In a message braces are placeholders, and brackets are links: neither is meant (SARIF 2.1.0, 3.11.5 and 3.11.6). */
function literal(text: string): string {
  return text.replace(/[{}]/g, '$&$&').replace(/[\\[\]]/g, '\\$&');
}

function located(findings: Findings, place: Place | undefined) {
  const location = place && locationOf(findings, place);
  return location === undefined ? {} : { locations: [location] };
}

function locationOf(findings: Findings, place: Place) {
  const path = pathOf(findings, place);
  if (path === undefined) {
    return undefined;
  }
  const { line, column, length = 1 } = place;
  const region = line === undefined ? undefined : { startLine: line, ...columns(column, length) };
  return {
    physicalLocation: {
      artifactLocation: { uri: addressOf(path), uriBaseId: root },
      ...(region === undefined ? {} : { region }),
    },
  };
}

function columns(column: number | undefined, length: number) {
  return column === undefined ? {} : { startColumn: column, endColumn: column + length };
}

/** A path as a relative reference: names may have any character, and even half of a pair. */
function addressOf(path: string): string {
  const whole = Buffer.from(path).toString();
  return whole.split('/').map(encodeURIComponent).join('/');
}

function related(findings: Findings, { related: others = [] }: Diagnostic) {
  const locations = others.flatMap(({ message, place }) => {
    const location = place && locationOf(findings, place);
    return location === undefined
      ? []
      : [{ ...location, message: { text: literal(printable(message)) } }];
  });
  return locations.length === 0 ? {} : { relatedLocations: locations };
}
