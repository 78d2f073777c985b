/** `[[hold]]` and `stop_file` of a workspace file: what is read, what is refused, and what they hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecurityFix } from '#compiler/definitions/securityFix.js';
import { type HoldMoment, heldBy, holdText, phaseOf } from '#compiler/select/heldBy.js';
import { securityFixes } from '#compiler/select/securityFixes.js';
import { unusedHolds } from '#compiler/select/unusedHolds.js';
import { type HoldStop, holdStops, holdTime } from '#compiler/workspace/holdKeys.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { graphOf, treeOf } from '../../support/graph.js';
import { scratchTree } from '../../support/scratch.js';

function open(text: string) {
  const tree = scratchTree({
    'images/a/changelog': 'x',
    'generate-bake.toml': `${text}\n[[tree]]\ndirectory = "images"\nconfig = []\n`,
  });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  return { ...opened, tree };
}

function holdsOf(text: string) {
  const { value, diagnostics } = open(text);
  assert.equal(explain(diagnostics), '');
  return value;
}

/** The messages with their places, without excerpts. */
function refused(text: string): string {
  return explain(open(text).diagnostics)
    .split('\n')
    .filter((line) => /error|hint/.test(line))
    .join('\n');
}

test('a hold with nothing but images and a reason stops everything, from now on', () => {
  const { holds, trees, stopFile } = holdsOf('[[hold]]\nimages = "app"\nreason = "audit"');
  assert.equal(holds?.length, 1);
  assert.deepEqual(holds[0]?.stops, holdStops);
  assert.deepEqual(trees[0]?.holds, holds);
  assert.equal(stopFile, undefined);
  assert.equal(holds[0] && holdText(holds[0]), 'held: audit (generate-bake.toml:1)');
  assert.equal(holdsOf('').holds, undefined);
});

test('all keys, and the stop file, relative to the workspace file', () => {
  const { value, tree } = open(`
stop_file = "ops/STOP"
[[hold]]
images = ["app", "*/py*"]
stops = ["latest", "publish"]
from = "2026-12-20"
until = "2026-12-31T18:00:00+01:00"
reason = "end of year"
unless = "security"`);
  assert.equal(value.stopFile?.path, tree.at('ops/STOP'));
  const [hold] = value.holds ?? [];
  assert.deepEqual(hold?.stops, ['latest', 'publish']);
  assert.equal(hold?.from?.time, Date.UTC(2026, 11, 20));
  assert.equal(hold?.until?.time, Date.UTC(2026, 11, 31, 17));
  assert.equal(hold?.unless, 'security');
  assert.equal(
    hold && holdText(hold),
    'held since 2026-12-20 until 2026-12-31T18:00:00+01:00: end of year (generate-bake.toml:3)',
  );
});

for (const [what, text, expected] of [
  ['no images', 'reason = "x"', /:1:\d+.*a hold needs images.*\n.*hint: add images = \["name"\]/],
  ['an empty list', 'images = []\nreason = "x"', /:2:\d+.*the hold is about no images/],
  ['an empty glob', 'images = [""]\nreason = "x"', /:2:\d+.*an entry of images is empty/],
  ['a wrong type', 'images = 3\nreason = "x"', /:2:\d+.*images must be a list of strings/],
  ['no reason', 'images = ["a"]', /a hold needs a reason.*\n.*hint: add reason/],
  ['an empty reason', 'images = ["a"]\nreason = " "', /:3:\d+.*the reason is empty/],
  [
    'a reason with an escape',
    'images = ["a"]\nreason = "a\\u001bb"',
    /:3:\d+.*contains a control character/,
  ],
  ['a reason of two lines', 'images = ["a"]\nreason = "a\\nb"', /:3:\d+.*more than one line/],
  [
    'an unknown stop',
    'images = ["a"]\nreason = "x"\nstops = ["push"]',
    /:4:\d+.*a hold cannot stop "push".*\n.*hint: the words are: latest, publish, build, refresh/,
  ],
  ['no stop', 'images = ["a"]\nreason = "x"\nstops = []', /:4:\d+.*the hold stops nothing/],
  [
    'a day that is none',
    'images = ["a"]\nreason = "x"\nuntil = "2026-02-30"',
    /:4:\d+.*until is not a day or a time: "2026-02-30".*\n.*hint: write it as 2026-12-31 /,
  ],
  ['a date of TOML', 'images = ["a"]\nreason = "x"\nuntil = 2026-02-03', /:4:\d+/],
  [
    'an end before the beginning',
    'images = ["a"]\nreason = "x"\nfrom = "2026-02-03"\nuntil = "2026-02-02"',
    /:5:\d+.*the hold ends before it begins/,
  ],
  [
    'another exception',
    'images = ["a"]\nreason = "x"\nunless = "urgent"',
    /:4:\d+.*unless cannot be "urgent"/,
  ],
  ['an unknown key', 'images = ["a"]\nreason = "x"\nimage = "b"', /:4:\d+.*unknown key "image"/],
] as const) {
  test(`refused: ${what}`, () => {
    assert.match(refused(`[[hold]]\n${text}`), expected);
  });
}

test('refused: a hold that is no list, and a stop file without a name', () => {
  assert.match(refused('[hold]\nimages = ["a"]\nreason = "x"'), /hold must be a list of tables/);
  for (const outside of ['/etc/motd', '../STOP', 'a/../../b']) {
    assert.match(
      refused(`stop_file = "${outside}"`),
      /:1:\d+.*stop_file leads out of the directory of the workspace file/,
    );
  }
  assert.match(refused('stop_file = ""'), /:1:\d+.*stop_file must not be empty/);
});

