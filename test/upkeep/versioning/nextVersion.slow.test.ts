import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tagProblem } from '#core/reference/legal.js';
import { versionProblem } from '#formats/debian/version.js';
import {
  chosenVersionProblem,
  nextVersion,
  refreshedVersion,
  type VersionStep,
} from '#upkeep/versioning/nextVersion.js';
import { compareByDpkg, noDpkg } from '../../formats/debian/oracles.js';
import { goldenImages } from '../../support/golden.js';

const S = { updateId: 's' };
const todayDate = '20260830';

test('an update counts on, or starts to count', () => {
  const cases: [string, string][] = [
    ['1.2.3', '1.2.3-s1'],
    ['1.2-3', '1.2-3-s1'],
    ['1.2-s4', '1.2-s5'],
    ['1.2-s9', '1.2-s10'],
    ['1.22-20260816', '1.22-20260816-s1'],
    ['2.5.1rocm6.1-1-20260816', '2.5.1rocm6.1-1-20260816-s1'],
    ['v20220915-3', 'v20220915-3-s1'],
    ['1.14.0-wmf0-20260816', '1.14.0-wmf0-20260816-s1'],
    ['8.1.33-1-s4-20260816', '8.1.33-1-s5-20260816'],
    ['0.0.4-20250727-s1-20260816', '0.0.4-20250727-s2-20260816'],
    ['0.1.9-u1-20260816', '0.1.9-u1-20260816-s1'],
    ['20260816', '20260816-s1'],
    ['1.0-s99999999999999999999', '1.0-s100000000000000000000'],
    ['1.0-s007', '1.0-s8'],
  ];
  for (const [old, version] of cases) {
    assert.deepEqual(nextVersion(old, S), { kind: 'version', version }, old);
  }
});

test('the update_id is any word, also none or one that ends in a digit', () => {
  const next = (old: string, updateId: string) => nextVersion(old, { updateId });
  assert.deepEqual(next('1.2-3', ''), { kind: 'version', version: '1.2-4' });
  assert.deepEqual(next('1.2.3', ''), { kind: 'version', version: '1.2.3-1' });
  assert.deepEqual(next('1.2-3', 'wmf'), { kind: 'version', version: '1.2-3-wmf1' });
  assert.deepEqual(next('1.2-x29', 'x2'), { kind: 'version', version: '1.2-x210' });
  assert.match(reason(next('1.2', '~')), /"1.2-~1", which contains "~"/);
});

test('a version whose tag exists is passed over', () => {
  const taken = new Set(['1-s1', '1-s2', '1-20260830']);
  assert.deepEqual(nextVersion('1', { ...S, taken }), { kind: 'version', version: '1-s3' });
  assert.match(reason(refreshedVersion('1', todayDate, { ...S, taken })), /is in the changelog/);
});

test('a version without room for a suffix is a reason', () => {
  const long = `1.${'0'.repeat(124)}`;
  assert.match(reason(nextVersion(long, S)), /no room/);
  assert.match(reason(refreshedVersion(long, todayDate, S)), /no room/);
  assert.deepEqual(nextVersion(`${long.slice(0, 120)}-s9`, S).kind, 'version');
});

test('a rebuild replaces the date at the end, or appends one', () => {
  const cases: [string, string][] = [
    ['1.2-20260823', '1.2-20260830'],
    ['1.2-20260823-s1', '1.2-20260823-s1-20260830'],
    ['1.2-20260823-s1-20260824', '1.2-20260823-s1-20260830'],
    ['1.2.3', '1.2.3-20260830'],
    ['20260823', '20260823-20260830'],
    ['1.0-12345678', '1.0-12345678-20260830'],
    ['9.0.4-20260107.e9ce92c-20260816', '9.0.4-20260107.e9ce92c-20260830'],
  ];
  for (const [old, version] of cases) {
    assert.deepEqual(refreshedVersion(old, todayDate, S), { kind: 'version', version }, old);
  }
});

test('a second rebuild on one day, or one after an update of that day, changes nothing', () => {
  for (const old of ['1.2-20260830', '1.2-20260830-s1', '1.2-s1-20260830']) {
    assert.deepEqual(refreshedVersion(old, todayDate, S), { kind: 'unchanged' }, old);
    assert.deepEqual(refreshedVersion('1-20260830', todayDate, { updateId: '' }).kind, 'unchanged');
  }
  assert.match(reason(refreshedVersion('1.2-20260831', todayDate, S)), /dated after today/);
});

test('a chosen version must be legal and new', () => {
  assert.equal(chosenVersionProblem('1.0', '2.0'), undefined);
  assert.match(chosenVersionProblem('1.0', '2.0~rc1') ?? '', /"~"/);
  assert.match(chosenVersionProblem('1.0', '2_0') ?? '', /"_"/);
  assert.match(chosenVersionProblem('1.0', '1.0') ?? '', /current version/);
  assert.match(chosenVersionProblem('1.1', '1.0', new Set(['1.1', '1.0'])) ?? '', /already/);
});

function reason(step: VersionStep): string {
  assert.equal(step.kind, 'impossible');
  return step.kind === 'impossible' ? step.reason : '';
}

const legalVersion = fc
  .array(
    fc.constantFrom('1', '0', '9', '2026', '.', '-', '-s', 's', 'v', 'rocm', '-20260816', '-s4'),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => (versionProblem(text) ?? tagProblem(text)) === undefined);

test('what follows is always greater for dpkg and always a legal tag', { skip: noDpkg }, () => {
  const pairs: [string, string][] = [];
  const collect = (old: string, step: VersionStep) => {
    assert.notEqual(step.kind, 'impossible', `${old}: ${JSON.stringify(step)}`);
    if (step.kind !== 'version') {
      return;
    }
    assert.equal(versionProblem(step.version) ?? tagProblem(step.version), undefined, step.version);
    pairs.push([old, step.version]);
  };
  for (const old of fc.sample(legalVersion, { numRuns: 250, seed: 7 })) {
    collect(old, nextVersion(old, S));
    collect(old, refreshedVersion(old, todayDate, S));
  }
  assert.deepEqual(new Set(compareByDpkg(pairs)), new Set(['<']));
});

test('where docker-pkg can bump a version, its version is the one', () => {
  const digits = fc
    .array(fc.constantFrom('1', '0', '20', '.', '-', '-s1', '-s09'), { minLength: 1, maxLength: 7 })
    .map((parts) => parts.join(''))
    .filter((text) => (versionProblem(text) ?? tagProblem(text)) === undefined);
  fc.assert(
    fc.property(digits, (old) => {
      const [, base, , number] = /^([\d\-.]+?)(-s(\d+))?$/.exec(old) ?? [];
      fc.pre(base !== undefined);
      const version = `${base}-s${Number(number ?? 0) + 1}`;
      assert.deepEqual(nextVersion(old, S), { kind: 'version', version });
    }),
  );
});

test('every real version can be bumped and refreshed', { skip: noDpkg }, () => {
  const images = goldenImages();
  assert.equal(images.length, 136);
  const pairs: [string, string][] = [];
  for (const { version } of images) {
    for (const step of [nextVersion(version, S), refreshedVersion(version, todayDate, S)]) {
      assert.equal(step.kind, 'version', version);
      if (step.kind !== 'version') {
        continue;
      }
      pairs.push([version, step.version]);
      const again = nextVersion(step.version, S);
      if (again.kind === 'version') {
        pairs.push([step.version, again.version]);
      }
    }
  }
  assert.equal(pairs.length, 4 * 136);
  assert.deepEqual(new Set(compareByDpkg(pairs)), new Set(['<']));
});
