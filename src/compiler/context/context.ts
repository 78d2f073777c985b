import { posix } from 'node:path';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import type { Boundary } from '#core/files/boundary.js';
import { ownName } from '#core/files/ownDirectory.js';
import type { Digest } from '#core/reference/brands.js';
import type { ContextSource } from '#formats/dockerfile/sources.js';
import type { TakenPaths } from '#formats/dockerfile/takenPaths.js';
import type { PlannedContext } from '../plan/plan.js';
import { contentDigest, type DigestedEntry, filesAmong, partsOf } from './digest.js';
import { type ContextListing, isLinkOfSource, type ListOptions, listContext } from './listing.js';
import { materialise } from './materialise.js';

export interface ContextOptions extends ListOptions {
  /** `followed`: as docker-pkg copies a directory; `kept`: as `docker build` sends one. */
  readonly links: 'kept' | 'followed';
  /** What the digest covers; absent: all of it. */
  readonly covered?: Covered;
  /** The digest, where it is known or nobody asks for it; absent: it is taken of the files. */
  readonly digest?: Digest;
}

/** A part of a context that a digest covers. */
export interface Covered {
  /** What is taken of it; absent: everything that the ignore rules leave. */
  readonly taken?: TakenPaths;
  /** What its Dockerfile names of it, where that is what counts. */
  readonly sources: readonly ContextSource[];
  /**
   * Present where earlier versions covered all of it: a path that only defines the image, and makes no
   * difference. Where nothing else is left out, all of it stays covered.
   */
  readonly isOwn?: (path: string) => boolean;
}

/**
 * How bake is to see the build context at `directory` (absolute; `context` is the same relative to
 * the working directory, `/`-separated): in place, or as a copy where links are followed.
 */
export function planContext(
  directory: string,
  context: string,
  options: ContextOptions,
): Outcome<PlannedContext> {
  const { covered } = options;
  const { listing, taken } = listCovered(directory, context, options);
  const { hasLinks, needsRules, rules = '' } = listing.value;
  if (options.links === 'followed' && hasLinks) {
    const copy = materialise(listing.value, options);
    // The copy meets all that the listing met, but for the rules.
    const ofRules = listing.diagnostics.filter(({ code }) => !ofFiles.has(code));
    return { value: copy.value, diagnostics: [...ofRules, ...copy.diagnostics] };
  }
  const regards = (path: string): boolean =>
    isOfDefinition(path) && (taken === undefined || taken.takes(path));
  const digest: Outcome<Digest> =
    options.digest === undefined
      ? contextDigest(listing.value, options.boundary, regards)
      : { value: options.digest, diagnostics: [] };
  const isThird = covered !== undefined && (covered.isOwn === undefined || taken !== undefined);
  const recipe = isThird ? 3 : isOfSecondRecipe(listing.value, options) ? 2 : 1;
  return {
    value: {
      path: context,
      digest: digest.value,
      ...(recipe === 1 ? {} : { recipe }),
      files: [],
      sources: () => filesAmong(digestedEntries(listing.value, regards)),
      parts: () => partsOf(digestedEntries(listing.value, regards), context, options.boundary),
      ...(needsRules
        ? {
            rules: `${rules}\n**/${ownName}\n${options.withoutGit === true ? '**/.git\n' : ''}`,
          }
        : {}),
    },
    diagnostics: [...listing.diagnostics, ...digest.diagnostics],
  };
}

/** Lists what is covered. `taken` is absent where that is everything. */
function listCovered(
  directory: string,
  context: string,
  options: ContextOptions,
): { readonly listing: Outcome<ContextListing>; readonly taken: TakenPaths | undefined } {
  const { taken, isOwn } = options.covered ?? {};
  if (taken !== undefined && isOwn === undefined) {
    return { listing: listContext(directory, context, { ...options, taken }), taken };
  }
  const listing = listContext(directory, context, options);
  if (taken === undefined || isOwn === undefined) {
    return { listing, taken: undefined };
  }
  const { entries } = listing.value;
  const isThrough = entries.some(
    ({ kind, path }) => kind === 'symlink' && isLinkOfSource(taken, path),
  );
  const leavesOut = entries.some(
    ({ kind, path }) =>
      kind !== 'directory' && isOfDefinition(path) && !taken.takes(path) && !isOwn(path),
  );
  return { listing, taken: !isThrough && leavesOut ? taken : undefined };
}

const ofFiles: ReadonlySet<string> = new Set([
  'context-unreadable',
  'context-name',
  'special-file',
  'unreadable',
]);

/**
 * Whether the first recipe gave another digest: it followed links that lead out, and knew no rules
 * beside the Dockerfile. Judged by what the links say, so that all machines agree.
 */
function isOfSecondRecipe({ entries }: ContextListing, { rules }: ContextOptions): boolean {
  return (
    rules !== undefined ||
    entries.some((entry) => entry.kind === 'symlink' && leadsOut(entry.path, entry.target))
  );
}

function leadsOut(path: string, target: string): boolean {
  return target.startsWith('/') || /^\.\.(?:\/|$)/.test(posix.join(posix.dirname(path), target));
}

/**
 * git's own files change with every commit and fetch, and the file of rebuilds with those of other
 * images; a context may be a whole repository.
 */
function isOfDefinition(path: string): boolean {
  return !/(?:^|\/)(?:\.git(?:\/|$)|generate-bake\.lock$)/.test(path);
}

/**
 * The SHA-256 of names, contents and executable bits of a context's files after the ignore rules,
 * links as links. `regards` leaves files out (relative paths): what cannot be in the image.
 */
export function contextDigest(
  listing: ContextListing,
  boundary: Boundary,
  regards: (path: string) => boolean = () => true,
): Outcome<Digest> {
  const entries = digestedEntries(listing, regards);
  return contentDigest(entries, listing.shown, 'content', boundary);
}

/** What a digest is taken of: files and links, directories are only where they are. */
export function digestedEntries(
  listing: ContextListing,
  regards: (path: string) => boolean = () => true,
): readonly DigestedEntry[] {
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
  return entries;
}
