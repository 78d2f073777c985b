// biome-ignore lint/style/noRestrictedImports: reads the package's own file, and loads nothing else.
import { readFileSync } from 'node:fs';

/** The program's version, as its package says. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version: number } = JSON.parse(text) as { version: string };
  return number;
}
