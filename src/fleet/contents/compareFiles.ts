import type { FileTree, ImageEntry } from './fileTree.js';

/** A path that is not the same in two images. */
export interface FileChange {
  /** From the root, without a first `/`. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Absent: it is added. */
  readonly from?: ImageEntry;
  /** Absent: it is removed. */
  readonly to?: ImageEntry;
  readonly because: FileReason;
  /** The package, where that is the reason. */
  readonly package?: string;
}

/** Why a file differs, as far as the images say. */
type FileReason =
  /** It is of a package that is added, removed or of another version. */
  | 'package'
  /** It is what package managers write about themselves, a cache or a log: each build makes it anew. */
  | 'state'
  | 'other';

/** Of both images, the files of packages that differ. */
export type Owners = ReadonlyMap<string, string>;

/** All paths that differ, sorted; times do not count, since they differ in every build. */
export function fileChanges(
  from: ReadonlyMap<string, ImageEntry>,
  to: ReadonlyMap<string, ImageEntry>,
  owners: Owners,
): FileChange[] {
  const changes: FileChange[] = [];
  for (const path of new Set([...from.keys(), ...to.keys()])) {
    const before = from.get(path);
    const after = to.get(path);
    if (before !== undefined && after !== undefined && isSame(before, after)) {
      continue;
    }
    const isBoth = before !== undefined && after !== undefined;
    const owner = ownerOf(path, before, after, owners);
    changes.push({
      path,
      change: isBoth ? 'changed' : before === undefined ? 'added' : 'removed',
      ...(before === undefined ? {} : { from: before }),
      ...(after === undefined ? {} : { to: after }),
      because: owner !== undefined ? 'package' : isState(path, after, owners) ? 'state' : 'other',
      ...(owner === undefined ? {} : { package: owner }),
    });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** The files of packages of these names in an image, by where they really are. */
export function ownersIn(
  tree: FileTree,
  files: ReadonlyMap<string, ImageEntry>,
  packages: ReadonlySet<string>,
): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [path, entry] of files) {
    const match = listName.exec(path);
    const name = match?.[1] ?? match?.[2];
    if (entry.type !== 'file' || name === undefined || !packages.has(name)) {
      continue;
    }
    for (const owned of entry.owns ?? []) {
      // Lists have /lib/x where /lib is a link to /usr/lib.
      owners.set(tree.at(owned).path, name);
    }
  }
  return owners;
}

/** `libc6:amd64.list`; the sums of a package in a distroless image. */
const listName =
  /^var\/lib\/dpkg\/(?:info\/([^/:]+)(?::[^/]+)?\.list|status\.d\/([^/]+)\.md5sums)$/;

function isSame(a: ImageEntry, b: ImageEntry): boolean {
  if (a.type === 'symlink' && b.type === 'symlink') {
    return a.target === b.target && a.uid === b.uid && a.gid === b.gid;
  }
  return (
    a.type === b.type &&
    hasSameAccess(a, b) &&
    contentOf(a) === contentOf(b) &&
    ('target' in a ? a.target : '') === ('target' in b ? b.target : '')
  );
}

function contentOf(entry: ImageEntry): string {
  return entry.type === 'file' ? entry.content : '';
}

/**
 * The package whose other version explains a difference: what is in a file, and that a path comes or goes.
 * No upgrade explains another mode or owner; of directories, which are in the lists of many packages, nothing else.
 */
function ownerOf(
  path: string,
  before: ImageEntry | undefined,
  after: ImageEntry | undefined,
  owners: Owners,
): string | undefined {
  const isSameType = before !== undefined && after?.type === before.type;
  return isSameType && !hasSameAccess(before, after) ? undefined : owners.get(path);
}

function hasSameAccess(a: ImageEntry, b: ImageEntry): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.attributes === b.attributes;
}

/** What dpkg, apt and their triggers write, caches, and logs. */
const states =
  /^(?:var\/lib\/(?:dpkg|apt|ucf)|var\/cache|var\/log)(?:\/|$)|^etc\/ld\.so\.cache$|^usr\/share\/info\/dir(?:\.old)?$|(?:^|\/)__pycache__(?:\/|$)/;

function isState(path: string, after: ImageEntry | undefined, owners: Owners): boolean {
  // A program that runs as its owner is no cache.
  if (after?.type === 'file' && (after.mode & 0o6000) !== 0) {
    return false;
  }
  // The certificates of /etc are written by the package's script, of those that it brings.
  const isCertificate =
    /^etc\/ssl\/certs\//.test(path) && owners.get('usr/sbin/update-ca-certificates') !== undefined;
  return states.test(path) || isCertificate;
}
