import { codeBlock, codeSpan } from '#core/text/markdown.js';
import { printable, withoutColours } from '#core/text/printable.js';
import type { RunFacts } from './document.js';
import { hidingOf } from './hiding.js';

import type { ImageRecord } from './record.js';
import { duration } from './time.js';
import { untestedNotes } from './untestedNotes.js';

/** What the summary says of the run itself. */
export type SummaryFacts = Pick<
  RunFacts,
  'started' | 'ended' | 'exitCode' | 'interrupted' | 'unnamed'
>;

/** So many last lines of what failed are shown, and so many characters of a line. */
const tailLines = 20;
const longestLine = 500;

/** In bytes: kept for the headings of what is cut, and for how much that is. */
const reserve = 1024;

/**
 * A run for a CI system's page, in Markdown of at most `most` bytes: what failed, with its last lines, then
 * what was published, built and skipped. What does not fit is counted. Nothing of a name, a reason or a log
 * is Markdown or HTML there: all of it is code. Private images are told as to others.
 */
export function markdownSummary(
  all: Iterable<ImageRecord>,
  facts: SummaryFacts,
  most: number,
): string {
  const images = [...all];
  const hiding = hidingOf(images, facts.unnamed);
  const records = images.map(hiding.image);
  const ended = (...endings: ImageRecord['ending'][]) =>
    records.filter(({ ending }) => endings.includes(ending));
  const waiting = ended('built').filter(({ awaits }) => awaits !== undefined);
  const staged = ended('built').filter((record) => record.staged !== undefined);
  const unknown = ended('untouched').filter(({ state }) => state === 'unknown');
  const sections: readonly Section[] = [
    {
      title: 'failed',
      head: [],
      rows: [
        ...ended('failed').map((record) => () => failedText(record)),
        ...facts.unnamed.map(hiding.unnamed).map((image) => () => brokenText(image)),
      ],
    },
    {
      title: 'awaiting approval',
      head: [],
      rows: waiting.map((record) => () => waitingText(record)),
    },
    {
      title: 'published',
      head: tableHead('Image', 'Why', 'Time', 'Digest'),
      rows: ended('published').map(
        (record) => () =>
          row(
            codeSpan(shortened(record.reference)),
            codeSpan(shortened(record.why)),
            duration(timeOf(record)),
            record.digest === undefined ? '-' : codeSpan(shortDigest(record.digest)),
          ),
      ),
    },
    {
      title: 'staged',
      head: tableHead('Image', 'Why', 'Time', 'Digest'),
      rows: staged.map(
        (record) => () =>
          row(
            codeSpan(shortened(record.reference)),
            codeSpan(shortened(record.why)),
            duration(timeOf(record)),
            record.staged === undefined ? '-' : codeSpan(shortDigest(record.staged)),
          ),
      ),
    },
    {
      title: 'built, not published',
      head: tableHead('Image', 'Why', 'Time', 'Not published because'),
      rows: ended('built')
        .filter((record) => !waiting.includes(record) && !staged.includes(record))
        .map(
          (record) => () =>
            row(
              codeSpan(shortened(record.reference)),
              codeSpan(shortened(record.why)),
              duration(timeOf(record)),
              because(record),
            ),
        ),
    },
    {
      title: 'skipped',
      head: tableHead('Image', 'Because'),
      rows: ended('skipped').map(
        (record) => () => row(codeSpan(shortened(record.reference)), because(record)),
      ),
    },
    {
      title: 'not finished',
      head: tableHead('Image', 'Why it was to be built'),
      rows: ended('unfinished').map((record) => () => whyRow(record)),
    },
    {
      title: 'unknown',
      head: tableHead('Image', 'Because'),
      rows: unknown.map((record) => () => whyRow(record)),
    },
  ].filter(({ rows }) => rows.length > 0);
  const untouched = ended('untouched').length - unknown.length;
  const notes = untestedNotes(records, ({ reference }) => codeSpan(shortened(reference)));
  const head = headOf(sections, untouched, facts);
  return fitted([head, ...notes.map((note) => `\n${note}\n`)].join(''), sections, most);
}

interface Section {
  readonly title: string;
  /** The lines above the rows. */
  readonly head: readonly string[];
  /** Whole rows of a table, or texts of several lines; made where there is room for them. */
  readonly rows: readonly (() => string)[];
}

