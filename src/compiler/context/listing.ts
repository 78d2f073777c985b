// biome-ignore lint/style/noRestrictedImports: reads .dockerignore, which is in the context itself.
import { type Dirent, readFileSync } from 'node:fs';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { whyNot } from '#core/files/paths.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import { type DockerIgnore, readDockerIgnore, type Verdict } from './dockerIgnore.js';
import { judgeSymlink } from './symlink.js';

/** A build context on disk, after Docker's ignore rules. */
export interface ContextListing {
  /** Absolute. */
  readonly directory: string;
  /** As a person would write it from the working directory. */
  readonly shown: string;
  /** Sorted by path. */
  readonly entries: readonly ContextEntry[];
  /** The text of its `.dockerignore`, where it has one. */
  readonly dockerIgnore?: string;
  /** Whether a symlink leads out of it, so that BuildKit cannot use it in place. */
  readonly isLeft: boolean;
}

type ContextEntry =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 'symlink';
      readonly path: string;
      readonly target: string;
      /** Absolute, without links. */
      readonly real: string;
      readonly leaves: boolean;
      readonly isDirectory: boolean;
    };

/** Our own, below the working directory: never part of a context. */
export const ownDirectory = '.generate-bake';

/**
 * Lists a context. Symlinks are judged, not followed. Errors: what cannot be read, broken symlinks,
 * loops of them, sockets and the like, patterns of `.dockerignore` that cannot be read.
 */
export function listContext(
  directory: string,
  shown: string,
  list: ListDirectory = listDirectory,
): Outcome<ContextListing> {
  const walk = new Walk(directory, shown, list);
  const top = walk.list('');
  const dockerIgnore = top.some((entry) => entry.name === '.dockerignore' && !entry.isDirectory())
    ? walk.readIgnoreFile()
    : undefined;
  walk.visit('', top, undefined);
  const entries = walk.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    value: {
      directory,
      shown,
      entries,
      isLeft: walk.isLeft,
      ...(dockerIgnore !== undefined && { dockerIgnore }),
    },
    diagnostics: walk.diagnostics,
  };
}

class Walk {
  readonly entries: ContextEntry[] = [];
  readonly diagnostics: Diagnostic[] = [];
  isLeft = false;
  readonly #directory: string;
  readonly #shown: string;
  readonly #list: ListDirectory;
  #ignore: DockerIgnore | undefined;

  constructor(directory: string, shown: string, list: ListDirectory) {
    this.#directory = directory;
    this.#shown = shown;
    this.#list = list;
  }

  list(path: string): readonly Dirent[] {
    try {
      return this.#list(path === '' ? this.#directory : `${this.#directory}/${path}`);
    } catch (cause) {
      this.#report(
        'context-unreadable',
        path,
        `the directory ${whyNot(cause)}`,
        'make it readable',
      );
      return [];
    }
  }

  readIgnoreFile(): string | undefined {
    const file = shownFile(this.#shown, '.dockerignore');
    try {
      const bytes = readFileSync(`${this.#directory}/.dockerignore`);
      const text = decodeUtf8(file, bytes);
      const rules = readDockerIgnore(text.value, file);
      this.diagnostics.push(...text.diagnostics, ...rules.diagnostics);
      this.#ignore = rules.value;
      return text.value;
    } catch (cause) {
      this.#report('unreadable', '.dockerignore', `the file ${whyNot(cause)}`, 'make it readable');
      return undefined;
    }
  }

  visit(prefix: string, entries: readonly Dirent[], parent: Verdict | undefined): void {
    for (const entry of entries) {
      if (entry.name === ownDirectory) {
        continue;
      }
      const path = prefix + entry.name;
      const verdict = this.#ignore?.judge(path, parent);
      const isIgnored = verdict?.isIgnored === true;
      if (entry.isDirectory()) {
        if (!isIgnored) {
          this.entries.push({ kind: 'directory', path });
        }
        if (!isIgnored || this.#ignore?.hasExceptions === true) {
          this.visit(`${path}/`, this.list(path), verdict);
        }
      } else if (!isIgnored) {
        this.#add(entry, path);
      }
    }
  }

  #add(entry: Dirent, path: string): void {
    if (entry.isFile()) {
      this.entries.push({ kind: 'file', path });
    } else if (entry.isSymbolicLink()) {
      this.#addSymlink(path);
    } else {
      const hint = 'remove it, or list it in .dockerignore';
      this.#report('special-file', path, 'not a file, directory or symlink', hint);
    }
  }

  #addSymlink(path: string): void {
    const judged = judgeSymlink(this.#directory, `${this.#directory}/${path}`);
    if (judged.kind === 'problem') {
      const hint = 'fix or remove the link, or list it in .dockerignore';
      this.#report(judged.code, path, `the symlink ${judged.why}`, hint);
      return;
    }
    const { target, real, isDirectory } = judged;
    const leaves = judged.kind === 'outside';
    this.isLeft ||= leaves;
    this.entries.push({ kind: 'symlink', path, target, real, leaves, isDirectory });
  }

  #report(code: DiagnosticCode, path: string, message: string, hint: string): void {
    this.diagnostics.push(
      error(code, message, { place: { file: shownFile(this.#shown, path) }, hint }),
    );
  }
}

/** A file of a context as a person would open it. */
export function shownFile(shown: string, path: string): string {
  if (path === '') {
    return shown;
  }
  return shown === '.' ? path : `${shown}/${path}`;
}
