import { type Dirent, lstatSync, readlinkSync } from 'node:fs';
import { relative } from 'node:path';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Boundary } from '#core/files/boundary.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { ownName } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import { readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import type { TakenPaths } from '#formats/dockerfile/takenPaths.js';
import type { IgnoreRules } from '../definitions/definition.js';
import { explainUnreadable } from '../definitions/readText.js';
import { type DockerIgnore, mostSteps, readDockerIgnore, type Verdict } from './dockerIgnore.js';

/** A build context on disk, after Docker's ignore rules. */
export interface ContextListing {
  /** Absolute. */
  readonly directory: string;
  /** As a person would write it from the working directory. */
  readonly shown: string;
  /** Sorted by path. */
  readonly entries: readonly ContextEntry[];
  /** The text of the ignore rules that apply, where there are some. */
  readonly rules?: string;
  /** Whether it has symlinks. */
  readonly hasLinks: boolean;
  /**
   * Whether BuildKit would send something else, left to itself: it does not find the rules, or they
   * do not leave out what is generate-bake's.
   */
  readonly needsRules: boolean;
}

type ContextEntry =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string }
  /** `target` as it is written in the link. */
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

/** How a context is looked at. */
export interface ListOptions {
  /** What its `.dockerignore` may lead to, and which files must not be in it. */
  readonly boundary: Boundary;
  readonly list?: ListDirectory;
  /** Rules from beside the Dockerfile: they come before those of `.dockerignore`. */
  readonly rules?: IgnoreRules;
  /** Whether git's own files are left out: of a context that is reached by `..`. */
  readonly withoutGit?: boolean;
  /** The working directory, absolute: our own directory is in it, now or soon. */
  readonly cwd?: string;
  /** Only what these paths take is looked at; absent: everything. */
  readonly taken?: TakenPaths;
}

/**
 * Lists a context as `docker build` sends it, links as links. Errors: what cannot be read, sockets
 * and the like, names that are not UTF-8, ignore rules that cannot be read.
 */
export function listContext(
  directory: string,
  shown: string,
  options: ListOptions,
): Outcome<ContextListing> {
  const walk = new Walk(directory, shown, options);
  const top = walk.list('');
  const rules = options.rules ?? walk.readRules(top, options.boundary);
  if (rules !== undefined) {
    walk.apply(rules);
  }
  walk.visit('', top, undefined);
  walk.endRules();
  const entries = walk.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    value: {
      directory,
      shown,
      entries,
      hasLinks: walk.hasLinks,
      needsRules:
        options.rules !== undefined ||
        walk.rulesAreLinked ||
        walk.holdsOwn ||
        walk.willHoldOwn(options.cwd),
      ...(rules !== undefined && { rules: rules.text }),
    },
    diagnostics: walk.diagnostics,
  };
}

class Walk {
  readonly entries: ContextEntry[] = [];
  readonly diagnostics: Diagnostic[] = [];
  hasLinks = false;
  holdsOwn = false;
  /** BuildKit follows links within the context only, and reads no rules then. */
  rulesAreLinked = false;
  readonly #directory: string;
  readonly #shown: string;
  readonly #list: ListDirectory;
  #ignore: DockerIgnore | undefined;
  #rulesShown = '';

  readonly #withoutGit: boolean;
  readonly #taken: TakenPaths | undefined;

  constructor(directory: string, shown: string, options: ListOptions) {
    this.#directory = directory;
    this.#shown = shown;
    this.#list = options.list ?? listDirectory;
    this.#withoutGit = options.withoutGit === true;
    this.#taken = options.taken;
  }

