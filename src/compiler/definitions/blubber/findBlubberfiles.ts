import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import type { ListDirectory } from '#core/files/directories.js';
import { lookBehind } from '#core/files/lookAt.js';
import { withoutSlash } from '#core/files/paths.js';
import { readGlob } from '#core/text/glob.js';
import { type PublishedVariant, readPipelines } from '#formats/pipelineLib/pipelines.js';
import type { BlubberKeys } from '../../workspace/blubberTree.js';
import type { Tree } from '../../workspace/tree.js';
import { Exclusion } from '../excluded.js';
import { readText } from '../readText.js';

/** A repository of services. */
export interface Checkout {
  /** Absolute, and as shown. */
  readonly directory: string;
  readonly shown: string;
  /** Relative to the tree's directory, `/`-separated; empty: that itself. */
  readonly path: string;
  readonly files: readonly FoundFile[];
  /** What its pipelines publish. */
  readonly published: readonly PublishedVariant[];
  /** What is wrong with its pipelines. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface FoundFile {
  /** Relative to the repository, `/`-separated. */
  readonly path: string;
  /** Where another file names it; absent: it was found. */
  readonly namedAt?: Place;
}

/** The Blubber file of a repository that says nothing else, and what says which variants are published. */
const usualFile = '.pipeline/blubber.yaml';
const pipelines = '.pipeline/config.yaml';

/** Never looked into by a glob. */
const notSearched = /^(?:node_modules|vendor)$/;

/**
 * The repositories of a tree that have Blubber files, by path. Symlinked directories are not entered by a glob. Errors
 * of the whole: a directory that is named and is not there, or has no Blubber file.
 */
export function findBlubberfiles(
  tree: Tree,
  keys: BlubberKeys,
  list: ListDirectory,
): Outcome<readonly Checkout[]> & { readonly exclusion: Exclusion } {
  const diagnostics: Diagnostic[] = [];
  const exclusion = new Exclusion(tree);
  const found = new Map<string, Checkout>();
  const written = keys.checkouts ?? [{ value: '.' }, { value: '*' }];
  for (const { value, ...named } of written) {
    const place = 'place' in named ? named.place : undefined;
    const isGlob = hasGlob(value);
    const paths = isGlob ? expand(tree.directory, value, list, 'directory') : [clean(value)];
    for (const path of paths) {
      const shown = withoutSlash(join(tree.shownDirectory, path));
      if (found.has(path) || (path !== '' && exclusion.leavesOut(path, shown))) {
        continue;
      }
      const checkout = lookInto(tree, { path, shown }, keys, list);
      if (checkout.files.length > 0 || checkout.diagnostics.length > 0) {
        found.set(path, checkout);
      } else if (!isGlob && place !== undefined) {
        diagnostics.push(nothingThere(value, checkout, keys, place));
      }
    }
  }
  const value = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { value, diagnostics, exclusion };
}

function nothingThere(
  written: string,
  { directory }: Checkout,
  { files }: BlubberKeys,
  place: Place,
): Diagnostic {
  const what = files === undefined ? usualFile : files.map(({ value }) => value).join(', ');
  const message =
    lookBehind(directory)?.isDirectory() === true
      ? `${written} has no Blubber file: ${what}`
      : `there is no directory ${written}`;
  const hint = 'paths of checkouts are relative to the directory of the tree; files names others';
  return error('directory', message, { place, hint });
}

function lookInto(
  tree: Tree,
  { path, shown }: { readonly path: string; readonly shown: string },
  { files }: BlubberKeys,
  list: ListDirectory,
): Checkout {
  const directory = join(tree.directory, path);
  const read = readPublished(tree, directory, shown);
  const found = new Map<string, FoundFile>();
  if (files !== undefined) {
    for (const { value, place } of files) {
      const isGlob = hasGlob(value);
      for (const file of isGlob ? expand(directory, value, list, 'file') : [clean(value)]) {
        if (lookBehind(join(directory, file))?.isFile() === true) {
          found.set(file, isGlob ? { path: file } : { path: file, namedAt: place });
        }
      }
    }
  } else if (read.value.length > 0) {
    for (const { blubberfile, variant } of read.value) {
      found.set(blubberfile, { path: blubberfile, namedAt: variant.place });
    }
  } else if (lookBehind(join(directory, usualFile))?.isFile() === true) {
    found.set(usualFile, { path: usualFile });
  }
  return {
    directory,
    shown,
    path,
    files: [...found.values()],
    published: read.value,
    diagnostics: read.diagnostics,
  };
}

/** What the pipelines of a repository publish, with the paths of their files relative to it. */
function readPublished(
  { boundary }: Tree,
  directory: string,
  shown: string,
): Outcome<readonly PublishedVariant[]> {
  const path = join(directory, pipelines);
  if (lookBehind(path) === undefined) {
    return { value: [], diagnostics: [] };
  }
  const file = join(shown, pipelines);
  const text = readText(path, file, { own: directory, boundary });
  if (text.value === undefined) {
    return { value: [], diagnostics: text.diagnostics };
  }
  const read = readPipelines(file, text.value);
  const value = read.value.map((each) => ({
    ...each,
    blubberfile: clean(join('.pipeline', each.blubberfile)),
  }));
  return { value, diagnostics: read.diagnostics };
}

function hasGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

function clean(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** The paths below a directory that a glob means; `*` is within one name, and takes no hidden one. */
function expand(
  directory: string,
  glob: string,
  list: ListDirectory,
  what: 'file' | 'directory',
): readonly string[] {
  let paths = [''];
  const names = clean(glob).split('/');
  for (const [at, name] of names.entries()) {
    const isLast = at === names.length - 1;
    const wanted = isLast ? what : 'directory';
    const pattern = hasGlob(name) ? readGlob(name) : undefined;
    paths = paths.flatMap((path) =>
      listed(join(directory, path), list)
        .filter(
          (entry) =>
            (pattern === undefined
              ? entry.name === name
              : pattern.test(entry.name) &&
                (name.startsWith('.') || !entry.name.startsWith('.')) &&
                !notSearched.test(entry.name)) && isA(wanted, entry),
        )
        .map((entry) => (path === '' ? entry.name : `${path}/${entry.name}`)),
    );
  }
  return paths.sort();
}

function isA(what: 'file' | 'directory', entry: Dirent): boolean {
  return what === 'directory' ? entry.isDirectory() : entry.isFile() || entry.isSymbolicLink();
}

/** What cannot be listed has nothing that a glob means. */
function listed(directory: string, list: ListDirectory): readonly Dirent[] {
  try {
    return list(directory);
  } catch {
    return [];
  }
}
