import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '#cli/commands.js';
import { configKeys } from '#compiler/workspace/configKeys.js';
import { Float } from '#core/data/data.js';
import { root } from '../support/cli.js';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

function cell(value: unknown): string {
  if (value === undefined) {
    return '';
  }
  if (value instanceof Map) {
    return `\`{${[...value].map(([key, id]) => `${key}: ${id}`).join(', ')}}\``;
  }
  assert.ok(!(value instanceof Float));
  return `\`${JSON.stringify(value)}\``;
}

test('the table of configuration keys is the program’s', () => {
  for (const { name, type, default: fallback, origin, meaning } of configKeys) {
    const ours = origin === 'generate-bake' ? ' (ours)' : '';
    const row = `| \`${name}\`${ours} | ${type} | ${cell(fallback)} | ${meaning} |`;
    assert.ok(readme.includes(`${row}\n`), `README.md lacks the line\n${row}`);
  }
  const rows = readme.match(/^\| `[a-z_-]+`(?: \(ours\))? \|.*\|.*\|.*\|$/gm) ?? [];
  assert.equal(rows.length, configKeys.length, 'a row for a key that there is not');
});

test('every command has its place in the README or a document that it links to', () => {
  for (const name of commands.keys()) {
    assert.match(readme, new RegExp(`\`(?:generate-bake )?${name}\\b`), name);
  }
});

test('every relative link leads somewhere', () => {
  for (const [, target = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
    assert.ok(existsSync(join(root, target)), target);
  }
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const [, anchor = ''] of readme.matchAll(/\]\(#([^)]+)\)/g)) {
    assert.ok(headings.includes(anchor), anchor);
  }
});
