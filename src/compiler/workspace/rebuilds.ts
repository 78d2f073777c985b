import { join } from 'node:path';
import { type Diagnostic, error, type Outcome, placeOfLine } from '#core/diagnostics/diagnostic.js';
import type { Boundary } from '#core/files/boundary.js';
import { lookAt } from '#core/files/lookAt.js';
import { isMissing, whyNot } from '#core/files/paths.js';
import { longestDefinition, readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import { type Found, type Table, TableReader } from '#formats/settings/tableReader.js';
import { parseToml } from '#formats/settings/toml.js';

/** The name of the file that counts rebuilds. */
export const rebuildsName = 'generate-bake.lock';

/**
 * How often images whose version no file of theirs has were rebuilt: of one file, which the user
 * commits. Absent lines are 0.
 */
export interface Rebuilds {
  /** Absolute; it need not be there. */
  readonly file: string;
  readonly shownFile: string;
  /** Absent where there is no such file. */
  readonly text?: string;
  /** By names as `rebuildName` gives them; 1 or more. */
  readonly counts: ReadonlyMap<string, Found<number>>;
  /** What `upgrade` made versions for that no changelog tells of, by the same names; absent: nothing. */
  readonly upgrades?: ReadonlyMap<string, Found<readonly TriedUpgrade[]>>;
  /** Images that were not read may be in it: a line of no image says nothing. */
  readonly isPartial?: true;
}

/** A version that `upgrade` made so that an image gets a package's newer version. */
export interface TriedUpgrade {
  readonly package: string;
  readonly candidate: string;
  /** Of the image; `rebuild-3` where versions are computed. */
  readonly version: string;
}

/** More rebuilds than anything has; a version ends with the number. */
export const mostRebuilds = 999_999;

/**
 * Reads the file in a directory (absolute). Errors `rebuilds-file`, `rebuilds-conflict` and those of
 * TOML, at their lines.
 */
export function readRebuilds(
  directory: string,
  shownDirectory: string,
  boundary: Boundary,
): Outcome<Rebuilds> {
  const file = join(directory, rebuildsName);
  const shownFile = join(shownDirectory, rebuildsName);
  const nothing: Rebuilds = { file, shownFile, counts: new Map() };
  const refuse = (message: string): Outcome<Rebuilds> => ({
    value: nothing,
    diagnostics: [error('rebuilds-file', message, { place: { file: shownFile } })],
  });
  let bytes: Buffer;
  try {
    bytes = readInside(file, { own: directory, boundary });
  } catch (cause) {
    if (isMissing(cause) && lookAt(file) === undefined) {
      return { value: nothing, diagnostics: [] };
    }
    return refuse(
      isMissing(cause)
        ? `${shownFile} is a symbolic link that leads nowhere`
        : `${shownFile} ${whyNot(cause)}`,
    );
  }
  if (bytes.length > longestDefinition) {
    return refuse(`${shownFile} is too large: more than 1 MiB`);
  }
  const decoded = decodeUtf8(shownFile, bytes);
  if (decoded.diagnostics.length > 0) {
    return { value: nothing, diagnostics: decoded.diagnostics };
  }
  const text = decoded.value;
  const conflict = conflictIn(shownFile, text);
  const counts =
    conflict === undefined
      ? countsIn(shownFile, text)
      : { value: { counts: nothing.counts }, diagnostics: [conflict] };
  return {
    value: { file, shownFile, text, ...counts.value },
    diagnostics: counts.diagnostics,
  };
}

function conflictIn(shownFile: string, text: string): Diagnostic | undefined {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^(?:<{7}|={7}|>{7}|\|{7})(?:\s|$)/.test(line));
  if (at === -1) {
    return undefined;
  }
  const place = placeOfLine(shownFile, text, at + 1, 1, 7);
  return error('rebuilds-conflict', 'the file has conflict markers of a merge', {
    place,
    hint: 'remove the marker lines, and keep one line of each image: the one with the larger number',
  });
}

