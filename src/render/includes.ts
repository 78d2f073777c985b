import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isWithin, whyNot } from '../files/paths.js';
import { decodeUtf8 } from '../files/utf8.js';
import type { Loaded } from '../jinja/index.js';

/** Where an image's templates may include from. */
export interface IncludeRoot {
  /** The image's directory, which names are relative to: an absolute path. */
  readonly directory: string;
  /** The same as a person would write it, for messages. */
  readonly shownDirectory: string;
  /** The tree that no include leaves, whatever symlinks say: an absolute path. */
  readonly tree: string;
}

/**
 * Reads what a template includes, imports or extends, below its image's directory as docker-pkg
 * looks it up: empty and `.` segments do not count, and a name with `..` exists nowhere. Unlike
 * docker-pkg it refuses files to which a symlink leads out of the tree: whoever can add a
 * template must not be able to read other files of the machine.
 */
export function includesBelow(root: IncludeRoot): (name: string) => Loaded | undefined {
  let realTree: string | undefined;
  return (name) => {
    const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
    if (segments.length === 0 || segments.includes('..') || name.includes('\0')) return undefined;
    const path = join(root.shownDirectory, ...segments);
    let bytes: Buffer;
    try {
      const real = realpathSync(join(root.directory, ...segments));
      realTree ??= realpathSync(root.tree);
      if (!isWithin(realTree, real))
        return { error: `${path} is a symlink that leads out of the tree` };
      bytes = readFileSync(real);
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      return { error: `${path} ${whyNot(cause)}` };
    }
    const { value, diagnostics } = decodeUtf8(path, bytes);
    const [problem] = diagnostics;
    return problem === undefined ? { text: value, path } : { error: `${path}: ${problem.message}` };
  };
}

function isMissing(cause: unknown): boolean {
  return (
    cause instanceof Error && 'code' in cause && ['ENOENT', 'ENOTDIR'].includes(String(cause.code))
  );
}
