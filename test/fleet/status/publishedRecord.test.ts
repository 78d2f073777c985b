import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { Digest } from '#core/reference/brands.js';
import { publishedRecord } from '#fleet/status/publishedRecord.js';
import { scratchTree } from '../../support/scratch.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const monday = new Date('2026-11-23T10:00:00Z');
const tuesday = new Date('2026-11-24T10:00:00Z');

suite('what runs on this machine saw in registries', () => {
  test('is there for the next run, sorted, with the day on which it was last seen', () => {
    const file = scratchTree({}).at('state/published');
    const first = publishedRecord(file, monday);
    first.add('r/b:1', digest('b'));
    first.add('r/a:1', digest('a'));
    assert.deepEqual(first.get('r/a:1'), { digest: digest('a'), day: '2026-11-23' });
    first.save();
    const second = publishedRecord(file, tuesday);
    second.add('r/b:1', digest('c'));
    second.save();
    assert.equal(
      readFileSync(file, 'utf8'),
      `r/a:1 ${digest('a')} 2026-11-23\nr/b:1 ${digest('c')} 2026-11-24\n`,
    );
    assert.equal(publishedRecord(file, tuesday).get('r/c:1'), undefined);
  });

  test('two runs at a time lose nothing of each other', () => {
    const file = scratchTree({}).at('published');
    const [one, two] = [publishedRecord(file, monday), publishedRecord(file, monday)];
    one.add('r/a:1', digest('a'));
    two.add('r/b:1', digest('b'));
    one.save();
    two.save();
    const after = publishedRecord(file, monday);
    assert.equal(after.get('r/a:1')?.digest, digest('a'));
    assert.equal(after.get('r/b:1')?.digest, digest('b'));
  });

  test('has no more than 20,000 versions: those seen last', () => {
    const file = scratchTree({}).at('published');
    const old = publishedRecord(file, monday);
    for (let number = 0; number < 20_000; number++) {
      old.add(`r/a:${number}`, digest('a'));
    }
    old.save();
    const recent = publishedRecord(file, tuesday);
    for (let number = 0; number < 10; number++) {
      recent.add(`r/z:${number}`, digest('a'));
    }
    recent.save();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 20_000);
    assert.equal(lines.filter((line) => line.startsWith('r/z:')).length, 10);
  });

  test('what cannot be read says nothing, and what cannot be written stops nobody', () => {
    const tree = scratchTree({});
    const file = tree.at('published');
    writeFileSync(
      file,
      `garbage\nr/a:1 sha256:short 2026-11-23\nr/b:1 ${digest('b')} 2026-11-23\n`,
    );
    const record = publishedRecord(file, monday);
    assert.equal(record.get('r/a:1'), undefined);
    assert.equal(record.get('r/b:1')?.digest, digest('b'));
    mkdirSync(tree.at('directory'));
    const blocked = publishedRecord(tree.at('directory'), monday);
    blocked.add('r/a:1', digest('a'));
    blocked.save();
    assert.equal(publishedRecord(tree.at('directory'), monday).get('r/a:1'), undefined);
    chmodSync(tree.at('directory'), 0o755);
  });

  test('is not written where there is nothing new', () => {
    const file = scratchTree({}).at('published');
    publishedRecord(file, monday).save();
    assert.throws(() => readFileSync(file));
  });
});
