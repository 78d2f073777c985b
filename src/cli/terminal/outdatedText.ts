import { some } from '#core/text/some.js';
import type { Entrance, ImageVerdict, Outdated, Update } from '#fleet/outdated/outdated.js';
import type { RebuiltBase } from '#fleet/outdated/rebuiltBases.js';
import { instead, recipeRemarks } from '#fleet/outdated/recipeText.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

const columns: readonly Column[] = [
  { head: 'ENTERS AT', wraps: true },
  { head: 'PACKAGE', least: 12 },
  { head: 'INSTALLED', least: 10 },
  { head: 'CANDIDATE', least: 10 },
  { head: 'IMAGES' },
  { head: 'SINCE', leaves: 1 },
  { head: 'NOTE', least: 8, leaves: 2 },
];

/** As many names are in a line. */
const mostNames = 3;

interface Shown {
  readonly outdated: Outdated;
  readonly since: ReadonlyMap<Update, Date>;
  readonly rebuilt: readonly RebuiltBase[];
  /** Of all images of the trees. */
  readonly references: readonly string[];
  readonly now: Date;
}

/** The newer versions by where they come in; then what is unknown, kept by a pin, or at its end of life. */
export function outdatedText(shown: Shown, width: number | undefined): string {
  const { outdated, rebuilt, since, references, now } = shown;
  const { short, heading } = shownNames(references, width);
  const architectures = new Set(outdated.updates.map(({ architecture }) => architecture));
  architectures.delete('all');
  const rows = outdated.updates.map((update) =>
    rowOf(update, since.get(update), short, architectures.size > 1),
  );
  const lines = [
    ...recipeRemarks(outdated.updates, short),
    ...unknownLines(outdated.images, short),
    ...withoutFixLines(outdated.images, short),
    ...pinnedLines(outdated.images, short),
    ...endLines(outdated.images, now, short),
    ...rebuiltLines(rebuilt, short),
  ];
  const updates = rows.length === 0 ? '' : table(columns, rows, width);
  const rest =
    lines.length === 0
      ? ''
      : table(
          [{}],
          lines.map((line) => [line]),
        );
  const gap = updates !== '' && rest !== '' ? '\n' : '';
  return updates === '' && rest === '' ? '' : `${heading}${updates}${gap}${rest}`;
}

function rowOf(
  update: Update,
  since: Date | undefined,
  short: (text: string) => string,
  namesArchitecture: boolean,
): string[] {
  const { name, architecture, installed, candidate, enters, images } = update;
  return [
    short(enters.reference),
    namesArchitecture ? `${name}:${architecture}` : name,
    installed,
    candidate,
    String(images.length),
    since?.toISOString().slice(0, 10) ?? '-',
    notes(update, enters).map(short).join('; ') || '-',
  ];
}

function notes(
  { isSecurity, isHeld, cves, candidate, recipe }: Update,
  enters: Entrance,
): string[] {
  const { isOutside, isRoot, orFrom, newerIn, isBroken } = enters;
  return [
    ...(isBroken ? ['broken'] : []),
    ...(isSecurity ? ['security'] : []),
    ...(cves.length === 0 ? [] : [some(cves, mostNames)]),
    ...(isHeld ? ['held by dpkg'] : []),
    ...(isOutside ? ['not ours'] : []),
    ...(isRoot ? ['root filesystem'] : []),
    ...(newerIn === undefined ? [] : [`${newerIn} has it already`]),
    ...(orFrom === undefined ? [] : [`or with ${orFrom}`]),
    ...(recipe?.kind === 'behind'
      ? [`the mirror of its recipe is behind: ${instead(recipe, candidate)}`]
      : []),
  ];
}

/** Of which images nothing is known: a line a reason. */
export function unknownLines(
  images: readonly ImageVerdict[],
  short: (text: string) => string,
): string[] {
  const reasons = new Map<string, string[]>();
  for (const { reference, verdict, reason } of images) {
    if (reason !== undefined) {
      const what = verdict === 'absent' ? 'not published, and perhaps local' : 'unknown';
      const key = `${what}\n${reason}`;
      reasons.set(key, [...(reasons.get(key) ?? []), short(reference)]);
    }
  }
  return [...reasons].map(([key, names]) => {
    const [what = '', reason = ''] = key.split('\n');
    return `${what}: ${some(names, mostNames)}: ${short(reason)}`;
  });
}

