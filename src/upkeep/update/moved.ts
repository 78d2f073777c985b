import { readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { committedTexts } from '#adapters/git/blobs.js';
import { lookAt } from '#core/files/lookAt.js';
import { isWithin } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';

/** A directory that has another name than in HEAD: both relative to the root of the work tree. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

type GitResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Where HEAD has files that it does not have under their names: one of the same name and bytes that is
 * no longer there. Paths are relative to the root.
 */
export function movedFrom(
  root: string,
  files: readonly string[],
  uncommitted: readonly string[],
): GitResult<ReadonlyMap<string, string>> {
  const names = new Set(files.map((file) => posix.basename(file)));
  const gone = uncommitted.filter(
    (path) => names.has(posix.basename(path)) && lookAt(join(root, path)) === undefined,
  );
  const asked = gone.length === 0 ? [] : [...files, ...gone];
  const texts = committedTexts(
    root,
    asked.map((path) => ({ revision: 'HEAD', path })),
  );
  if (texts.kind === 'failed') {
    return texts;
  }
  const had = new Map(asked.map((path, index) => [path, texts.value[index]]));
  const found = new Map<string, string>();
  for (const file of had.size === 0 ? [] : files) {
    const now = had.get(file) === undefined ? textNow(root, file) : undefined;
    const from =
      now &&
      gone.find((path) => posix.basename(path) === posix.basename(file) && had.get(path) === now);
    if (from !== undefined) {
      found.set(file, from);
    }
  }
  return { kind: 'done', value: found };
}

/** Of uncommitted files those that only have another name, and the old names of all that have one. */
export function onlyMoved(
  root: string,
  uncommitted: readonly string[],
  moves: readonly Move[],
): GitResult<ReadonlySet<string>> {
  const pairs = uncommitted.flatMap((path) => {
    const old = moves.map((move) => throughMove(path, move.to, move.from)).find((one) => one);
    return old === undefined ? [] : [{ path, old }];
  });
  const texts = committedTexts(
    root,
    pairs.map(({ old }) => ({ revision: 'HEAD', path: old })),
  );
  if (texts.kind === 'failed') {
    return texts;
  }
  const value = pairs.flatMap(({ path, old }, index) => {
    const now = textNow(root, path);
    return now === undefined ? [] : [old, ...(now === texts.value[index] ? [path] : [])];
  });
  return { kind: 'done', value: new Set(value) };
}

/** A path of one directory as one of another; undefined where it is of neither. */
export function throughMove(path: string, from: string, to: string): string | undefined {
  return isWithin(from, path) ? to + path.slice(from.length) : undefined;
}

/** As git would keep it: of a link where it leads. */
function textNow(root: string, path: string): string | undefined {
  try {
    const file = join(root, path);
    return lookAt(file)?.isSymbolicLink() === true
      ? readlinkSync(file)
      : readBytes(file).toString('utf8');
  } catch {
    return undefined; // It changed, whatever it is now.
  }
}
