import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readUpgrade, upgradeLines } from '#fleet/upgrade/line.js';
import { reasonLines } from '#upkeep/versioning/addBlock.js';

const ssl = { name: 'libssl3', candidate: '3.0.17-1', isSecurity: true };
const zip = { name: 'zip', candidate: '1:3.0-13', isSecurity: false };

test('a line names each package with its version, by name', () => {
  assert.deepEqual(upgradeLines([zip, ssl]), [
    'Upgrade: libssl3 3.0.17-1 (security), zip 1:3.0-13',
  ]);
  assert.deepEqual(upgradeLines([zip]), ['Upgrade: zip 1:3.0-13']);
});

test('a package of two architectures is named once', () => {
  assert.deepEqual(upgradeLines([{ ...ssl, isSecurity: false }, ssl]), [
    'Upgrade: libssl3 3.0.17-1 (security)',
  ]);
});

test('many packages are folded, and continued lines are deeper', () => {
  const many = Array.from({ length: 5 }, (_, at) => ({
    name: `python3.11-minimal-${at}`,
    candidate: '3.11.2-6+deb12u6',
    isSecurity: false,
  }));
  assert.deepEqual(upgradeLines(many), [
    'Upgrade: python3.11-minimal-0 3.11.2-6+deb12u6,',
    '  python3.11-minimal-1 3.11.2-6+deb12u6,',
    '  python3.11-minimal-2 3.11.2-6+deb12u6,',
    '  python3.11-minimal-3 3.11.2-6+deb12u6,',
    '  python3.11-minimal-4 3.11.2-6+deb12u6',
  ]);
});

test('what was written is read again, whatever is around it', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,30}$/);
  const candidate = fc.stringMatching(/^[0-9][A-Za-z0-9.+~:-]{0,30}$/);
  const packages = fc.array(fc.record({ name, candidate, isSecurity: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(packages, fc.boolean(), (all, isBehind) => {
      const lines = [...(isBehind ? ['Fixes what people saw.'] : []), ...upgradeLines(all)];
      const read = readUpgrade([...reasonLines(lines.join('\n')), '', '   the end']);
      const keys = (each: typeof all) =>
        [...new Set(each.map((one) => `${one.name} ${one.candidate}`))].sort();
      assert.deepEqual(keys([...(read ?? [])]), keys(all));
    }),
  );
});

test('other blocks say nothing of an upgrade, and odd entries are passed over', () => {
  assert.equal(readUpgrade(['   Weekly rebuild.', '   upgrade: zip 1']), undefined);
  assert.deepEqual(readUpgrade(['  * Upgrade: zip 1']), undefined);
  assert.deepEqual(readUpgrade(['   Upgrade: zip, ../../x 3, libssl3 2 (security)']), [
    { name: 'libssl3', candidate: '2', isSecurity: true },
  ]);
  assert.deepEqual(readUpgrade(['   Upgrade: built with golang 1.22']), []);
  assert.equal(readUpgrade(['   Upgrade: nodejs to the newest version.']), undefined);
  assert.deepEqual(readUpgrade(['   Upgrade: zip 1,', '   libssl3 2']), [
    { name: 'zip', candidate: '1', isSecurity: false },
  ]);
});
