import { existsSync } from 'node:fs';
import type { TreeConfig } from '../workspace/tree.js';
import { splitWords } from './words.js';

/** What testing an image means, before anything runs (doc/dev/docker-pkg.md, verify). */
export type Verification =
  | { readonly kind: 'run'; readonly command: string; readonly args: readonly string[] }
  /** There is nothing to run: a file below `{path}` that the arguments name does not exist. */
  | { readonly kind: 'none'; readonly missing: string }
  /** The configuration cannot be carried out, so nothing of the image may be published. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * `verify_command` and `verify_args` for one image. `{path}` stands for the image's directory and
 * `{image}` for its reference; `{{` and `}}` are literal braces, as in Python's `str.format`.
 */
export function verification(
  config: Pick<TreeConfig, 'verifyCommand' | 'verifyArgs'>,
  path: string,
  image: string,
  exists: (file: string) => boolean = existsSync,
): Verification {
  const args: string[] = [];
  for (const arg of config.verifyArgs) {
    const words = splitWords(arg);
    if (words === undefined) {
      return refused(`verify_args: unbalanced quotes in "${arg}"`);
    }
    const files = words
      .filter((word) => word.includes('{path}'))
      .map((word) => fill(word, path, image));
    const stopper = files.findIndex((file) => file === undefined || !exists(file));
    const missing = files[stopper];
    if (missing !== undefined) {
      return { kind: 'none', missing };
    }
    const filled = stopper === -1 ? fill(arg, path, image) : undefined;
    if (filled === undefined) {
      return refused(`verify_args: ${placeholders} in "${arg}"`);
    }
    args.push(filled);
  }
  return { kind: 'run', command: config.verifyCommand, args };
}

const placeholders = 'only {path} and {image} can be filled in (write {{ and }} for braces)';

function refused(reason: string): Verification {
  return { kind: 'refused', reason };
}

function fill(text: string, path: string, image: string): string | undefined {
  let known = true;
  const filled = text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, name?: string) => {
    if (found === '{{') {
      return '{';
    }
    if (found === '}}') {
      return '}';
    }
    if (name === 'path') {
      return path;
    }
    if (name === 'image') {
      return image;
    }
    known = false;
    return found;
  });
  return known ? filled : undefined;
}
