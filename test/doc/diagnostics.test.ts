/** doc/diagnostics.md has a row for every code, and no other. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diagnosticCodes } from '#core/diagnostics/codes.js';
import { rules } from '#core/diagnostics/rules.js';

const page = readFileSync('doc/diagnostics.md', 'utf8');
const rows = Array.from(page.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \| (.+) \|$/gm));

test('the page explains every code once', () => {
  const listed = rows.map(([, code = '']) => code);
  assert.deepEqual([...listed].sort(), [...diagnosticCodes].sort());
});

test('every code is used somewhere', () => {
  const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('codes.ts'))
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('\n');
  // Those of the engine are put together from the reason.
  const used = (code: string) =>
    source.includes(`'${code}'`) ||
    (code.startsWith('engine-') && source.includes(`'${code.slice('engine-'.length)}'`)) ||
    (/^(?:changelog|template)-missing$/.test(code) && source.includes('-missing`'));
  assert.deepEqual(
    diagnosticCodes.filter((code) => !used(code)),
    [],
  );
});

test('doc/check.md has each rule once, with the level that it has', () => {
  const text = readFileSync('doc/check.md', 'utf8');
  const listed = Array.from(
    text.matchAll(/^\| `([a-z-]+)` \| (error|warning|off) \| .+ \| .+ \|$/gm),
  );
  const levels = listed.map(([, code = '', level]) => [code, level] as const);
  assert.deepEqual(
    levels.sort(([a], [b]) => (a < b ? -1 : 1)),
    Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
});
