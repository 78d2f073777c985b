import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { searchedFiles } from './files.js';
import { type FoundReference, mostReferences, searchFile } from './find.js';
import type { VersionHistories } from './history.js';
import type { TreeNames } from './names.js';

/** What was found in folders and files. */
export interface SearchResult {
  /** In the order of the files, and of their texts. */
  readonly references: readonly FoundReference[];
  /** Values that say where images are: any of these may be used. */
  readonly namespaces: readonly FoundReference[];
  /** How many files were read as texts. */
  readonly files: number;
  /** References in comments, which do not count. */
  readonly commented: number;
  /** YAML files that are not valid, whose keys were read line by line: as a person would open them. */
  readonly byLines: readonly string[];
  /** Files that were not searched, with the reason as a clause that follows "it". */
  readonly skipped: readonly { readonly shown: string; readonly reason: string }[];
  /** Errors: what is not there or cannot be read. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface SearchOptions {
  /** Absolute. */
  readonly cwd: string;
  /** Hears how many files were searched, now and then. */
  readonly progress: (files: number) => void;
  readonly signal: AbortSignal;
}

/** How long the program does not hear of Ctrl-C, in milliseconds. */
const breath = 50;

/**
 * Searches folders and files, as written, for references to images of the trees. Ends early where `signal`
 * says so.
 */
export async function searchReferences(
  paths: readonly string[],
  names: TreeNames,
  histories: VersionHistories,
  { cwd, progress, signal }: SearchOptions,
): Promise<SearchResult> {
  const references: FoundReference[] = [];
  const namespaces: FoundReference[] = [];
  const byLines: string[] = [];
  const skipped: { shown: string; reason: string }[] = [];
  const diagnostics: Diagnostic[] = [];
  let files = 0;
  let commented = 0;
  let last = performance.now();
  const resolved = paths.map((written) => ({ written, path: resolve(cwd, written) }));
  for (const { value: file, diagnostics: problems } of searchedFiles(resolved, cwd)) {
    diagnostics.push(...problems);
    if (file === undefined) {
      continue;
    }
    const found = searchFile(file, names, histories);
    references.push(...found.references);
    namespaces.push(...found.namespaces);
    diagnostics.push(...found.diagnostics);
    commented += found.commented;
    if (found.isByLines === true) {
      byLines.push(file.shown);
    }
    if (found.skipped !== undefined) {
      skipped.push({ shown: file.shown, reason: found.skipped });
    } else if (found.diagnostics.length === 0) {
      files++;
    }
    if (references.length > mostReferences) {
      const message = `more than ${mostReferences} references`;
      const hint = 'name fewer files or folders';
      diagnostics.push(error('references-path', message, { place: { file: file.shown }, hint }));
      break;
    }
    if (performance.now() - last > breath) {
      progress(files);
      await setImmediate();
      last = performance.now();
      if (signal.aborted) {
        break;
      }
    }
  }
  return { references, namespaces, files, commented, byLines, skipped, diagnostics };
}