/** What a release has fixed and the image's own sources do not have. */
function withoutFixLines(
  images: readonly ImageVerdict[],
  short: (text: string) => string,
): string[] {
  const without = new Map<string, string[]>();
  for (const { reference, verdict, vulnerable } of images) {
    for (const { name, version, fixes, hasCandidate } of vulnerable) {
      if (!hasCandidate) {
        const ids = some(
          fixes.map(({ id }) => id),
          mostNames,
        );
        const who = verdict === 'unknown' ? 'nobody knows whether apt' : 'its sources';
        const what = `${ids}: fixed after ${name} ${version}, and ${who} ${verdict === 'unknown' ? 'has a newer version' : 'have no newer version'}`;
        without.set(what, [...(without.get(what) ?? []), short(reference)]);
      }
    }
  }
  return [...without].map(([what, names]) => `${what}: ${some(names, mostNames)}`);
}

function pinnedLines(images: readonly ImageVerdict[], short: (text: string) => string): string[] {
  const kept = new Map<string, string[]>();
  for (const { reference, pinned } of images) {
    for (const { name, installed, newest, priority } of pinned) {
      const what = `a pin keeps ${name} ${installed} from ${newest} (priority ${priority})`;
      kept.set(what, [...(kept.get(what) ?? []), short(reference)]);
    }
  }
  return [...kept].map(([what, names]) => `${what}: ${some(names, mostNames)}`);
}

/** What is no update by itself. */
function rebuiltLines(rebuilt: readonly RebuiltBase[], short: (text: string) => string): string[] {
  const remarks = new Map<string, string[]>();
  for (const { reference, base, packages, environment } of rebuilt) {
    const parts = [
      ...(packages.length === 0 ? [] : [`other packages (${some(packages, mostNames)})`]),
      ...(environment.length === 0 ? [] : [`further variables (${some(environment, mostNames)})`]),
    ];
    const what = parts.length === 0 ? 'the same packages' : parts.join(' and ');
    const remark = `remark: ${short(base)} was built again, with ${what}`;
    remarks.set(remark, [...(remarks.get(remark) ?? []), short(reference)]);
  }
  return [...remarks].map(
    ([remark, names]) =>
      `${remark}: ${some(names, mostNames)} ${names.length === 1 ? 'stands' : 'stand'} on an earlier build`,
  );
}

function endLines(
  images: readonly ImageVerdict[],
  now: Date,
  short: (text: string) => string,
): string[] {
  const today = now.toISOString().slice(0, 10);
  const ended = new Map<string, string[]>();
  for (const { reference, endOfLife } of images) {
    if (endOfLife?.ends !== undefined && endOfLife.ends < today) {
      const { series, ends, longTermEnds } = endOfLife;
      const long =
        longTermEnds === undefined
          ? ''
          : `, long-term support ${longTermEnds < today ? 'ended' : 'ends'} on ${longTermEnds}`;
      const what = `support of ${series} ended on ${ends}${long}`;
      ended.set(what, [...(ended.get(what) ?? []), short(reference)]);
    }
  }
  return [...ended].map(([what, names]) => `${what}: ${some(names, mostNames)}`);
}

/** One sentence about all. */
export function outdatedLine({ images, updates }: Outdated, isPart: boolean): string {
  const of = (verdict: ImageVerdict['verdict']) =>
    images.filter((image) => image.verdict === verdict).length;
  const outdated = of('outdated');
  const places = new Set(updates.map(({ enters }) => enters.reference)).size;
  const ofOthers = new Set(
    updates.flatMap(({ enters }) => (enters.isOutside ? [enters.reference] : [])),
  ).size;
  const what = isPart ? 'updates that were asked for' : 'updates';
  const head =
    outdated === 0
      ? `no image of ${images.length} is known to have ${what}`
      : `${outdated} of ${count(images.length, 'image')} ${outdated === 1 ? 'has' : 'have'} ${what}, which enter at ${count(places, 'image')}${ofOthers === 0 ? '' : `, ${ofOthers} of them not ours`}`;
  const others = images.filter(({ hasOtherSoftware }) => hasOtherSoftware).length;
  const rest = [
    [of('unknown'), 'unknown'],
    [of('absent'), 'not published'],
    [others, 'with other software, which is not looked at'],
  ] as const;
  const parts = rest.flatMap(([number, text]) => (number === 0 ? [] : [`${number} ${text}`]));
  return [head, ...parts].join('; ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
