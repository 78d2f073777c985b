import { isPrivate } from '#compiler/privacy/privacy.js';
import { some } from '#core/text/some.js';
import { unusedDocument } from '#fleet/references/document.js';
import type { Published } from '#fleet/references/published.js';
import { ownDirectories, type Unused, unusedImages } from '#fleet/references/unused.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { type FoundReferences, findReferences } from '../findReferences.js';
import { quoted } from '../nextStep.js';
import { isUnknown, publishedOf } from '../publishedOf.js';
import type { Io } from '../terminal/io.js';
import { reportFolded } from '../terminal/report.js';
import { shownNames } from '../terminal/shownNames.js';
import { withSignals } from '../terminal/signals.js';
import { type Column, table } from '../terminal/table.js';
import type { UnusedInput } from './unused.command.js';

const columns: readonly Column[] = [
  { head: 'IMAGE', wraps: true },
  { head: 'PUBLISHED' },
  { head: 'CHANGED', leaves: 2 },
  { head: 'DEFINITION', least: 16, cuts: 'start', leaves: 1 },
  { head: 'PERHAPS USED', least: 20, cuts: 'start' },
];

/** As many directories are named in what to type next. */
const mostDirectories = 5;
/** As many broken definitions are named. */
const mostNames = 3;

/**
 * Shows images that nothing uses, as far as the trees and the searched files say. Ends with 2 where something
 * cannot be searched, and with 3 where a registry cannot be asked.
 */
export function run(input: UnusedInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => unused(input, io, signal));
}

async function unused(input: UnusedInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const { paths, credentials } = input;
  const compiled = compileTrees({ ...input, words: 'images', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  reportFolded(io, compiled.diagnostics);
  const { graph, selected, workspace } = compiled;
  const found = await findReferences(paths, compiled, true, io, signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  const all = [...found.references, ...found.result.namespaces];
  const result = unusedImages(graph, found.names, selected, all, found.histories);
  const images = result.images.map(({ image }) => image);
  const published = await publishedOf(images, workspace.trees, credentials, io, signal);
  if (typeof published === 'number') {
    return published;
  }
  if (input.json) {
    const isHidden = (reference: (typeof images)[number]['reference']): boolean =>
      reference !== undefined && isPrivate(graph, reference);
    const document = unusedDocument(paths, found.result, result, published, isHidden);
    io.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    io.write(unusedTable(result, found, published, io.outWidth()));
  }
  tell(result, found, paths, io);
  if (found.isPartial) {
    return exit.wrong;
  }
  return isUnknown(published) ? exit.unusable : exit.done;
}

function unusedTable(
  { images }: Unused,
  { names }: FoundReferences,
  published: ReadonlyMap<string, Published>,
  width: number | undefined,
): string {
  if (images.length === 0) {
    return '';
  }
  const { short, heading } = shownNames(
    names.images.map(({ repository }) => repository),
    width,
  );
  const words = { published: 'yes', absent: 'no', unknown: 'not known', 'not-asked': '-' };
  const rows = images.map(({ image, perhaps, changed }) => {
    const [first] = perhaps;
    const more = perhaps.length > 1 ? ` and ${perhaps.length - 1} more` : '';
    return [
      short(image.repository),
      words[published.get(image.repository)?.kind ?? 'not-asked'],
      changed?.slice(0, 'YYYY-MM-DD'.length) ?? '-',
      image.shown,
      first === undefined ? '-' : `${first.place.file}:${first.place.line}${more}`,
    ];
  });
  const hasPerhaps = images.some(({ perhaps }) => perhaps.length > 0);
  return heading + table(hasPerhaps ? columns : columns.slice(0, -1), rows, width);
}

function tell(
  { images, referred, unread }: Unused,
  { names, result, isPartial }: FoundReferences,
  paths: readonly string[],
  io: Io,
): void {
  if (unread.length > 0) {
    io.say(
      `broken definitions, which may be built on any of them: ${some(unread, mostNames)} (generate-bake check shows why)`,
    );
  }
  const count = (number: number, noun: string): string =>
    `${number} ${noun}${number === 1 ? '' : 's'}`;
  if (paths.length === 0) {
    io.say(
      `${count(images.length, 'image')} without a child in the trees; no files were searched: add --references PATH`,
    );
    return;
  }
  const perhaps = images.filter((each) => each.perhaps.length > 0).length;
  const gone = images.filter((each) => each.perhaps.length === 0).map(({ image }) => image);
  const others = perhaps === 0 ? '' : `, ${perhaps} perhaps used`;
  io.say(
    `${count(gone.length, 'image')} with neither a child in the trees nor a reference in ${count(result.files, 'file')}${others}; ${count(referred, 'image')} without a child ${referred === 1 ? 'is' : 'are'} referred to`,
  );
  if (isPartial || gone.length === 0) {
    return;
  }
  const directories = ownDirectories(gone, names.images);
  const [first] = directories;
  if (first === undefined) {
    return;
  }
  io.say(
    directories.length > mostDirectories
      ? `next: for what is not needed: git rm -r ${quoted(first)}`
      : `next: git rm -r ${directories.map(quoted).join(' ')}`,
  );
}
