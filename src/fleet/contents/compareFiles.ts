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
      because: owner !== undefined ? 'package' : isState(path, owners) ? 'state' : 'other',
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
  if (a.type !== b.type || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) {
    return false;
  }
  return (
    a.attributes === b.attributes &&
    contentOf(a) === contentOf(b) &&
    ('target' in a ? a.target : '') === ('target' in b ? b.target : '')
  );
}

function contentOf(entry: ImageEntry): string {
  return entry.type === 'file' ? entry.content : '';
}

/**
 * A directory is in the lists of many packages, so only one that comes or goes with them is theirs: that one
 * gets another owner or mode no upgrade explains.
 */
function ownerOf(
  path: string,
  before: ImageEntry | undefined,
  after: ImageEntry | undefined,
  owners: Owners,
): string | undefined {
  const isDirectory = before?.type === 'directory' && after?.type === 'directory';
  return isDirectory ? undefined : owners.get(path);
}

/** What dpkg, apt and their triggers write, caches, and logs. */
const states =
  /^(?:var\/lib\/(?:dpkg|apt|ucf)|var\/cache|var\/log)(?:\/|$)|^etc\/ld\.so\.cache$|^usr\/share\/info\/dir(?:\.old)?$|(?:^|\/)__pycache__(?:\/|$)/;

function isState(path: string, owners: Owners): boolean {
  // The certificates of /etc are written by the package's script, of those that it brings.
  const isCertificate =
    /^etc\/ssl\/certs\//.test(path) && owners.get('usr/sbin/update-ca-certificates') !== undefined;
  return states.test(path) || isCertificate;
}