function headOf(
  sections: readonly Section[],
  untouched: number,
  { started, ended, exitCode, interrupted }: SummaryFacts,
): string {
  const counts = sections.map(({ title, rows }) => `${rows.length} ${title}`);
  const took = duration(Math.max(0, Date.parse(ended) - Date.parse(started)));
  const facts = [
    took,
    `exit status ${exitCode}`,
    ...(interrupted ? ['interrupted'] : []),
    ...(untouched === 0 ? [] : [`${untouched} left as they are`]),
  ];
  return [
    `## generate-bake build: ${counts.length === 0 ? 'nothing to do' : counts.join(', ')}`,
    '',
    facts.join(', '),
    '',
  ].join('\n');
}

/** As many whole rows as fit, those of the first sections first. */
function fitted(head: string, sections: readonly Section[], most: number): string {
  const texts = [head];
  let room = most - Buffer.byteLength(head) - reserve;
  for (const { title, head: above, rows } of sections) {
    const begin = [``, `### ${capitalised(title)}`, '', ...above, ''].join('\n');
    const shown: string[] = [];
    for (const make of room > 0 ? rows : []) {
      const each = make();
      const bytes = Buffer.byteLength(each) + (shown.length === 0 ? Buffer.byteLength(begin) : 0);
      if (bytes > room) {
        break;
      }
      room -= bytes;
      shown.push(each);
    }
    const more = rows.length - shown.length;
    if (shown.length > 0) {
      texts.push(begin, ...shown);
    }
    if (more > 0) {
      // What comes after a longer row is not shown either: the rows are in order.
      texts.push(`\n${more} more ${title}\n`);
      room = 0;
    }
  }
  return texts.join('');
}

function failedText({
  reference,
  during = 'build',
  reason = '',
  place,
  tail,
}: ImageRecord): string {
  const lines = (tail ?? []).slice(-tailLines).map((line) => shortened(line));
  const where = place === undefined ? '' : `, ${codeSpan(shortened(place))}`;
  return [
    `#### ${codeSpan(shortened(reference))}`,
    '',
    `${failedAt[during]}${where}: ${codeSpan(shortened(reason))}`,
    '',
    ...(lines.length === 0 ? [] : [codeBlock(lines), '']),
    '',
  ].join('\n');
}

const failedAt = {
  definition: 'Its definition is broken',
  base: 'Its base cannot be had',
  build: 'Build',
  verify: 'Test',
  stage: 'Staging',
  publish: 'Push',
} as const satisfies Record<NonNullable<ImageRecord['during']>, string>;

function brokenText({ path, reason }: RunFacts['unnamed'][number]): string {
  return [
    `#### ${codeSpan(shortened(path))}`,
    '',
    `${failedAt.definition}: ${codeSpan(shortened(reason))}`,
    '',
    '',
  ].join('\n');
}

function whyRow({ reference, why }: ImageRecord): string {
  return row(codeSpan(shortened(reference)), codeSpan(shortened(why)));
}

/** What somebody has to look at before it is published. */
function waitingText({ reference, reason = '', awaits = [] }: ImageRecord): string {
  const lines = awaits.map((line) => printable(line).slice(0, longestLine));
  return [
    `${codeSpan(shortened(reference))}: ${codeSpan(shortened(reason))}`,
    '',
    ...(lines.length === 0 ? [] : [codeBlock(lines), '']),
  ].join('\n');
}

function because({ reason }: ImageRecord): string {
  return reason === undefined ? '-' : codeSpan(shortened(reason));
}

function tableHead(...columns: readonly string[]): readonly string[] {
  return [`| ${columns.join(' | ')} |`, `|${'---|'.repeat(columns.length)}`];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function timeOf({ buildMs = 0, verifyMs = 0, publishMs = 0 }: ImageRecord): number {
  return buildMs + verifyMs + publishMs;
}

/** `sha256:` and 12 digits, as docker shows it. */
function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}

/** One line of text, not too long, without what moves a cursor or turns text around. */
function shortened(text: string): string {
  // Of a line of megabytes no more is looked at than could be shown.
  const begin = text.slice(0, 4 * longestLine);
  const characters = [...printable(withoutColours(begin.trimEnd()))];
  return characters.length > longestLine || begin.length < text.length
    ? `${characters.slice(0, longestLine - 1).join('')}…`
    : characters.join('');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
