import type { FileEntry, LayerEntry, LayerListing } from './listing.js';

/**
 * Which files of a layer are kept as they are: what an inventory of packages is made of. Directories may be
 * links in other layers, so a path is known by its end.
 */
const keptPaths = new RegExp(
  `(?:^|/)(?:${[
    'os-release',
    'dpkg/(?:status|arch|status\\.d/[^/]+)',
    'apt/(?:sources\\.list|preferences|trusted\\.gpg|apt\\.conf)(?:\\.d/[^/]+)?',
    'apt/extended_states',
    'keyrings/[^/]+',
    '[^/]+\\.(?:gpg|asc|pgp)',
  ].join('|')})$`,
);

/** What an inventory only has to know to be there: databases of other kinds, and what dpkg did not finish. */
const seenPaths =
  /(?:^|\/)(?:apk\/db\/installed|rpmdb\.sqlite|Packages|Packages\.db|dpkg\/updates\/\d+)$/;

/** Directories of kept files: whatever else is there hides those of the layers below, or leads elsewhere. */
const directories =
  /(?:^|\/)(?:apt|dpkg|keyrings|dpkg\/updates|(?:sources\.list|preferences|trusted\.gpg|apt\.conf|status)\.d)$/;

/** Directories and links further down lead to nothing that an inventory is made of. */
const deepest = 4;

/** Whether the content of a file at this path is kept: `excerptOf` then has it. */
export function isKept(path: string): boolean {
  return keptPaths.test(path) && !path.endsWith('.md5sums');
}

/**
 * What of a layer an inventory of packages is made of, as a layer of a hundredth of its size: the kept files
 * with their content, and whatever may lead to them, hide them or remove them.
 */
export function excerptOf(layer: LayerListing): LayerListing {
  const entries = new Map<string, LayerEntry>();
  for (const [path, entry] of layer.entries) {
    if (isOfExcerpt(path, entry)) {
      entries.set(path, entry.type === 'file' ? withoutLists(entry) : entry);
    }
  }
  return { ...layer, entries };
}

function isOfExcerpt(path: string, entry: LayerEntry): boolean {
  if (isKept(path) || seenPaths.test(path)) {
    return true;
  }
  const depth = path.split('/').length;
  switch (entry.type) {
    case 'directory':
      return depth < deepest;
    case 'symlink':
      return depth <= deepest || directories.test(path);
    default:
      // A file may be where another layer has a directory.
      return depth <= 2 || directories.test(path);
  }
}

function withoutLists({ packages: _, owns: __, ...entry }: FileEntry): FileEntry {
  return entry;
}