/** What to do in this file about an error of TOML: all of its values are numbers. */
const hintsOfToml: ReadonlyMap<string, string> = new Map([
  ['duplicate-key', 'keep one line of each image: the one with the larger number'],
  ['toml-value', `write a whole number from 1 to ${mostRebuilds}`],
]);

/** The counts that a text of the file has; entries with errors are left out. */
export function countsIn(
  shownFile: string,
  text: string,
): Outcome<Pick<Rebuilds, 'counts' | 'upgrades'>> {
  const parsed = parseToml(shownFile, text);
  const diagnostics = parsed.diagnostics.map((found) => {
    const hint = hintsOfToml.get(found.code);
    return hint === undefined ? found : { ...found, hint };
  });
  const { data, locations } = parsed.value;
  const top = new TableReader(locations, data as Table, 'rebuilds-file', diagnostics);
  const table = top.table('rebuilds');
  const counts = new Map<string, Found<number>>();
  for (const key of table?.data.keys() ?? []) {
    const name = String(key);
    const written = table?.raw(name);
    const isInteger = typeof written === 'number' || typeof written === 'bigint';
    const value = isInteger ? Number(written) : table?.count(name);
    if (table === undefined || value === undefined) {
      continue;
    }
    const place = table.keyPlace(name);
    if (value < 1 || value > mostRebuilds) {
      const hint = 'remove the line of an image that was never rebuilt';
      table.complain(`${name} must be from 1 to ${mostRebuilds}`, table.valuePlace(name), hint);
    } else {
      counts.set(name, { value, place });
    }
  }
  const upgrades = upgradesIn(top.table('upgrades'));
  top.finish();
  return { value: { counts, ...(upgrades.size === 0 ? {} : { upgrades }) }, diagnostics };
}

function upgradesIn(
  table: TableReader | undefined,
): ReadonlyMap<string, Found<readonly TriedUpgrade[]>> {
  const upgrades = new Map<string, Found<readonly TriedUpgrade[]>>();
  for (const key of table?.data.keys() ?? []) {
    const name = String(key);
    const tried = (table?.strings(name) ?? []).flatMap(({ value, place }): TriedUpgrade[] => {
      const [, ...words] = /^(\S+) (\S+) (\S+)$/.exec(value) ?? [];
      const [binary, candidate, version] = words;
      if (binary === undefined || candidate === undefined || version === undefined) {
        const hint = 'write a package, its version, and the version of the image';
        table?.complain(`"${value}" does not say what was upgraded`, place, hint);
        return [];
      }
      return [{ package: binary, candidate, version }];
    });
    if (table !== undefined) {
      upgrades.set(name, { value: tried, place: table.keyPlace(name) });
    }
  }
  return upgrades;
}

/** The text of the file, sorted by name, so that merges meet only where they concern one image. */
export function rebuildsText(
  counts: ReadonlyMap<string, number>,
  upgrades: ReadonlyMap<string, readonly TriedUpgrade[]> = new Map(),
): string {
  const lines = [...counts]
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${JSON.stringify(name)} = ${count}\n`);
  const tried = [...upgrades]
    .filter(([, each]) => each.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${JSON.stringify(name)} = [\n${each.map(triedLine).join('')}]\n`);
  const more = tried.length === 0 ? '' : `\n${upgradesHeader}[upgrades]\n${tried.join('')}`;
  return `${header}[rebuilds]\n${lines.join('')}${more}`;
}

function triedLine({ package: name, candidate, version }: TriedUpgrade): string {
  return `  ${JSON.stringify(`${name} ${candidate} ${version}`)},\n`;
}

const header = `# How often images without a changelog were rebuilt. "generate-bake update" and "generate-bake refresh"
# raise the numbers: commit this file. Where a merge conflicts, keep the larger number of an image.
`;

const upgradesHeader = `# Which packages versions of these images were made for, by "generate-bake upgrade": none is tried twice.
`;
