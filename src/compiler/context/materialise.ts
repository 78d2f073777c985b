import { type Dirent, statSync } from 'node:fs';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { type Boundary, isOwnOrGits } from '#core/files/boundary.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { lookBehind } from '#core/files/lookAt.js';
import { ownName } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import type { PlannedContext, PlannedFile } from '../plan/plan.js';
import { contentDigest, type DigestedEntry, filesAmong, partsOf } from './digest.js';
import { type DockerIgnore, readDockerIgnore, type Verdict } from './dockerIgnore.js';
import { dockerPkgGlobs } from './globs.js';
import { type ContextListing, isMangled, type ListOptions, shownFile } from './listing.js';
import { judgeSymlink } from './symlink.js';

/** Where copies of contexts are, below the working directory; each is named by its digest. */
const copies = `${ownName}/contexts`;

/**
 * A copy of a context with symlinks, as a value: `emit` makes it. All links are followed as
 * docker-pkg does, files and whole directories, but only inside the boundary. Ignore rules:
 * docker-pkg's reading of `.dockerignore` first, then Docker's. Modes are kept. Errors: links that
 * lead nowhere, to themselves or out of the boundary; what cannot be read.
 */
export function materialise(
  listing: ContextListing,
  { boundary, list = listDirectory }: ListOptions,
): Outcome<PlannedContext> {
  const copy = new Copy(listing, boundary, list);
  copy.visit({ source: listing.directory, prefix: '', isFollowed: false, above: [] });
  const entries = copy.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const digest = contentDigest(entries, listing.shown, 'content', boundary);
  // Named by more than is in the digest: what differs in anything must not share a place.
  const name = contentDigest(entries, listing.shown, 'all').value;
  const path = `${copies}/${name.slice(name.indexOf(':') + 1)}`;
  const files = entries.map((entry) => plannedFile(entry, `${path}/${entry.path}`));
  const { mode } = statSync(listing.directory);
  return {
    value: {
      path,
      digest: digest.value,
      ...(copy.followsInside || !isLeft(listing) ? { recipe: 2 } : {}),
      files: [{ kind: 'directory', path, mode: mode & 0o7777 }, ...files],
      sources: () => filesAmong(entries),
      parts: () => partsOf(entries, listing.shown, boundary),
    },
    diagnostics: [...copy.diagnostics, ...digest.diagnostics],
  };
}

/** Whether a link leads out: the first recipe of the digest was of a copy only then. */
function isLeft({ directory, entries }: ContextListing): boolean {
  return entries.some(
    ({ kind, path }) =>
      kind === 'symlink' && judgeSymlink(directory, `${directory}/${path}`).kind === 'outside',
  );
}

/** Links are followed, so that a copy has none. */
type CopiedEntry = Exclude<DigestedEntry, { kind: 'symlink' }> & { readonly mode: number };

function plannedFile(entry: CopiedEntry, path: string): PlannedFile {
  switch (entry.kind) {
    case 'file':
      return { kind: 'copy', path, source: entry.source, mode: entry.mode };
    case 'directory':
      return { kind: 'directory', path, mode: entry.mode };
  }
}

/** A directory on its way into the copy. */
interface Visit {
  /** Absolute. */
  readonly source: string;
  /** What its entries begin with in the context: empty, or with a `/` at its end. */
  readonly prefix: string;
  readonly verdict?: Verdict;
  /** Whether a link was followed on the way: then links are followed from here on. */
  readonly isFollowed: boolean;
  /** The real paths of the directories that links on the way led to. */
  readonly above: readonly string[];
}

type Judged = Visit & { readonly verdict: Verdict };

class Copy {
  readonly entries: CopiedEntry[] = [];
  readonly diagnostics: Diagnostic[] = [];
  /** Whether a link is followed that the first recipe of the digest took for a link. */
  followsInside = false;
  readonly #listing: ContextListing;
  readonly #boundary: Boundary;
  readonly #list: ListDirectory;
  readonly #globs: (path: string) => boolean;
  readonly #ignore: DockerIgnore;

  constructor(listing: ContextListing, boundary: Boundary, list: ListDirectory) {
    this.#listing = listing;
    this.#boundary = boundary;
    this.#list = list;
    const text = listing.rules ?? '';
    this.#globs = dockerPkgGlobs(text);
    // Its errors were reported when the context was listed.
    this.#ignore = readDockerIgnore(text, '').value;
  }

