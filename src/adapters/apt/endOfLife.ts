import { readText } from '#core/files/readBytes.js';

/** Until when a release of a distribution gets updates, as distro-info-data of this machine says. */
export interface EndOfLife {
  /** The release: `bookworm`. */
  readonly series: string;
  /** The last day of regular support, as `2026-06-10`; absent: not known yet. */
  readonly ends?: string;
  /** The last day of long-term support; absent: there is none, or it is not known yet. */
  readonly longTermEnds?: string;
}

/** What releases are there, by the distribution's ID in os-release. */
const tables: ReadonlyMap<string, string> = new Map(
  ['debian', 'ubuntu'].map((id) => [id, `/usr/share/distro-info/${id}.csv`]),
);

/**
 * The release of a distribution in the table of distro-info-data; undefined where there is none, or where
 * this machine has no such table. That says nothing of an archive: it may be there for years to come.
 */
export function endOfLifeOf(
  { id, codename }: { readonly id: string; readonly codename?: string },
  table: string | undefined = tables.get(id),
): EndOfLife | undefined {
  if (table === undefined || codename === undefined) {
    return undefined;
  }
  let text: string;
  try {
    text = readText(table);
  } catch {
    return undefined;
  }
  const [heads = [], ...rows] = text.split('\n').map((line) => line.trim().split(','));
  const column = (name: string) => heads.indexOf(name);
  const row = rows.find((cells) => cells[column('series')] === codename);
  if (row === undefined) {
    return undefined;
  }
  const day = (name: string) => /^\d{4}-\d{2}-\d{2}$/.exec(row[column(name)] ?? '')?.[0];
  const ends = day('eol');
  const longTermEnds = day('eol-lts');
  return {
    series: codename,
    ...(ends === undefined ? {} : { ends }),
    ...(longTermEnds === undefined ? {} : { longTermEnds }),
  };
}