test('times: a day is whole, in UTC; a time has a zone', () => {
  assert.equal(holdTime('2026-12-31', 'start')?.time, Date.UTC(2026, 11, 31));
  assert.equal(holdTime('2026-12-31', 'end')?.time, Date.UTC(2027, 0, 1));
  assert.equal(holdTime('2024-02-29', 'start')?.time, Date.UTC(2024, 1, 29));
  assert.equal(holdTime('2026-12-31T10:00:00Z', 'end')?.time, Date.UTC(2026, 11, 31, 10));
  assert.equal(
    holdTime('2026-12-31t10:00:00.5z', 'end')?.time,
    Date.UTC(2026, 11, 31, 10, 0, 0, 500),
  );
  assert.equal(holdTime('2026-12-31T10:00:00-02:30', 'end')?.time, Date.UTC(2026, 11, 31, 12, 30));
  for (const wrong of [
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-12-31T10:00:00',
    '2026-12-31T24:00:00Z',
    '2026-12-31T10:60:00Z',
    '2026-12-31 10:00:00Z',
    '31.12.2026',
    'tomorrow',
    '',
  ]) {
    assert.equal(holdTime(wrong, 'start'), undefined, wrong);
  }
});

test('what a hold is about: names and globs as --select takes them; what, when, and unless', () => {
  const { holds = [] } = holdsOf(`
[[hold]]
images = ["old"]
reason = "over"
until = "2026-11-01"
[[hold]]
images = ["app", "*/lib*:1*"]
stops = ["build"]
reason = "broken"
from = "2026-11-10"
[[hold]]
images = ["*"]
stops = ["latest", "build"]
reason = "freeze"
unless = "security"
from = "2026-11-20"
until = "2026-11-30"`);
  const tree = { ...treeOf('images', { registry: 'r.example', namespace: 'ns' }), holds };
  const graph = graphOf([
    { name: 'app', version: '2', tree },
    { name: 'lib', version: '1.4', tree },
    { name: 'old', version: '1', tree },
    { name: 'my-app', version: '1', tree },
  ]);
  const by = (name: string, stop: HoldStop, moment: string | HoldMoment) => {
    const image = graph.images.find(({ rendered }) => rendered.definition.name === name);
    const at = typeof moment === 'string' ? { now: new Date(moment) } : moment;
    return heldBy(image?.rendered.definition ?? assert.fail(), stop, at)?.reason;
  };
  assert.equal(by('old', 'publish', '2026-11-01T23:59:59Z'), 'over');
  assert.equal(by('old', 'publish', '2026-11-02T00:00:00Z'), undefined);
  assert.equal(by('app', 'build', '2026-11-09T23:59:59Z'), undefined);
  assert.equal(by('app', 'build', '2026-11-10T00:00:00Z'), 'broken');
  assert.equal(by('app', 'latest', '2026-11-10T00:00:00Z'), undefined);
  assert.equal(by('lib', 'build', '2026-11-10T00:00:00Z'), 'broken');
  assert.equal(by('my-app', 'build', '2026-11-10T00:00:00Z'), undefined);
  // The first one counts, and the second where that does not apply.
  assert.equal(by('app', 'build', '2026-11-25T00:00:00Z'), 'broken');
  assert.equal(by('app', 'latest', '2026-11-25T00:00:00Z'), 'freeze');
  assert.equal(by('my-app', 'refresh', '2026-11-25T00:00:00Z'), undefined);
  const now = new Date('2026-11-25T00:00:00Z');
  assert.equal(by('my-app', 'latest', { now, isSecurity: true }), undefined);
  assert.equal(by('app', 'build', { now, isSecurity: true }), 'broken');
  assert.deepEqual(
    holds.map((hold) => phaseOf(hold, new Date('2026-11-15T00:00:00Z'))),
    ['over', 'on', 'to come'],
  );
});

test('a name or glob of a hold that is about no image is a doubt, until the hold is over', () => {
  const { holds = [] } = holdsOf(`
[[hold]]
images = ["app", "ap", "*/lib*"]
reason = "audit"
[[hold]]
images = ["gone"]
until = "2026-11-01"
reason = "over"`);
  const images = graphOf([{ name: 'app' }]).images.map(({ rendered }) => rendered.definition);
  const found = unusedHolds(holds, images, new Date('2026-11-25T00:00:00Z'));
  assert.deepEqual(
    found.map(({ message, place }) => `${place?.line}:${place?.column} ${message}`),
    ['3:18 no image matches "ap" of the hold', '3:24 no image matches "*/lib*" of the hold'],
  );
  assert.equal(unusedHolds(holds, images, new Date('2026-10-25T00:00:00Z')).length, 3);
});

test('a fix of a vulnerability: by its block, and for what update bumped with it', () => {
  assert.equal(isSecurityFix(['', '  * CVE-2026-12345 in libfoo']), true);
  assert.equal(isSecurityFix(['  * Security update']), true);
  assert.equal(isSecurityFix(['  * insecurity, CVE-12']), false);
  const [then, now] = ['2026-11-01T00:00:00Z', '2026-11-20T10:00:00Z'];
  const graph = graphOf([
    { name: 'base', definition: { created: now, isSecurity: true } },
    { name: 'with', parents: ['base'], definition: { created: now } },
    { name: 'deeper', parents: ['with'], definition: { created: now } },
    { name: 'later', parents: ['base'], definition: { created: then } },
    { name: 'other', definition: { created: now } },
  ]);
  const names = [...securityFixes(graph)].map((each) => each.replace(/^.*\/|:.*$/g, ''));
  assert.deepEqual(names, ['base', 'with', 'deeper']);
});
