import { type Dirent, statSync } from 'node:fs';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { whyNot } from '#core/files/paths.js';
import type { PlannedContext, PlannedFile } from '../plan/plan.js';
import { contentDigest, type DigestedEntry } from './digest.js';
import { type DockerIgnore, readDockerIgnore, type Verdict } from './dockerIgnore.js';
import { dockerPkgGlobs } from './globs.js';
import { type ContextListing, ownDirectory, shownFile } from './listing.js';
import { judgeSymlink } from './symlink.js';

/** Where copies of contexts are, below the working directory; each is named by its digest. */
const copies = `${ownDirectory}/contexts`;

/**
 * A copy of a context that symlinks lead out of, as a value: `emit` makes it. Such links are
 * followed as docker-pkg does, files and whole directories; links that stay inside stay links. Ignore
 * rules: docker-pkg's reading of `.dockerignore` first, then Docker's. Modes are kept.
 */
export function materialise(
  listing: ContextListing,
  list: ListDirectory = listDirectory,
): Outcome<PlannedContext> {
  const copy = new Copy(listing, list);
  copy.visit({ source: listing.directory, prefix: '', isFollowed: false, above: [] });
  const entries = copy.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const digest = contentDigest(entries, listing.shown, 'content');
  // Named by more than is in the digest: what differs in anything must not share a place.
  const name = contentDigest(entries, listing.shown, 'all').value;
  const path = `${copies}/${name.slice(name.indexOf(':') + 1)}`;
  const files = entries.map((entry) => plannedFile(entry, `${path}/${entry.path}`));
  const { mode } = statSync(listing.directory);
  return {
    value: {
      path,
      digest: digest.value,
      files: [{ kind: 'directory', path, mode: mode & 0o7777 }, ...files],
    },
    diagnostics: [...copy.diagnostics, ...digest.diagnostics],
  };
}

type CopiedEntry = DigestedEntry & { readonly mode: number };

function plannedFile(entry: CopiedEntry, path: string): PlannedFile {
  switch (entry.kind) {
    case 'file':
      return { kind: 'copy', path, source: entry.source, mode: entry.mode };
    case 'symlink':
      return { kind: 'symlink', path, target: entry.target };
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

class Copy {
  readonly entries: CopiedEntry[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #listing: ContextListing;
  readonly #list: ListDirectory;
  readonly #globs: (path: string) => boolean;
  readonly #ignore: DockerIgnore;

  constructor(listing: ContextListing, list: ListDirectory) {
    this.#listing = listing;
    this.#list = list;
    const text = listing.dockerIgnore ?? '';
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
        visit,
        visit.prefix.slice(0, -1),
        'unreadable',
        `the directory ${whyNot(cause)}`,
      );
    }
    for (const entry of entries) {
      const path = visit.prefix + entry.name;
      if (entry.name === ownDirectory || this.#globs(path)) {
        continue;
      }
      const verdict = this.#ignore.judge(path, visit.verdict);
      const source = `${visit.source}/${entry.name}`;
      if (entry.isSymbolicLink()) {
        this.#addSymlink({ ...visit, verdict }, source, path);
      } else if (entry.isDirectory()) {
        this.#addDirectory({ ...visit, verdict }, source, path);
      } else if (entry.isFile()) {
        this.#addFile(verdict, source, path);
      } else if (!verdict.isIgnored) {
        this.#report(visit, path, 'special-file', 'not a file, directory or symlink');
      }
    }
  }

  #addFile({ isIgnored }: Verdict, source: string, path: string): void {
    if (isIgnored) {
      return;
    }
    const mode = statSync(source, { throwIfNoEntry: false })?.mode ?? 0o644;
    this.entries.push({ kind: 'file', path, source, mode: mode & 0o7777 });
  }

  #addDirectory(visit: Visit & { readonly verdict: Verdict }, source: string, path: string): void {
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
    const mode = statSync(source, { throwIfNoEntry: false })?.mode ?? 0o755;
    this.entries.push({ kind: 'directory', path, mode: mode & 0o7777 });
  }

  #addSymlink(visit: Visit & { readonly verdict: Verdict }, source: string, path: string): void {
    const { isIgnored } = visit.verdict;
    if (isIgnored && !this.#ignore.hasExceptions) {
      return;
    }
    const judged = judgeSymlink(this.#listing.directory, source);
    if (judged.kind === 'problem') {
      if (!isIgnored) {
        this.#report(visit, path, judged.code, `the symlink ${judged.why}`);
      }
    } else if (judged.kind === 'inside' && !visit.isFollowed) {
      if (!isIgnored) {
        this.entries.push({ kind: 'symlink', path, target: judged.target, mode: 0 });
      }
    } else if (!judged.isDirectory) {
      this.#addFile(visit.verdict, judged.real, path);
    } else if (visit.above.includes(judged.real)) {
      const why = `the symlink points to ${judged.target}, a directory that this path already follows`;
      this.#report(visit, path, 'symlink-loop', why);
    } else {
      const above = [...visit.above, judged.real];
      this.#addDirectory({ ...visit, isFollowed: true, above }, judged.real, path);
    }
  }

  /** Outside followed links, the listing of the context has reported it already. */
  #report({ isFollowed }: Visit, path: string, code: DiagnosticCode, message: string): void {
    if (!isFollowed) {
      return;
    }
    const place = { file: shownFile(this.#listing.shown, path) };
    const hint = 'fix or remove it, or list it in .dockerignore';
    this.diagnostics.push(error(code, message, { place, hint }));
  }
}