  list(path: string): readonly Dirent[] {
    try {
      return this.#list(path === '' ? this.#directory : `${this.#directory}/${path}`);
    } catch (cause) {
      this.#report(
        'context-unreadable',
        path,
        `the directory ${whyNot(cause)}`,
        'make it readable, or list it in .dockerignore',
      );
      return [];
    }
  }

  /** The rules of the context's own `.dockerignore`. */
  readRules(top: readonly Dirent[], boundary: Boundary): IgnoreRules | undefined {
    const entry = top.find(({ name }) => name === '.dockerignore');
    if (entry === undefined || entry.isDirectory()) {
      return undefined;
    }
    this.rulesAreLinked = entry.isSymbolicLink();
    const shown = shownFile(this.#shown, '.dockerignore');
    try {
      const door = { own: this.#directory, boundary };
      const text = decodeUtf8(shown, readInside(`${this.#directory}/.dockerignore`, door));
      this.diagnostics.push(...text.diagnostics);
      return { text: text.value, shown };
    } catch (cause) {
      const { problem, hint } = explainUnreadable(cause, false);
      this.#report('unreadable', '.dockerignore', `the file ${problem}`, hint);
      return undefined;
    }
  }

  apply({ text, shown }: IgnoreRules): void {
    const rules = readDockerIgnore(text, shown);
    this.diagnostics.push(...rules.diagnostics);
    this.#ignore = rules.value;
    this.#rulesShown = shown;
  }

  /** Reports rules that took too long to try. */
  endRules(): void {
    if (this.#ignore?.isExhausted !== true) {
      return;
    }
    this.diagnostics.push(
      error('dockerignore-pattern', `its patterns take more than ${mostSteps} steps to try`, {
        place: { file: this.#rulesShown },
        hint: 'use fewer patterns with several wildcards',
      }),
    );
  }

  /** Whether our own directory is in the context once it is made, and not left out. */
  willHoldOwn(cwd: string | undefined): boolean {
    if (cwd === undefined) {
      return false;
    }
    const way = relative(this.#directory, `${cwd}/${ownName}`);
    if (way === '..' || way.startsWith('../')) {
      return false;
    }
    let verdict: Verdict | undefined;
    let path = '';
    for (const part of way.split('/')) {
      path = path === '' ? part : `${path}/${part}`;
      verdict = this.#ignore?.judge(path, verdict);
    }
    return !this.#isLeftOut(verdict);
  }

  visit(prefix: string, entries: readonly Dirent[], parent: Verdict | undefined): void {
    for (const entry of entries) {
      const path = prefix + entry.name;
      if (this.#isNotTaken(entry, path)) {
        continue;
      }
      const verdict = this.#ignore?.judge(path, parent);
      if (this.#ignore?.isExhausted === true) {
        return;
      }
      if (entry.name === ownName || (this.#withoutGit && entry.name === '.git')) {
        this.holdsOwn ||= !this.#isLeftOut(verdict);
        continue;
      }
      const isIgnored = verdict?.isIgnored === true;
      if (!isIgnored && isMangled(entry.name, `${this.#directory}/${path}`)) {
        const hint = 'rename it, or list it in .dockerignore: BuildKit takes no other names';
        this.#report('context-name', path, 'the name of the file is not UTF-8', hint);
      } else if (entry.isDirectory()) {
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

  #isNotTaken(entry: Dirent, path: string): boolean {
    if (this.#taken === undefined) {
      return false;
    }
    if (entry.isDirectory()) {
      return !this.#taken.reachesInto(path);
    }
    return !this.#taken.takes(path);
  }

  #isLeftOut(verdict: Verdict | undefined): boolean {
    return verdict?.isIgnored === true && this.#ignore?.hasExceptions !== true;
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
    this.hasLinks = true;
    try {
      const target = readlinkSync(`${this.#directory}/${path}`);
      this.entries.push({ kind: 'symlink', path, target });
    } catch (cause) {
      this.#report('unreadable', path, `the symlink ${whyNot(cause)}`, 'make it readable');
    }
  }

  #report(code: DiagnosticCode, path: string, message: string, hint: string): void {
    this.diagnostics.push(
      error(code, message, { place: { file: shownFile(this.#shown, path) }, hint }),
    );
  }
}

/** Whether a symlink is what a source names, or on the way there: BuildKit follows it then. */
export function isLinkOfSource(taken: TakenPaths, path: string): boolean {
  return taken.isNamed(path) || (taken.reachesInto(path) && !taken.takes(path));
}

/** Whether a name has bytes that are not UTF-8, and so leads to no file as it was decoded. */
export function isMangled(name: string, path: string): boolean {
  return name.includes('\ufffd') && lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

/** A file of a context as a person would open it. */
export function shownFile(shown: string, path: string): string {
  if (path === '') {
    return shown;
  }
  return shown === '.' ? path : `${shown}/${path}`;
}
