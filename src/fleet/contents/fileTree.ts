import type { LayerEntry, LayerListing } from '#adapters/layers/listing.js';

/** What an image has at a path: no hard links, which are files of their own. */
export type ImageEntry = Exclude<LayerEntry, { readonly type: 'link' }>;

/** A path of a stack of layers. */
interface Node {
  /** Absent: a directory that no layer says anything of, or nothing at all where it hides. */
  entry?: LayerEntry;
  /** Nothing that layers further down have here is to be seen. */
  hides: boolean;
  readonly children: Map<string, Node>;
}

/** Links in a path that are followed; Linux follows as many. */
const mostLinks = 40;
/** Directories in a path with its links followed. */
const deepest = 4096;

/** Thrown for layers that no engine could unpack, or that cannot be understood; the message is a sentence about the image. */
export class ImpossibleImage extends Error {}

/**
 * The files of a stack of layers, lowest first, as an engine unpacks them: whiteouts, opaque directories,
 * hard links, and directories that are reached through symbolic links. Of the upper layers alone it is what
 * they do to whatever is below.
 */
export class FileTree {
  readonly #root: Node = node();

  constructor(layers: readonly LayerListing[]) {
    for (const layer of layers) {
      this.#apply(layer);
    }
  }

  /** Every path with what is there, but for the root. */
  files(): ReadonlyMap<string, ImageEntry> {
    const found = new Map<string, ImageEntry>();
    collect(this.#root, '', found);
    return found;
  }

  /** What is at a path, its directories' links followed. */
  at(path: string): { readonly path: string; readonly entry: LayerEntry | undefined } {
    const { parents, name } = this.#locate(path, false);
    const at = [...parents.names, name].join('/');
    return { path: at, entry: parents.node?.children.get(name)?.entry };
  }

  /** What is at a path, a link there followed too; undefined where nothing is, or a link leads nowhere. */
  behind(path: string): { readonly path: string; readonly entry: LayerEntry } | undefined {
    let found = this.at(path);
    for (let links = 0; found.entry?.type === 'symlink'; links++) {
      if (links > mostLinks) {
        return undefined;
      }
      const { target } = found.entry;
      const beside = found.path.slice(0, found.path.lastIndexOf('/') + 1);
      found = this.at(target.startsWith('/') ? target.slice(1) : beside + target);
    }
    const { entry } = found;
    return entry === undefined ? undefined : { path: found.path, entry };
  }

  /** The names of what is in a directory, sorted; none where there is no such directory. */
  namesIn(directory: string): string[] {
    // Links are followed in all but the last part of a path.
    const { parents } = this.#locate(`${directory}/.`, false);
    const children = parents.node?.children ?? new Map<string, Node>();
    const names = [...children].filter(([, child]) => child.entry !== undefined);
    return names.map(([name]) => name).sort();
  }

  /**
   * Whether two stacks do so much alike to whatever is below that this makes no difference between the
   * images: the same paths, directories or not, hidden or not.
   */
  hidesAlike(other: FileTree): boolean {
    return alike(this.#root, other.#root);
  }

  /** A hard link to what is not there, by its path; of whole images alone no engine unpacks it. */
  danglingLink(): { readonly path: string; readonly target: string } | undefined {
    return dangling(this.#root, '');
  }

  #apply({ entries, removed, opaque }: LayerListing): void {
    // A link may have been made before its target was removed.
    const linked = new Map<string, LayerEntry>();
    for (const entry of removed.length + opaque.length === 0 ? [] : entries.values()) {
      const target = entry.type === 'link' ? this.at(entry.target).entry : undefined;
      if (entry.type === 'link' && target !== undefined) {
        linked.set(entry.target, target);
      }
    }
    for (const path of removed) {
      this.#put(path, { hides: true, children: new Map() });
    }
    for (const path of opaque) {
      const known = this.#nodeAt(path);
      if (known !== undefined) {
        known.children.clear();
        known.hides = true;
      }
    }
    for (const [path, entry] of entries) {
      this.#add(path, entry, linked);
    }
  }

  #add(path: string, entry: LayerEntry, before: ReadonlyMap<string, LayerEntry>): void {
    if (path === '') {
      this.#root.entry = entry;
      return;
    }
    if (entry.type === 'directory') {
      const known = this.#nodeAt(path);
      if (known !== undefined) {
        known.entry = entry;
      }
      return;
    }
    const linked =
      entry.type === 'link' ? (this.at(entry.target).entry ?? before.get(entry.target)) : entry;
    this.#put(path, { entry: linked ?? entry, hides: true, children: new Map() });
  }

  #put(path: string, put: Node): void {
    const { parents, name } = this.#locate(path, true);
    parents.node?.children.set(name, put);
  }

