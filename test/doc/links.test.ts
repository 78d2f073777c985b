/** Documents and comments refer only to files, and to headings, that are there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deadLinks } from '../support/links.js';

const pages = [
  ...readdirSync('.').filter((file) => file.endsWith('.md')),
  ...filesBelow('doc', '.md'),
  ...filesBelow('src', '.md'),
];

function filesBelow(directory: string, ending: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(directory, file))
    .sort();
}

test('every link of every page leads somewhere', () => {
  const dead = pages.flatMap((page) => deadLinks(page).map((link) => `${page}: ${link}`));
  assert.deepEqual(dead, []);
  assert.ok(pages.length > 10);
});

test('the index has every page and every schema', () => {
  const index = readFileSync('doc/README.md', 'utf8');
  const there = readdirSync('doc').filter((file) => /\.(?:md|json)$/.test(file));
  assert.deepEqual(
    there.filter((file) => file !== 'README.md' && !index.includes(`](${file})`)),
    [],
  );
});

test('pages that comments name exist, with the headings that they name', () => {
  const wrong: string[] = [];
  for (const file of ['src', 'test', 'bench'].flatMap((root) => filesBelow(root, '.ts'))) {
    const text = readFileSync(file, 'utf8').replace(/\n\s*(?:\*|\/\/) ?/g, ' ');
    for (const [, page = ''] of text.matchAll(/\b(docs?\/[\w./-]*\.(?:md|json))\b/g)) {
      if (!existsSync(page)) {
        wrong.push(`${file}: ${page}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});
