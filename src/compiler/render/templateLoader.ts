import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isMissing, isWithin, whyNot } from '#core/files/paths.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import type { Loaded } from '#jinja/index.js';

/**
 * Finds what a template includes, imports or extends: below the image's own directory, as
 * docker-pkg's loader does, and as there a name with `..` is not found. A symlink may lead
 * elsewhere in the tree, since trees share files so, but not out of it: a template could otherwise
 * read any file of the machine that renders it. What is there but cannot be read is an error.
 *
 * @param directory the image's, absolute
 * @param shown the same for messages
 * @param confines the tree's directory
 */
export function templateLoader(
  directory: string,
  shown: string,
  confines: string,
): (name: string) => Loaded | undefined {
  return (name) => {
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.length === 0 || parts.includes('..') || name.includes('\0')) {
      return undefined;
    }
    const relative = parts.join('/');
    const path = shown === '.' ? relative : `${shown}/${relative}`;
    let bytes: Buffer;
    try {
      const real = realpathSync(`${directory}/${relative}`);
      if (!isWithin(realpathSync(confines), real)) {
        return { error: `${path} is a symbolic link that points outside the tree` };
      }
      const stats = statSync(real);
      if (!stats.isFile() && !stats.isDirectory()) {
        return { error: `${path} is not a file` };
      }
      bytes = readFileSync(real);
    } catch (cause) {
      return isMissing(cause) ? undefined : { error: `${path} ${whyNot(cause)}` };
    }
    const { value, diagnostics } = decodeUtf8(path, bytes);
    const [problem] = diagnostics;
    return problem === undefined ? { text: value, path } : { error: `${path}: ${problem.message}` };
  };
}

/** The files of an image's directory that a template may include, as far as they can be listed. */
export function includable(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    return []; // They are only suggestions.
  }
}
