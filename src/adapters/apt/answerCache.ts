import { join } from 'node:path';
import { keepNewest } from '#core/files/keepNewest.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { readText } from '#core/files/readBytes.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { AptAnswer } from './answer.js';

/**
 * What apt said of images, by the digest of all that it was asked with: dpkg's database, sources, preferences, what
 * the archives had, and its own version.
 */
export interface AnswerCache {
  get(key: string): AptAnswer | undefined;
  set(key: string, answer: AptAnswer): void;
}

/** Another number where they get more to say. */
const format = 2;
/** All of them, in bytes. */
const mostBytes = 64 * 1024 ** 2;

/** A cache of a file for each answer; one that cannot be read or written is as one that is not there. */
export function answerCache(directory: string): AnswerCache {
  const fileOf = (key: string) => join(directory, `${key}.${format}.json`);
  return {
    get(key) {
      try {
        const content: unknown = JSON.parse(readText(fileOf(key)));
        return isAnswer(content) ? content : undefined;
      } catch {
        return undefined;
      }
    },
    set(key, answer) {
      if (answer.kind !== 'known') {
        return;
      }
      try {
        makeDirectory(directory);
        replaceFile(fileOf(key), JSON.stringify(answer), 0o600);
        keepNewest(directory, mostBytes);
      } catch {
        // It only saves work.
      }
    },
  };
}

const candidateTexts = ['name', 'architecture', 'installed', 'candidate'];
const pinnedTexts = ['name', 'architecture', 'installed', 'newest'];

function isAnswer(value: unknown): value is AptAnswer {
  const { kind, candidates, pinned } = (value ?? {}) as Record<string, unknown>;
  return kind === 'known' && areOf(candidates, candidateTexts) && areOf(pinned, pinnedTexts);
}

function areOf(list: unknown, texts: readonly string[]): boolean {
  return (
    Array.isArray(list) &&
    list.every(
      (item: unknown) =>
        typeof item === 'object' &&
        item !== null &&
        texts.every((name) => typeof Reflect.get(item, name) === 'string'),
    )
  );
}
