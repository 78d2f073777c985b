/** The pages of reference say what the program has: every configuration key and every command. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '#cli/commands.js';
import { configKeys } from '#compiler/workspace/configKeys.js';
import { Float } from '#core/data/data.js';
import { root } from '../support/cli.js';

const configuration = readFileSync(join(root, 'doc/configuration.md'), 'utf8');
const [keys = ''] = configuration.split('\n## Keys of generate-bake\n');
const reference = readFileSync(join(root, 'doc/commands.md'), 'utf8');

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
    assert.ok(keys.includes(`${row}\n`), `doc/configuration.md lacks the line\n${row}`);
  }
  const rows = keys.match(/^\| `[a-z_-]+`(?: \(ours\))? \|.*\|.*\|.*\|$/gm) ?? [];
  assert.equal(rows.length, configKeys.length, 'a row for a key that there is not');
});

test('every command has a row in the table of commands', () => {
  const rows = reference.match(/^\| [a-z]* ?\| .*`.* \| .* \|$/gm) ?? [];
  for (const name of commands.keys()) {
    assert.ok(
      rows.some((row) => row.includes(`\`${name}\``)),
      name,
    );
  }
});
