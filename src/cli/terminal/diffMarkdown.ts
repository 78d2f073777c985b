import { printable } from '#core/text/printable.js';
import type { DiffRows, Section } from './diffRows.js';

/** More rows than this are folded. */
const shortSection = 25;
/** Of one section; forges cut, or refuse, texts that are longer than about 65,000 characters. */
const mostRows = 200;

/** For a merge request: GitHub's Markdown, which GitLab reads as well. */
export function diffMarkdown(name: string, rows: DiffRows): string {
  return [
    `### ${code(name)}: ${rows.verdict}\n`,
    `${code(rows.from)} → ${code(rows.to)}\n`,
    ...(rows.size === undefined ? [] : [`Size: ${rows.size}\n`]),
    ...(rows.platform === undefined ? [] : [`Platform: ${code(rows.platform)}\n`]),
    ...section('Packages', rows.packages),
    ...section('Config', rows.settings),
    ...section('Layers', rows.layers),
    ...section('Files', rows.files),
  ].join('\n');
}

function section(title: string, { summary, head, rows }: Section): string[] {
  if (rows.length === 0) {
    return [`**${title}**: ${summary}\n`];
  }
  const lines = rows.slice(0, mostRows).map((row) => `| ${row.map(cell).join(' | ')} |`);
  const left = rows.length - lines.length;
  const whole = [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...lines,
    ...(left === 0 ? [] : ['', `and ${left} more (\`--json\` has all)`]),
    '',
  ];
  return rows.length <= shortSection
    ? [`**${title}**: ${summary}\n`, ...whole]
    : [`<details><summary><b>${title}</b>: ${summary}</summary>\n`, ...whole, '</details>\n'];
}

function cell(text: string): string {
  return text === '' ? '' : code(text);
}

/** Nothing in a code span is markup, a mention or a link. */
function code(text: string): string {
  const safe = printable(text.replace(/\s/g, ' ')).replaceAll('|', '\\|');
  const longest = Math.max(0, ...(safe.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${safe}${fence}` : `${fence} ${safe} ${fence}`;
}
