import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hasEnded, releaseOf } from '#compiler/rules/distributions.js';
import { parseReference } from '#core/reference/reference.js';

function endOf(image: string): string | undefined {
  const reference = parseReference(image);
  return reference.kind === 'problem' ? undefined : releaseOf(reference)?.end;
}

test('images say their release in the tag, in the name, or by number', () => {
  assert.equal(endOf('python:3.9-slim-bullseye'), '2026-08-31');
  assert.equal(endOf('r.example:5000/base/bullseye:latest'), '2026-08-31');
  assert.equal(endOf('r.example/python3-bookworm'), '2028-06-30');
  assert.equal(endOf('debian:11.9-slim'), '2026-08-31');
  assert.equal(endOf('ubuntu:20.04'), '2025-05-29');
  assert.equal(endOf('python:11'), undefined);
  assert.equal(endOf('alpine:3.12'), undefined);
});

test('the last day still counts', () => {
  const release = { name: 'x', end: '2026-08-31' };
  assert.equal(hasEnded(release, new Date('2026-08-31T23:59:59Z')), false);
  assert.equal(hasEnded(release, new Date('2026-09-01T00:00:00Z')), true);
});

const files = { debian: 'eol-lts', ubuntu: 'eol' } as const;

for (const [distribution, column] of Object.entries(files)) {
  const file = `/usr/share/distro-info/${distribution}.csv`;
  test(`the dates are those of ${file}`, { skip: !existsSync(file) && 'not installed' }, () => {
    const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n');
    const names = head.split(',');
    const cell = (row: readonly string[], name: string) => row[names.indexOf(name)] ?? '';
    let compared = 0;
    for (const row of rows.map((line) => line.split(','))) {
      const end = endOf(`x:${cell(row, 'series')}`);
      if (end !== undefined) {
        assert.equal(end, cell(row, column), cell(row, 'series'));
        compared++;
      }
    }
    assert.ok(compared >= 6);
  });
}
