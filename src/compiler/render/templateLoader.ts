import { readdirSync } from 'node:fs';
import type { Boundary } from '#core/files/boundary.js';
import { isMissing, whyNot } from '#core/files/paths.js';
import { readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import type { Loaded } from '#jinja/index.js';

/**
 * Finds what a template includes, imports or extends: below the image's own directory, as
 * docker-pkg's loader does, and as there a name with `..` is not found. A symlink may lead
 * elsewhere in the repository, since trees share files so, but not out of it: a template could otherwise
 * read any file of the machine that renders it. What is there but cannot be read is an error.
 *
 * @param directory the image's, absolute
 * @param shown the same for messages
 * @param boundary where links may lead
 */
export function templateLoader(
  directory: string,
  shown: string,
  boundary: Boundary,
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
      bytes = readInside(`${directory}/${relative}`, { own: directory, boundary });
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
