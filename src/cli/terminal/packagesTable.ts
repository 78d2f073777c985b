import { groupBy } from '#core/data/groups.js';
import { fileLine } from '#core/diagnostics/diagnostic.js';
import { printable } from '#core/text/printable.js';
import { some } from '#core/text/some.js';
import { type InventoryRow, isHeld, type PackagesDocument } from '#fleet/inventory/document.js';
import type { Inventory } from '#fleet/inventory/inventory.js';
import type { OtherSoftware } from '#fleet/inventory/otherSoftware.js';
import type { DatabasePackage } from '#formats/debian/installed.js';
import { shortNames } from './shortNames.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';
import { whereText } from './workloadText.js';

const packageColumns: readonly Column[] = [
  { head: 'PACKAGE', wraps: true },
  { head: 'VERSION' },
  { head: 'ARCH' },
  { head: 'SOURCE', least: 12, leaves: 1 },
];

const imageColumns: readonly Column[] = [
  { head: 'IMAGE', wraps: true },
  { head: 'DISTRIBUTION', least: 12, leaves: 2 },
  { head: 'PACKAGES' },
  { head: 'BESIDE', least: 16, leaves: 1 },
];

const containedColumns: readonly Column[] = [
  { head: 'IMAGE', wraps: true },
  { head: 'PACKAGE' },
  { head: 'VERSION' },
  { head: 'ARCH', leaves: 2 },
  { head: 'SOURCE', least: 12, leaves: 1 },
];

/** Where it runs. */
const runsColumn: Column = { head: 'RUNS IN', least: 20 };

/** So many names are said of many. */
const mostNames = 3;

/**
 * The packages of one image; of several, how many each has; or, where something was asked for, the packages by
 * which images have it.
 *
 * @param references of all images of the trees
 * @param contains what was asked for
 */
export function packagesTable(
  rows: readonly InventoryRow[],
  references: readonly string[],
  contains: string | undefined,
  width: number | undefined,
): string {
  const { short, heading } = shownNames(references, width);
  const asked = rows.filter(({ contained }) => contained !== undefined);
  if (contains !== undefined) {
    const hasClusters = hasSeveral(asked);
    const cells = asked.flatMap(({ shown, contained = [], workloads }) => {
      const where = workloads === undefined ? [] : [whereText(workloads, hasClusters)];
      return contained === 'none'
        ? []
        : contained.map((each) => [short(shown), ...packageCells(each), ...where]);
    });
    const isRunning = asked.some(({ workloads }) => workloads !== undefined);
    const columns = isRunning ? [...containedColumns, runsColumn] : containedColumns;
    return cells.length === 0 ? '' : heading + table(columns, cells, width);
  }
  const [only] = rows;
  if (rows.length === 1 && only?.found.kind === 'read') {
    const { packages } = only.found.inventory;
    return packages.length === 0 ? '' : table(packageColumns, packages.map(packageCells), width);
  }
  const cells = rows.map((row) => [short(row.shown), ...imageCells(row)]);
  return cells.length === 0 ? '' : heading + table(imageColumns, cells, width);
}

function hasSeveral(rows: readonly InventoryRow[]): boolean {
  const all = rows.flatMap(({ workloads = [] }) => workloads.map(({ cluster }) => cluster));
  return new Set(all).size > 1;
}

function packageCells(each: DatabasePackage): string[] {
  const { name, version, architecture, source, sourceVersion } = each;
  const from = sourceVersion === version ? source : `${source} (${sourceVersion})`;
  return [name, version + (isHeld(each) ? ' (held)' : ''), architecture || '-', from];
}

function imageCells({ found, otherSoftware }: InventoryRow): string[] {
  if (found.kind !== 'read') {
    return ['-', found.kind === 'absent' ? '-' : 'unknown', ''];
  }
  const { inventory } = found;
  const beside = [
    ...inventory.other.map((kind) => `${kind} packages, not read`),
    ...(otherSoftware.length === 0 ? [] : [`+ other software: ${toolsOf(otherSoftware)}`]),
    ...(inventory.unread.length === 0 ? [] : ['not all files read']),
  ];
  return [distributionOf(inventory), String(inventory.packages.length), beside.join('; ')];
}

function distributionOf({ distribution }: Inventory): string {
  const { id, versionId, codename } = distribution ?? {};
  return [id, versionId, codename].filter((part) => part !== undefined).join(' ') || '-';
}

function toolsOf(evidence: readonly OtherSoftware[]): string {
  return some([...new Set(evidence.map(({ tool }) => tool))], mostNames);
}

/**
 * What there is to say beside the table, a line each.
 *
 * @param contains what was asked for
 * @param looked where the engine was asked only if it is `current`
 */
