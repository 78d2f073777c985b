import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { readChangelog, readNewestBlock } from '#formats/debian/changelog.js';
import { addBlock, type NewBlock, reasonLines } from '#upkeep/versioning/addBlock.js';
import { noParseChangelog, noPythonDebian, pythonProgram } from '../../formats/debian/oracles.js';

const oldText = `app (1.0-1) wikimedia; urgency=medium

  * Weekly rebuild.

 -- Ann <ann@example.org>  Sun, 16 Aug 2026 06:00:34 +0000
`;

const oneBlock: NewBlock = {
  package: 'app',
  version: '1.0-1-s1',
  distribution: 'wikimedia',
  urgency: 'high',
  changes: reasonLines('CVE-2026-1\n\nand  more '),
  author: 'Åsa B. <asa@example.org>',
  date: 'Tue,  1 Sep 2026 00:03:04 +0200',
};

const newBlock = `app (1.0-1-s1) wikimedia; urgency=high

   CVE-2026-1

   and  more

 -- Åsa B. <asa@example.org>  Tue,  1 Sep 2026 00:03:04 +0200
`;

test('the block stands before the older ones, a blank line between', () => {
  assert.equal(addBlock(oldText, oneBlock), `${newBlock}\n${oldText}`);
});

test('the rest keeps every byte: CRLF, no final newline, lines before the first heading', () => {
  const crlf = (text: string) => text.replaceAll('\n', '\r\n');
  assert.equal(addBlock(crlf(oldText), oneBlock), crlf(`${newBlock}\n${oldText}`));
  assert.equal(addBlock(oldText.trimEnd(), oneBlock), `${newBlock}\n${oldText.trimEnd()}`);
  assert.equal(addBlock(`\n# note\n${oldText}`, oneBlock), `\n# note\n${newBlock}\n${oldText}`);
  assert.equal(addBlock('', oneBlock), newBlock);
});

test('an update has the bytes that python-debian writes for docker-pkg', {
  skip: noPythonDebian,
}, () => {
  const program = `
import json, sys
from debian.changelog import Changelog
given = json.load(sys.stdin)
log = Changelog(given["old"])
log.new_block(**given["block"])
for line in [""] + ["   " + l for l in given["reason"].split("\\n")] + [""]:
    log.add_change(line)
sys.stdout.write(str(log))`;
  for (const reason of ['Security update', 'Refresh for update in parent image x:\nCVE\n * é']) {
    const block = {
      package: oneBlock.package,
      version: oneBlock.version,
      distributions: oneBlock.distribution,
      urgency: oneBlock.urgency,
      author: oneBlock.author,
      date: oneBlock.date,
    };
    const old = `\n${oldText}\n${oldText}`;
    const input = JSON.stringify({ old, block, reason });
    const theirs = spawnSync(pythonProgram, ['-c', program], { input, encoding: 'utf8' }).stdout;
    assert.equal(addBlock(old, { ...oneBlock, changes: reasonLines(reason) }), theirs);
  }
});

test('dpkg-parsechangelog reads the new block', { skip: noParseChangelog }, () => {
  const parse = (...args: string[]) =>
    spawnSync('dpkg-parsechangelog', ['-l', '-', ...args], {
      input: addBlock(oldText, oneBlock),
      encoding: 'utf8',
    });
  assert.equal(parse().stderr, '');
  assert.equal(parse('-S', 'Version').stdout.trim(), oneBlock.version);
  assert.equal(parse('-S', 'Urgency').stdout.trim(), 'high');
  assert.equal(parse('-S', 'Maintainer').stdout.trim(), oneBlock.author);
  assert.equal(parse('-S', 'Date').stdout.trim(), oneBlock.date);
  assert.match(parse('-S', 'Changes').stdout, / {3}CVE-2026-1/);
});

const change = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((text) => `  ${text.replace(/[\n\r]/gu, '')}`);
const oldBlock = fc
  .record({
    name: fc.stringMatching(/^[a-z0-9][-+.a-z0-9]{0,8}$/),
    version: fc.stringMatching(/^[0-9][A-Za-z0-9.~+]{0,6}(-[A-Za-z0-9.~+]{1,4})?$/),
    changes: fc.array(change, { maxLength: 4 }),
  })
  .map(
    ({ name, version, changes }) =>
      `${name} (${version}) wikimedia; urgency=low\n\n${changes.join('\n')}\n\n -- A <a@b>  Sun, 16 Aug 2026 06:00:34 +0000\n`,
  );
const changelog = fc
  .record({
    before: fc.constantFrom('', '\n', '# note\n', '\n \n'),
    blocks: fc.array(oldBlock, { minLength: 1, maxLength: 4 }),
    between: fc.constantFrom('\n', '', '\n\n', '\njunk\n'),
    end: fc.constantFrom('', '\nvim: et\n', '\n\n'),
    ending: fc.constantFrom('\n', '\r\n'),
    cut: fc.boolean(),
  })
  .map(({ before, blocks, between, end, ending, cut }) => {
    const text = before + blocks.join(between) + end;
    return (cut ? text.trimEnd() : text).replaceAll('\n', ending);
  });
const reason = fc.string({ unit: 'grapheme', maxLength: 60 });

test('any legal changelog keeps its bytes, and its blocks follow the new one', () => {
  fc.assert(
    fc.property(changelog, reason, (old, why) => {
      const added = addBlock(old, { ...oneBlock, changes: reasonLines(why) });
      const newest = readNewestBlock('f', added);
      assert.deepEqual(newest.diagnostics, []);
      assert.equal(newest.value?.version, oneBlock.version);
      assert.equal(newest.value?.author, oneBlock.author);
      const blocks = (text: string) =>
        readChangelog('f', text).value.map(({ place, versionPlace, ...rest }) => rest);
      assert.deepEqual(blocks(added).slice(1), blocks(old));
      // Taking the block out again gives the old bytes.
      const start = added.indexOf(`${oneBlock.package} (${oneBlock.version})`);
      const length = added.length - old.length;
      assert.equal(added.slice(0, start) + added.slice(start + length), old);
    }),
  );
});
