import { lstatSync } from 'node:fs';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import type { Door } from '#core/files/readInside.js';
import type { ImageDefinition } from './definition.js';
import { readText } from './readText.js';

/**
 * The ignore rules beside a Dockerfile (absolute; `shown` as a person would open it): undefined where
 * there are none, or the file is empty, which BuildKit takes for none.
 */
export function readIgnoreRules(
  dockerfile: string,
  shown: string,
  door: Door,
): Outcome<ImageDefinition['ignoreRules']> {
  const stat = lstatSync(`${dockerfile}.dockerignore`, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) {
    return { value: undefined, diagnostics: [] };
  }
  const file = `${shown}.dockerignore`;
  const text = readText(`${dockerfile}.dockerignore`, file, door);
  const value = text.value === undefined ? undefined : { text: text.value, shown: file };
  return { value: text.value === '' ? undefined : value, diagnostics: text.diagnostics };
}