export function packagesLines(
  rows: readonly InventoryRow[],
  references: readonly string[],
  contains: string | undefined,
  looked: PackagesDocument['looked'],
): string[] {
  const nameOf = shortNames(references);
  const names = (images: readonly InventoryRow[]) =>
    some(
      images.map(({ shown }) => nameOf(shown)),
      mostNames,
    );
  const [only] = rows;
  const absent = rows.filter(
    ({ found }) => found.kind === 'absent' && found.isEngine !== true && found.lacks === undefined,
  );
  return [
    ...(rows.length === 1 && only !== undefined && contains === undefined
      ? aboutImage(only, nameOf)
      : [summary(rows, contains)]),
    ...failureLines(rows, names),
    ...engineLines(rows, names),
    ...platformLines(rows, names),
    ...(absent.length === 0
      ? []
      : [
          `${looked === 'current' ? 'not there, neither published nor local' : 'not published'}: ${names(absent)}`,
        ]),
    ...otherLines(rows, names, contains),
  ].map(printable);
}

function aboutImage(
  { shown, found, otherSoftware }: InventoryRow,
  nameOf: (reference: string) => string,
): string[] {
  if (found.kind !== 'read') {
    return [];
  }
  const { image, inventory } = found;
  const { distribution, architecture, packages, other, unread } = inventory;
  const of = distribution?.name ?? distribution?.id ?? 'no distribution that it names';
  const where = image.origin === 'registry' ? 'published' : 'local';
  const [first] = otherSoftware;
  return [
    `${nameOf(shown)} (${where}, ${architecture}): ${of}, ${count(packages.length, 'Debian package')}`,
    ...(first === undefined ? [] : [`+ other software: ${evidenceText(otherSoftware, nameOf)}`]),
    ...other.map((kind) => `it has packages of ${kind}, which are not read`),
    ...unread,
  ];
}

function evidenceText(
  evidence: readonly OtherSoftware[],
  nameOf: (reference: string) => string,
): string {
  const texts = evidence.map(({ tool, place, from }) => {
    return `${tool} (${fileLine(place)}${from === undefined ? '' : `, of ${nameOf(from)}`})`;
  });
  return some(texts, mostNames);
}

function summary(rows: readonly InventoryRow[], contains: string | undefined): string {
  const read = rows.filter(({ found }) => found.kind === 'read');
  if (contains !== undefined) {
    const having = read.filter(({ contained }) => contained !== 'none');
    const verb = having.length === 1 ? 'contains' : 'contain';
    return `${having.length} of ${count(read.length, 'image')} ${verb} ${contains}`;
  }
  const all = read.flatMap(({ found }) => (found.kind === 'read' ? found.inventory.packages : []));
  const distinct = new Set(all.map((each) => `${each.name} ${each.version} ${each.architecture}`));
  return `${count(read.length, 'image')}, ${count(distinct.size, 'Debian package')} in different versions`;
}

type Names = (rows: readonly InventoryRow[]) => string;

function failureLines(rows: readonly InventoryRow[], names: Names): string[] {
  const failed = rows.filter(({ found }) => found.kind === 'failed');
  const reasons = groupBy(failed, ({ found }) => {
    const { reason = '', hint } = found.kind === 'failed' ? found.failure : {};
    return hint === undefined ? reason : `${reason}; ${hint}`;
  });
  return [...reasons].map(
    ([reason, images]) => `the packages of ${names(images)} are not known: ${reason}`,
  );
}

/** Images that could be local, where nobody can say. */
function engineLines(rows: readonly InventoryRow[], names: Names): string[] {
  const unasked = rows.filter(({ found }) => found.kind === 'absent' && found.isEngine === true);
  const reasons = groupBy(unasked, ({ found }) => (found.kind === 'absent' && found.reason) || '');
  return [...reasons].map(
    ([reason, images]) => `not published, and perhaps local: ${names(images)}: ${reason}`,
  );
}

/** Images that are published for other platforms. */
function platformLines(rows: readonly InventoryRow[], names: Names): string[] {
  const lacking = groupBy(rows, ({ found }) =>
    found.kind === 'absent' && found.lacks !== undefined
      ? JSON.stringify([found.lacks, found.hint ?? ''])
      : '',
  );
  return [...lacking].flatMap(([key, images]) => {
    if (key === '') {
      return [];
    }
    const [platform, hint] = JSON.parse(key) as [string, string];
    return [`published without an image for ${platform}: ${names(images)}: ${hint}`];
  });
}

/** Images of which the answer says less than it seems to. */
function otherLines(
  rows: readonly InventoryRow[],
  names: Names,
  contains: string | undefined,
): string[] {
  if (rows.length === 1 && contains === undefined) {
    return [];
  }
  const unread = rows.filter(
    ({ found }) => found.kind === 'read' && found.inventory.other.length > 0,
  );
  const beside = rows.filter(
    ({ found, otherSoftware }) => found.kind === 'read' && otherSoftware.length > 0,
  );
  const without = rows.filter(
    ({ found }) =>
      found.kind === 'read' && found.inventory.packages.length + found.inventory.other.length === 0,
  );
  return [
    ...(contains === undefined || without.length === 0
      ? []
      : [`${count(without.length, 'image')} without Debian packages: ${names(without)}`]),
    ...(unread.length === 0 ? [] : [`packages of apk or rpm are not read: ${names(unread)}`]),
    ...(beside.length === 0
      ? []
      : [
          `${count(beside.length, 'image')} with other software than Debian packages, which is not seen: ${names(beside)}`,
        ]),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
