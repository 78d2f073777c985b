import type { InstalledPackage } from '#formats/debian/installed.js';
import { compareVersions } from '#formats/debian/version.js';
import type { ImageEntry } from './fileTree.js';

/** What happened to a package from one image to another. */
export interface PackageChange {
  readonly change: 'added' | 'removed' | 'upgraded' | 'downgraded';
  readonly name: string;
  /** Of the second image, or of the first where it is removed. */
  readonly architecture: string;
  /** Absent: it is added. */
  readonly from?: string;
  /** Absent: it is removed. */
  readonly to?: string;
}

/** What an image has of packages, to be compared with another. */
export interface PackageSet {
  /** By `name:architecture`. */
  readonly packages: ReadonlyMap<string, InstalledPackage>;
  /** Databases that are there and not read. */
  readonly unread: readonly UnreadDatabase[];
}

export type UnreadDatabase = 'apk' | 'rpm';

/** Where databases of other kinds are. */
export const unreadDatabases: ReadonlyMap<string, UnreadDatabase> = new Map([
  ['lib/apk/db/installed', 'apk'],
  ['usr/lib/apk/db/installed', 'apk'],
  ['var/lib/rpm/rpmdb.sqlite', 'rpm'],
  ['var/lib/rpm/Packages', 'rpm'],
  ['var/lib/rpm/Packages.db', 'rpm'],
  ['usr/lib/sysimage/rpm/rpmdb.sqlite', 'rpm'],
  ['usr/lib/sysimage/rpm/Packages.db', 'rpm'],
]);

export function packageSetOf(files: ReadonlyMap<string, ImageEntry>): PackageSet {
  const packages = new Map<string, InstalledPackage>();
  const unread = new Set<UnreadDatabase>();
  for (const [path, entry] of files) {
    const database = unreadDatabases.get(path);
    if (database !== undefined) {
      unread.add(database);
    }
    for (const each of (entry.type === 'file' && entry.packages) || []) {
      packages.set(`${each.name}:${each.architecture}`, each);
    }
  }
  return { packages, unread: [...unread] };
}

/** Every package that differs, by name; versions are compared as dpkg does. */
export function packageChanges(from: PackageSet, to: PackageSet): PackageChange[] {
  const changes: PackageChange[] = [];
  const left = byName(from);
  const right = byName(to);
  const natives = [nativeOf(from), nativeOf(to)] as const;
  for (const name of [...new Set([...left.keys(), ...right.keys()])].sort()) {
    changes.push(...changesOf(left.get(name) ?? [], right.get(name) ?? [], natives));
  }
  return changes;
}

/** The architecture that most packages of an image have; empty where it has none. */
function nativeOf({ packages }: PackageSet): string {
  const counts = new Map<string, number>();
  for (const { architecture } of packages.values()) {
    if (architecture !== 'all') {
      counts.set(architecture, (counts.get(architecture) ?? 0) + 1);
    }
  }
  const [most] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return most?.[0] ?? '';
}

function byName({ packages }: PackageSet): Map<string, InstalledPackage[]> {
  const groups = new Map<string, InstalledPackage[]>();
  for (const each of packages.values()) {
    const group = groups.get(each.name);
    if (group === undefined) {
      groups.set(each.name, [each]);
    } else {
      group.push(each);
    }
  }
  return groups;
}

/** The packages of one name: several where they are of several architectures. */
function changesOf(
  left: readonly InstalledPackage[],
  right: readonly InstalledPackage[],
  [had, has]: readonly [string, string],
): PackageChange[] {
  const [before, ...furtherLeft] = left;
  const [after, ...furtherRight] = right;
  // One that becomes `Architecture: all` is the same package, and so is that of an image for another platform.
  const isOwn = (architecture: string, native: string) =>
    architecture === 'all' || architecture === native;
  const isOne = before && after && furtherLeft.length === 0 && furtherRight.length === 0;
  if (isOne && isOwn(before.architecture, had) && isOwn(after.architecture, has)) {
    return changeOf(before, after);
  }
  const architectures = new Set([...left, ...right].map(({ architecture }) => architecture));
  return [...architectures].sort().flatMap((architecture) => {
    const of = (all: readonly InstalledPackage[]) =>
      all.find((each) => each.architecture === architecture);
    return changeOf(of(left), of(right));
  });
}

function changeOf(
  before: InstalledPackage | undefined,
  after: InstalledPackage | undefined,
): PackageChange[] {
  const { name, architecture } = after ?? before ?? { name: '', architecture: '' };
  if (before === undefined || after === undefined) {
    return after === undefined
      ? before === undefined
        ? []
        : [{ change: 'removed', name, architecture, from: before.version }]
      : [{ change: 'added', name, architecture, to: after.version }];
  }
  const order = compareVersions(before.version, after.version);
  if (before.version === after.version) {
    return [];
  }
  const change = order > 0 ? 'downgraded' : 'upgraded';
  return [{ change, name, architecture, from: before.version, to: after.version }];
}