  /** The directory at a path, made where there is none; undefined for what has no name. */
  #nodeAt(path: string): Node | undefined {
    if (path === '') {
      return this.#root;
    }
    const { parents, name } = this.#locate(path, true);
    return parents.node && directoryIn(parents.node, name);
  }

  /** The directory of a path with links followed; its node is absent where it is not there. */
  #locate(
    path: string,
    make: boolean,
  ): {
    readonly parents: { readonly node: Node | undefined; readonly names: readonly string[] };
    readonly name: string;
  } {
    const rest = path.split('/').reverse();
    const name = rest.shift() ?? '';
    const names: string[] = [];
    const nodes: (Node | undefined)[] = [this.#root];
    let links = 0;
    for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
      if (part === '..') {
        if (names.length > 0) {
          names.pop();
          nodes.pop();
        }
        continue;
      }
      if (part === '' || part === '.') {
        continue;
      }
      const above = nodes.at(-1);
      const found = above?.children.get(part);
      if (found?.entry?.type === 'symlink') {
        const { target } = found.entry;
        if (++links > mostLinks) {
          throw new ImpossibleImage(
            `there is a loop of symbolic links on the way to ${path.replace(/\/\.$/, '')}`,
          );
        }
        if (target.startsWith('/')) {
          names.length = 0;
          nodes.length = 1;
        }
        rest.push(...target.split('/').reverse());
        continue;
      }
      names.push(part);
      nodes.push(make && above !== undefined ? directoryIn(above, part) : found);
      if (names.length > deepest) {
        throw new ImpossibleImage(`there are more than ${deepest} directories in each other`);
      }
    }
    return { parents: { node: nodes.at(-1), names }, name };
  }
}

function node(): Node {
  return { hides: false, children: new Map() };
}

/** The directory of this name in another, in the place of whatever else is there. */
function directoryIn(parent: Node, name: string): Node {
  const known = parent.children.get(name);
  if (known !== undefined && (known.entry === undefined || known.entry.type === 'directory')) {
    return known;
  }
  const made: Node = { hides: known !== undefined, children: new Map() };
  parent.children.set(name, made);
  return made;
}

function collect(at: Node, path: string, found: Map<string, ImageEntry>): void {
  if (at.entry !== undefined && at.entry.type !== 'link' && path !== '') {
    found.set(path, at.entry);
  }
  for (const [name, child] of at.children) {
    collect(child, path === '' ? name : `${path}/${name}`, found);
  }
}

function dangling(
  at: Node,
  path: string,
): { readonly path: string; readonly target: string } | undefined {
  if (at.entry?.type === 'link') {
    return { path, target: at.entry.target };
  }
  for (const [name, child] of at.children) {
    const found = dangling(child, `${path}/${name}`);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function alike(a: Node, b: Node): boolean {
  if (a.hides !== b.hides || kindOf(a) !== kindOf(b) || a.children.size !== b.children.size) {
    return false;
  }
  for (const [name, child] of a.children) {
    const other = b.children.get(name);
    if (other === undefined || !alike(child, other)) {
      return false;
    }
  }
  return true;
}

/** A hard link to a file that is further down is not known without it. */
function kindOf({ entry, hides }: Node): 'directory' | 'other' | 'nothing' | LayerEntry {
  if (entry?.type === 'link') {
    return entry;
  }
  if (entry === undefined) {
    return hides ? 'nothing' : 'directory';
  }
  return entry.type === 'directory' ? 'directory' : 'other';
}
