/** Streams that real engines give only now and then, put together from their parts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { culprits, isCancelled } from '#adapters/docker/culprit.js';
import type { ProgressEvent } from '#adapters/docker/rawjson.js';
import { trackSteps } from '#adapters/docker/steps.js';
import { type BakeTarget, lineage } from '#adapters/docker/targets.js';
import type { TargetName } from '#core/reference/brands.js';

function target(name: string, dockerfile: string, ...parents: string[]): BakeTarget {
  return {
    name: name as TargetName,
    dockerfile,
    parents: parents as TargetName[],
    context: `images/${name}`,
    tags: [`r.example/${name}:1`],
  };
}

const base = target('base', 'FROM debian\nRUN apt-get update \\\n    && make  base\n');
const other = target('other', 'FROM debian\nRUN true\n');
const child = target('child', 'FROM base:1\nRUN make child\n', 'base');
const grandchild = target('grandchild', 'FROM child:1\nRUN make grandchild\n', 'child');
const family = [base, other, child, grandchild];

function vertex(name: string, error?: string, digest = name): ProgressEvent {
  return {
    kind: 'vertex',
    digest,
    name,
    cached: false,
    ...(error === undefined ? {} : { error }),
  };
}

function blame(targets: readonly BakeTarget[], events: ProgressEvent[], text: string[] = []) {
  const all = lineage(targets);
  const tracker = trackSteps(all);
  for (const event of events) {
    tracker.take(event);
  }
  return culprits(tracker, text, all);
}

const names = (found: ReturnType<typeof blame>) => found.map((culprit) => culprit.target);

test('a step that several report belongs to the earliest of them', () => {
  const failing = (name: string) =>
    vertex(`[${name} 2/2] RUN apt-get update && make base`, 'exit 1', 'x');
  const found = blame(family, [failing('grandchild'), failing('child'), failing('base')]);
  assert.deepEqual(names(found), ['base']);
});

test('a step that only descendants report belongs to the ancestor whose Dockerfile has it', () => {
  const failing = (name: string) =>
    vertex(`[${name} 2/2] RUN apt-get update     && make  base`, 'exit 1', 'x');
  assert.deepEqual(names(blame(family, [failing('grandchild')])), ['base']);
  assert.deepEqual(names(blame(family, [failing('grandchild'), failing('child')])), ['base']);
});

test("a step that no Dockerfile has is the reporter's: instructions with arguments expanded", () => {
  const found = blame(family, [
    vertex('[grandchild 2/2] COPY --from=expanded:1 /x /x', 'not found'),
  ]);
  assert.deepEqual(names(found), ['grandchild']);
});

test("a trigger of the parent that fails in the child is the child's", () => {
  const parent = target('parent', 'FROM debian\nONBUILD RUN make it\n');
  const heir = target('heir', 'FROM parent:1\n', 'parent');
  assert.deepEqual(names(blame([parent, heir], [vertex('[heir 2/2] RUN make it', 'exit 2')])), [
    'heir',
  ]);
});

test('unrelated targets with the same failing step are both at fault', () => {
  const one = target('one', 'FROM debian\nRUN false\n');
  const two = target('two', 'FROM debian\nRUN false\n');
  const failing = (name: string) => vertex(`[${name} 2/2] RUN false`, 'exit code: 1', 'x');
  assert.deepEqual(names(blame([one, two], [failing('two'), failing('one')])), ['two', 'one']);
});

test('what was cancelled because of another failure is not at fault', () => {
  const found = blame(family, [
    vertex(
      '[other 2/2] RUN true',
      'process "sh" did not complete successfully: exit code: 137: context canceled: context canceled',
    ),
    vertex('[child internal] load .dockerignore', 'context canceled'),
    vertex('[base 2/2] RUN make base', 'process "sh" did not complete successfully: exit code: 2'),
  ]);
  assert.deepEqual(names(found), ['base']);
});

test('the log of the failed step comes along, and tells a passing failure', () => {
  const log = (text: string): ProgressEvent => ({
    kind: 'log',
    vertex: 'x',
    stream: 'stdout',
    data: Buffer.from(text),
  });
  const [found] = blame(family, [
    vertex('[base 2/2] RUN make base', undefined, 'x'),
    log('one\nE: Failed to fetch http://m.example/x  503 '),
    log(' Service Unavailable\nlast'),
    vertex('[base 2/2] RUN make base', 'exit code: 100', 'x'),
  ]);
  assert.deepEqual(found?.tail, [
    'one',
    'E: Failed to fetch http://m.example/x  503  Service Unavailable',
    'last',
  ]);
  assert.equal(found?.transient, 'a package mirror failed');
});

test('without a failed step the excerpt tells, whatever target the last line names', () => {
  const text = [
    'Dockerfile:2',
    '--------------------',
    '   1 |     FROM base:1',
    '   2 | >>> RUN make child',
    '   3 |     ',
    '--------------------',
    'ERROR: target grandchild: failed to solve: dockerfile parse error',
  ];
  const [found, ...more] = blame(family, [], text);
  assert.deepEqual(more, []);
  assert.equal(found?.target, 'child');
  assert.equal(found?.message, 'dockerfile parse error');
  assert.deepEqual(found?.excerpt, text.slice(2, 5));
});

test('targets whose Dockerfiles look the same there are told apart by the last line', () => {
  const twins = ['one', 'two'].map((name) => target(name, 'FROM nowhere:1\n'));
  const text = ['-'.repeat(20), '   1 | >>> FROM nowhere:1', '-'.repeat(20)];
  const old = blame(twins, [], [...text, 'ERROR: failed to solve: nowhere:1: not found']);
  assert.deepEqual(names(old), ['one', 'two']);
  const named = blame(
    twins,
    [],
    [...text, 'ERROR: target two: failed to solve: nowhere:1: not found'],
  );
  assert.deepEqual(names(named), ['two']);
});

test('what bake refuses before it runs anything is laid to the target that it quotes', () => {
  assert.deepEqual(
    names(blame(family, [], ['ERROR: unable to prepare context: path "images/child" not found'])),
    ['child'],
  );
  assert.deepEqual(names(blame(family, [], ['ERROR: invalid tag "r.example/other:1": bad'])), [
    'other',
  ]);
  assert.deepEqual(blame(family, [], ['ERROR: something else']), []);
  assert.deepEqual(blame(family, [], []), []);
});

test('where one target is built alone, everything is its own', () => {
  const alone = target('alone', 'FROM debian AS x\nRUN false\n');
  assert.deepEqual(names(blame([alone], [vertex('[x 2/2] RUN false', 'exit code: 1')])), ['alone']);
  assert.deepEqual(names(blame([alone], [], ['ERROR: failed to solve: what'])), ['alone']);
});

test('a step that lost its client is no culprit, a command that speaks of it is', () => {
  const lost = 'rpc error: code = Unavailable desc = error reading from server: EOF';
  const unavailable = 'rpc error: code = Unavailable desc = ';
  const dialing =
    'connection error: desc = "transport: Error while dialing: only one connection allowed"';
  for (const text of [
    lost,
    `${unavailable}${unavailable}${dialing}`,
    `${unavailable}transport is closing`,
  ]) {
    assert.ok(isCancelled(text), text);
  }
  assert.ok(isCancelled('context canceled'));
  assert.ok(!isCancelled(`process "echo ${lost}" did not complete successfully: exit code: 1`));
  assert.ok(!isCancelled(`failed to fetch: ${lost}`));
});

test('an image that is denied: the excerpt tells whose it is; a descendant that is named proves nothing', () => {
  const denied =
    'evil/x:1: failed to resolve source metadata for docker.io/evil/x:1: could not resolve image due to policy: source "docker-image://docker.io/evil/x:1" denied by policy: source denied by policy';
  const said = (named: string) => [`ERROR: target ${named}: failed to solve: ${denied}`];
  const excerpt = ['Dockerfile:1', ruler, '   1 | >>> FROM debian', '   2 |     RUN true', ruler];
  assert.deepEqual(names(blame(family, [], [...excerpt, ...said('grandchild')])), ['other']);
  assert.deepEqual(names(blame(family, [], said('base'))), ['base']);
  assert.deepEqual(names(blame(family, [], said('grandchild'))), []);
  assert.deepEqual(names(blame([child], [], [`ERROR: failed to solve: ${denied}`])), ['child']);
});

const ruler = '-'.repeat(20);
