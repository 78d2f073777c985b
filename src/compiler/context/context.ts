import type { Outcome } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import type { Digest } from '#core/reference/brands.js';
import type { PlannedContext } from '../plan/plan.js';
import { contentDigest, type DigestedEntry } from './digest.js';
import { type ContextListing, listContext } from './listing.js';
import { materialise } from './materialise.js';

/**
 * How bake is to see the build context at `directory` (absolute; `context` is the same relative to
 * the working directory, `/`-separated): in place, or as a copy where symlinks lead out of it.
 */
export function planContext(
  directory: string,
  context: string,
  list: ListDirectory = listDirectory,
): Outcome<PlannedContext> {
  const listing = listContext(directory, context, list);
  if (listing.value.isLeft) {
    const copy = materialise(listing.value, list);
    return { value: copy.value, diagnostics: [...listing.diagnostics, ...copy.diagnostics] };
  }
  const digest = contextDigest(listing.value, isOfDefinition);
  return {
    value: { path: context, digest: digest.value, files: [] },
    diagnostics: [...listing.diagnostics, ...digest.diagnostics],
  };
}

/** git's own files change with every commit and fetch; a context may be a whole repository. */
function isOfDefinition(path: string): boolean {
  return !/(?:^|\/)\.git(?:\/|$)/.test(path);
}

/**
 * The SHA-256 of names, contents and executable bits of a context's files after the ignore rules,
 * links as links. `regards` leaves files out (relative paths): what cannot be in the image.
 */
export function contextDigest(
  listing: ContextListing,
  regards: (path: string) => boolean = () => true,
): Outcome<Digest> {
  const entries: DigestedEntry[] = [];
  for (const entry of listing.entries) {
    const { kind, path } = entry;
    if (kind === 'directory' || !regards(path)) {
      continue;
    }
    if (entry.kind === 'symlink') {
      entries.push({ kind: 'symlink', path, target: entry.target });
    } else {
      entries.push({ kind: 'file', path, source: `${listing.directory}/${path}` });
    }
  }
  return contentDigest(entries, listing.shown, 'content');
}
