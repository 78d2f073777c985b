import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { codeOf, isWithin, whyNot } from '#core/files/paths.js';

/** Where a symlink of a context leads. */
export type LinkJudgement =
  | {
      readonly kind: 'inside' | 'outside';
      /** As written in the link. */
      readonly target: string;
      /** What it leads to in the end: absolute, without links. */
      readonly real: string;
      readonly isDirectory: boolean;
    }
  | {
      readonly kind: 'problem';
      readonly code: 'broken-symlink' | 'symlink-loop';
      readonly why: string;
    };

/**
 * Judges the symlink at `path` of the context at `root` (both absolute). BuildKit resolves links
 * inside of the context only: there is nothing above its top, and an absolute target starts there.
 * So an absolute target counts as outside, and so does a way out of the context and back. A link to a directory that holds it is a loop: nothing that follows links gets out of it.
 */
export function judgeSymlink(root: string, path: string): LinkJudgement {
  let target = '';
  try {
    target = readlinkSync(path);
    const real = realpathSync(path);
    const isDirectory = statSync(real).isDirectory();
    const holder = realpathSync(posix.dirname(path));
    if (isDirectory && isWithin(real, holder)) {
      const why = `points to ${target}, a directory that contains the link`;
      return { kind: 'problem', code: 'symlink-loop', why };
    }
    const isInside =
      !target.startsWith('/') &&
      !/^\.\.(\/|$)/.test(posix.join(posix.relative(root, posix.dirname(path)), target)) &&
      isWithin(realpathSync(root), real);
    return { kind: isInside ? 'inside' : 'outside', target, real, isDirectory };
  } catch (cause) {
    const isLoop = codeOf(cause) === 'ELOOP';
    return isLoop
      ? { kind: 'problem', code: 'symlink-loop', why: 'points back to itself' }
      : {
          kind: 'problem',
          code: 'broken-symlink',
          why: `points to ${target}, which ${whyNot(cause)}`,
        };
  }
}
