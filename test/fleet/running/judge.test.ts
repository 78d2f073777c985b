/** Verdicts by the rules of doc/running.md, with facts made by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Repository } from '#core/reference/brands.js';
import type { TreeImage } from '#fleet/references/names.js';
import { judgeOther, judgeOwn, type OwnFacts, type TagState } from '#fleet/running/judge.js';
import { behindOf, versionsIn } from '#fleet/running/versions.js';
import { treeOf } from '../../support/graph.js';

const image = (version: string): TreeImage => ({
  tree: treeOf(),
  repository: 'r/app' as Repository,
  version,
  directory: '/trees/images/app',
  shown: 'images/app',
});

const published = ['1.0-1', '1.0-2', '1.0-2-20261101', '1.0-10', 'latest', '20261127', '1.0-1-s1'];

test('versions that are published after one, in the order of dpkg', () => {
  const behind = (version: string, of = '1.0-10') => behindOf(image(of), version, published);
  assert.deepEqual(behind('1.0-1'), { versions: 3, newest: '1.0-10' });
  assert.deepEqual(behind('1.0-2'), { versions: 1, newest: '1.0-10' });
  assert.equal(behind('1.0-10'), undefined);
  // A nightly build of 1.0-2, after which only 1.0-10 comes.
  assert.deepEqual(behind('1.0-2-20261101'), { versions: 1, newest: '1.0-10' });
  // What was published before an upgrade.
  assert.deepEqual(behindOf(image('1-s1'), '1', ['1', '1-s1']), { versions: 1, newest: '1-s1' });
  assert.deepEqual(versionsIn(image('1-s1'), ['1', '1-s1']), ['1-s1', '1']);
  // What the changelog has is not published.
  assert.equal(behind('1.0-10', '1.0-11'), undefined);
  assert.deepEqual(versionsIn(image('1.0-10'), published)[0], '1.0-10');
  assert.ok(!versionsIn(image('1.0-10'), published).includes('latest'));
});

const running = { kind: 'manifest', digest: `sha256:${'0'.repeat(64)}` } as const;
const at = (kind: 'same' | 'moved' | 'absent' | 'no-digest'): TagState => ({ kind });

test('an image of the trees', () => {
  const judged = (tag: string | undefined, facts: Partial<OwnFacts>, isPinned = false) => {
    const one = { isPinned, running, ...(tag === undefined ? {} : { tag }) };
    return judgeOwn(one, image('1.0-10'), { tags: published, ...facts });
  };
  const cases: readonly (readonly [ReturnType<typeof judged>, string, string | undefined])[] = [
    [judged('1.0-10', { at: at('same') }), 'current', undefined],
    [judged('1.0-10', { at: at('no-digest') }), 'current', undefined],
    [judged('1.0-10', { at: at('moved') }), 'restart', '1.0-10 was published again'],
    [judged('1.0-2', { at: at('same') }), 'redeploy', '1.0-10 is published'],
    [judged('1.0-2', { at: at('moved') }), 'redeploy', '1.0-10 is published'],
    [
      judged('1.0-0', { at: at('absent') }),
      'redeploy',
      '1.0-0 is not published any more, 1.0-10 is published',
    ],
    [judged('1.0-11', { at: at('absent') }), 'unknown', 'the registry does not have 1.0-11'],
    [judged('latest', { at: at('same'), version: '1.0-10' }), 'current', undefined],
    [
      judged('latest', { at: at('same'), version: '1.0-2' }),
      'redeploy',
      'latest is at 1.0-2, and 1.0-10 is published',
    ],
    [judged('latest', { at: at('moved') }), 'restart', 'latest is at another image now'],
    [judged('latest', { at: at('same') }), 'unknown', 'latest is not at a published version'],
    [
      judged('latest', { at: { kind: 'failed', reason: 'r does not answer' } }),
      'unknown',
      'r does not answer',
    ],
    [judged('1.0-10', { tags: { reason: 'r does not answer' } }), 'unknown', 'r does not answer'],
    [judged(undefined, { version: '1.0-10' }, true), 'current', undefined],
    [judged(undefined, { version: '1.0-1' }, true), 'redeploy', '1.0-10 is published'],
    [judged(undefined, {}, true), 'unknown', 'no published version is what runs'],
    [
      judged('1.0-10', { at: at('moved') }, true),
      'redeploy',
      '1.0-10 was published again with another digest',
    ],
  ];
  for (const [{ kind, reason }, expected, why] of cases) {
    assert.deepEqual([kind, reason], [expected, why]);
  }
});

test('an image that no tree defines', () => {
  const one = { tag: 'a', isPinned: false };
  const base = { kind: 'on', image: image('1.0-10'), version: '1.0-2' } as const;
  const behind = { versions: 1, newest: '1.0-10' };
  const retired = { file: 'images/app/changelog', commit: 'a'.repeat(40) };
  assert.deepEqual(
    [
      judgeOther(one, { base: { ...base, behind }, at: at('same') }),
      judgeOther(one, { base: { ...base, behind }, at: at('moved') }),
      judgeOther(one, { base }),
      judgeOther(one, { base: { kind: 'none' } }),
      judgeOther(one, { base: { kind: 'unknown', reason: 'x' } }),
      judgeOther(one, { base: { kind: 'none' }, retired }),
    ].map(({ kind, reason }) => [kind, reason]),
    [
      ['rebuild', 'built on app 1.0-2, and 1.0-10 is published'],
      ['restart', 'a is at another image now'],
      ['current', 'built on app 1.0-2'],
      ['foreign', 'it is not built on any of these images'],
      ['unknown', 'x'],
      ['retired', 'images/app/changelog was removed by aaaaaaaaaaaa'],
    ],
  );
});