  visit(visit: Visit): void {
    let entries: readonly Dirent[] = [];
    try {
      entries = this.#list(visit.source);
    } catch (cause) {
      this.#report(
        visit.prefix.slice(0, -1),
        'context-unreadable',
        `the directory ${whyNot(cause)}`,
      );
    }
    for (const entry of entries) {
      const path = visit.prefix + entry.name;
      const isNever = visit.isFollowed ? isOwnOrGits(entry.name) : entry.name === ownName;
      if (isNever || this.#globs(path)) {
        continue;
      }
      const verdict = this.#ignore.judge(path, visit.verdict);
      this.#add({ ...visit, verdict }, entry, `${visit.source}/${entry.name}`, path);
    }
  }

  #add(visit: Judged, entry: Dirent, source: string, path: string): void {
    const { isIgnored } = visit.verdict;
    if (isMangled(entry.name, source)) {
      if (!isIgnored) {
        this.#report(path, 'context-name', 'the name of the file is not UTF-8');
      }
    } else if (entry.isSymbolicLink()) {
      this.#addSymlink(visit, source, path);
    } else if (entry.isDirectory()) {
      this.#addDirectory(visit, source, path);
    } else if (isIgnored) {
      return;
    } else if (!entry.isFile()) {
      this.#report(path, 'special-file', 'not a file, directory or symlink');
    } else {
      const why = visit.isFollowed ? this.#boundary.whyNot(source) : undefined;
      if (why === undefined) {
        this.#addFile(source, path);
      } else {
        this.#report(path, 'symlink-refused', `a symlink on the way ${why}`);
      }
    }
  }

  #addFile(source: string, path: string): void {
    const mode = lookBehind(source)?.mode ?? 0o644;
    this.entries.push({ kind: 'file', path, source, mode: mode & 0o7777 });
  }

  #addDirectory(visit: Judged, source: string, path: string): void {
    const { isIgnored } = visit.verdict;
    if (isIgnored && !this.#ignore.hasExceptions) {
      return;
    }
    const before = this.entries.length;
    this.visit({ ...visit, source, prefix: `${path}/` });
    // An ignored directory is there for what was taken back in it.
    if (isIgnored && this.entries.length === before) {
      return;
    }
    const mode = lookBehind(source)?.mode ?? 0o755;
    this.entries.push({ kind: 'directory', path, mode: mode & 0o7777 });
  }

  #addSymlink(visit: Judged, source: string, path: string): void {
    const { isIgnored } = visit.verdict;
    if (isIgnored && !this.#ignore.hasExceptions) {
      return;
    }
    const judged = judgeSymlink(this.#listing.directory, source);
    if (judged.kind === 'problem') {
      if (!isIgnored) {
        this.#report(path, judged.code, `the symlink ${judged.why}`, 'fix or remove the link');
      }
      return;
    }
    const { real, isDirectory } = judged;
    const why = isDirectory ? this.#boundary.whyNotDirectory(real) : this.#boundary.whyNot(real);
    if (why !== undefined) {
      if (!isIgnored) {
        this.#report(
          path,
          'symlink-refused',
          `the symlink ${why}`,
          'replace the link by a file of the repository',
        );
      }
      return;
    }
    const before = this.entries.length;
    if (!isDirectory) {
      if (!isIgnored) {
        this.#addFile(real, path);
      }
    } else if (visit.above.includes(real)) {
      const why = `the symlink points to ${judged.target}, a directory that this path already follows`;
      this.#report(path, 'symlink-loop', why);
    } else {
      this.#addDirectory({ ...visit, isFollowed: true, above: [...visit.above, real] }, real, path);
    }
    const isNew = judged.kind === 'inside' && !visit.isFollowed;
    this.followsInside ||= isNew && this.entries.length > before;
  }

  #report(path: string, code: DiagnosticCode, message: string, cure = 'fix or remove it'): void {
    const place = { file: shownFile(this.#listing.shown, path) };
    const hint = `${cure}, or list it in .dockerignore`;
    this.diagnostics.push(error(code, message, { place, hint }));
  }
}
