import { groupBy } from '#core/data/groups.js';
import { didYouMean } from '#core/text/suggest.js';
import type { FoundReference } from '#fleet/references/find.js';
import type { TreeImage } from '#fleet/references/names.js';
import type { Published } from '#fleet/references/published.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';

const columns: readonly Column[] = [
  { head: 'IMAGE', wraps: true },
  { head: 'USED', wraps: true },
  { head: 'CURRENT', leaves: 1 },
  { head: 'BEHIND', least: 16 },
  { head: 'WHERE', least: 20, cuts: 'start' },
];

export interface ReferencesTable {
  readonly references: readonly FoundReference[];
  /** All images of the trees, of which some may be meant. */
  readonly images: readonly TreeImage[];
  /** Whether each place has a row of its own. */
  readonly isWhole: boolean;
  /** By repository; absent: nobody asked. */
  readonly published?: ReadonlyMap<string, Published>;
}

/** A row for each version of an image that is referred to; empty where none is. */
export function referencesTable(
  { references, images, isWhole, published }: ReferencesTable,
  width: number | undefined,
): string {
  const { short, heading } = shownNames(
    images.map(({ repository }) => repository),
    width,
  );
  const known = images.map(({ repository }) => withoutHost(repository));
  const rows = references
    .filter(({ about }) => about.kind !== 'elsewhere')
    .map((reference) => ({
      reference,
      cells: [
        short(nameOf(reference)),
        usedOf(reference),
        currentOf(reference, published),
        behindOf(reference, known, short),
      ],
    }));
  const groups = isWhole
    ? rows.map((row) => [row])
    : [...groupBy(rows, ({ cells }) => cells.join('\0')).values()];
  const shown = groups
    .map((group) => ({ rank: rankOf(group[0]?.reference), group }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ group }) => {
      const [first] = group;
      const more = group.length - 1;
      const where = first === undefined ? '' : whereOf(first.reference);
      return [...(first?.cells ?? []), more === 0 ? where : `${where} and ${more} more`];
    });
  return shown.length === 0 ? '' : heading + table(columns, shown, width);
}

function whereOf({ place: { file, line } }: FoundReference): string {
  return `${file}:${line}`;
}

function nameOf({ about }: FoundReference): string {
  switch (about.kind) {
    case 'ambiguous':
      return about.name;
    case 'undefined':
      return about.repository;
    default:
      return about.image.repository;
  }
}

/** All have a registry in common: names that differ are near only without it. */
function withoutHost(repository: string): string {
  return repository.slice(repository.indexOf('/') + 1);
}

/** The version as it is written, without what a digest adds. */
function usedOf({ tag, digest }: FoundReference): string {
  if (tag !== undefined) {
    return 'text' in tag ? tag.text : '(template)';
  }
  return digest === undefined ? '(no tag)' : digest.text.slice(0, 'sha256:'.length + 12);
}

function currentOf(
  { about }: FoundReference,
  published: ReadonlyMap<string, Published> | undefined,
): string {
  if (about.kind !== 'image') {
    return '-';
  }
  const { repository, version = 'broken' } = about.image;
  const words = {
    published: '',
    absent: ' (not published)',
    unknown: ' (not known)',
    'not-asked': '',
  };
  return version + words[published?.get(repository)?.kind ?? 'not-asked'];
}

function behindOf(
  { about }: FoundReference,
  known: readonly string[],
  short: (text: string) => string,
): string {
  if (about.kind === 'ambiguous') {
    return `ambiguous: ${about.images.map(({ repository }) => short(repository)).join(' or ')}`;
  }
  if (about.kind === 'undefined') {
    const meant = didYouMean(withoutHost(about.repository), known);
    return `not defined here${meant === undefined ? '' : `; ${meant}`}`;
  }
  if (about.kind === 'elsewhere') {
    return '-';
  }
  const { standing, isCertain } = about;
  return `${standingText(standing)}${isCertain ? '' : ' ?'}`;
}

function standingText(
  standing: Extract<FoundReference['about'], { kind: 'image' }>['standing'],
): string {
  switch (standing.kind) {
    case 'behind':
      return standing.versions === undefined
        ? 'behind'
        : `${standing.versions} version${standing.versions === 1 ? '' : 's'}`;
    case 'unknown':
      return 'unknown version';
    case 'moving':
      return 'not pinned';
    case 'digest':
      return 'digest alone';
    default:
      return standing.kind;
  }
}

type Rank = readonly [kind: number, name: string, behind: number];

/** What is defined first, by name; of one image the version that is most behind. */
function rankOf(reference: FoundReference | undefined): Rank {
  if (reference === undefined) {
    return [2, '', 0];
  }
  const { about } = reference;
  const behind =
    about.kind === 'image' && about.standing.kind === 'behind'
      ? (about.standing.versions ?? Infinity)
      : -1;
  const kinds = { image: 0, ambiguous: 0, undefined: 1, elsewhere: 2 };
  return [kinds[about.kind], nameOf(reference), behind];
}

function compare(a: Rank, b: Rank): number {
  if (a[0] !== b[0]) {
    return a[0] - b[0];
  }
  if (a[1] !== b[1]) {
    return a[1] < b[1] ? -1 : 1;
  }
  return a[2] === b[2] ? 0 : b[2] - a[2];
}
