import type { Place } from '#core/diagnostics/diagnostic.js';
import { type Findings, hintOf, messageOf, pathOf } from './findings.js';

/** Workflow commands of GitHub Actions: an annotation on the line of each finding. */
export function githubCommands(findings: Findings): string {
  const lines = findings.found.map((diagnostic) => {
    const { severity, code, place } = diagnostic;
    const path = pathOf(findings, place);
    const properties = [
      ...(path === undefined || place === undefined ? [] : placed(path, place)),
      ['title', `generate-bake ${code}`] as const,
    ].map(([name, value]) => `${name}=${property(value)}`);
    const hint = hintOf(diagnostic);
    const text = messageOf(findings, diagnostic) + (hint === undefined ? '' : `\nhint: ${hint}`);
    return `::${severity} ${properties.join(',')}::${data(text)}\n`;
  });
  return lines.join('');
}

function placed(path: string, { line, column, length }: Place): (readonly [string, string])[] {
  return [
    ['file', path],
    ...(line === undefined ? [] : ([['line', String(line)]] as const)),
    ...(line === undefined || column === undefined
      ? []
      : ([
          ['col', String(column)],
          ['endColumn', String(column + (length ?? 1))],
        ] as const)),
  ];
}

/** As @actions/core escapes the text of a command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** The same of its properties. Names of files may have what no line can show: that stays escaped in it. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C').replace(controls, hex);
}

/** What is left: it ends no line for the runner, and would still move a terminal's cursor. */
const controls = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function hex(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
