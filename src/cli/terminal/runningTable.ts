import { groupBy } from '#core/data/groups.js';
import { printable } from '#core/text/printable.js';
import { some } from '#core/text/some.js';
import type { RunningRow } from '#fleet/running/document.js';
import { workloadsOf } from '#fleet/running/images.js';
import { verdicts } from '#fleet/running/judge.js';
import type { OutdatedPackages } from '#fleet/running/outdated.js';
import type { RunningColumn } from '../columns.js';
import { shownNames } from './shownNames.js';
import { type Column, table } from './table.js';
import { whereText, workloadText } from './workloadText.js';

const known: Readonly<Record<RunningColumn, Column>> = {
  verdict: { head: 'VERDICT' },
  image: { head: 'IMAGE', wraps: true },
  version: { head: 'VERSION', leaves: 4 },
  behind: { head: 'BEHIND', leaves: 3 },
  packages: { head: 'PACKAGES', leaves: 2 },
  owner: { head: 'OWNER', least: 12, leaves: 1 },
  where: { head: 'RUNS IN', least: 20, leaves: 5 },
  why: { head: 'WHY', least: 24 },
  policy: { head: 'POLICY', least: 24 },
};

export interface RunningTable {
  /** The worst first. */
  readonly rows: readonly RunningRow[];
  /** Each workload has a row of its own. */
  readonly isWhole: boolean;
  /** The cluster is said of each workload. */
  readonly hasClusters: boolean;
  /** All images of the trees. */
  readonly references: readonly string[];
  readonly columns: readonly RunningColumn[];
}

/** Empty where nothing runs. */
export function runningTable(
  { rows, isWhole, hasClusters, references, columns }: RunningTable,
  width: number | undefined,
): string {
  const { short, heading } = shownNames(references, width);
  const cells = rows.flatMap((row) => {
    const workloads = workloadsOf(row.image);
    const lines = isWhole
      ? workloads.map((workload) => workloadText(workload, hasClusters))
      : [whereText(workloads, hasClusters)];
    return lines.map((where) => {
      const all = cellsOf(row, where, short);
      return columns.map((column) => all[column]);
    });
  });
  const shown = columns.map((column) => known[column]);
  return cells.length === 0 ? '' : heading + table(shown, cells, width);
}

function cellsOf(
  { image, verdict, owner, packages, breaches = [] }: RunningRow,
  where: string,
  short: (text: string) => string,
): Readonly<Record<RunningColumn, string>> {
  const { kind, reason, version, behind } = verdict;
  const tagged = image.running !== undefined && image.tag === undefined;
  const name = tagged ? `${image.shown}@${image.running?.digest.slice(0, 19)}` : image.shown;
  return {
    verdict: kind,
    image: short(name),
    version: version ?? '-',
    behind: behind === undefined ? '-' : `${behind.versions ?? 'yes'}`,
    packages: packagesText(packages),
    owner: owner ?? '-',
    where,
    why: reason === undefined ? '-' : short(reason),
    policy: breaches.length === 0 ? '-' : breaches.map((one) => one.reason).join('; '),
  };
}

function packagesText(packages: OutdatedPackages | undefined): string {
  if (packages === undefined) {
    return '-';
  }
  if (packages.kind === 'unknown') {
    return 'unknown';
  }
  const { outdated, security } = packages;
  return security === 0 ? `${outdated}` : `${outdated} (${security} security)`;
}

/** What there is to say beside the table, a line each. */
export function runningLines(rows: readonly RunningRow[], hasPackages: boolean): string[] {
  const workloads = new Set(
    rows.flatMap(({ image }) =>
      workloadsOf(image)
        .filter(({ name }) => name !== '')
        .map(({ cluster, namespace, kind, name }) =>
          JSON.stringify([cluster, namespace, kind, name]),
        ),
    ),
  ).size;
  const where = workloads === 0 ? '' : ` in ${count(workloads, 'workload')}`;
  const counts = verdicts.flatMap((kind) => {
    const number = rows.filter(({ verdict }) => verdict.kind === kind).length;
    return number === 0 ? [] : [`${number} ${kind}`];
  });
  const summary =
    rows.length === 0
      ? 'no image runs'
      : `${count(rows.length, 'image')}${where}: ${counts.join(', ')}`;
  return [...(hasPackages ? packageLines(rows) : []), ...aliasLines(rows), summary].map(printable);
}

/** As many are named. */
const mostNames = 3;

/** Why packages are not known, each reason once. */
function packageLines(rows: readonly RunningRow[]): string[] {
  const unknown = rows.filter(({ packages }) => packages?.kind === 'unknown');
  const reasons = groupBy(unknown, ({ packages }) =>
    packages?.kind === 'unknown' ? packages.reason : '',
  );
  return [...reasons].map(
    ([reason, images]) =>
      `packages unknown: ${some(
        images.map(({ image }) => image.shown),
        mostNames,
      )}: ${reason}`,
  );
}

function aliasLines(rows: readonly RunningRow[]): string[] {
  const hosts = new Set(
    rows.flatMap(({ image: { about } }) =>
      about.kind === 'foreign' && about.resembles !== undefined ? [about.host] : [],
    ),
  );
  return hosts.size === 0
    ? []
    : [
        `images of these names are in another registry: ${some([...hosts].sort(), mostNames)}; if it is the same one, write registry_aliases into the workspace file`,
      ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
