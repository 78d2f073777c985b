/** What kubectl prints, as documented in the API reference: owners, image IDs, wrong shapes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonProblem } from '#formats/json/pull.js';
import { readImageId } from '#formats/kubernetes/imageId.js';
import { workloadOf } from '#formats/kubernetes/owner.js';
import { type Workloads, workloadsIn } from '#formats/kubernetes/workloads.js';

function read(value: unknown): Workloads {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const reading = workloadsIn(Buffer.from(text));
  for (;;) {
    const step = reading.next();
    if (step.done) {
      return step.value;
    }
  }
}

const problemOf = (value: unknown): string => {
  try {
    read(value);
  } catch (cause) {
    assert.ok(cause instanceof JsonProblem, String(cause));
    return cause.message;
  }
  assert.fail('no problem');
};

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test('imageID of each runtime', () => {
  const manifest = { kind: 'manifest', digest };
  const any = { kind: 'any', digest };
  const cases: readonly (readonly [string, unknown])[] = [
    [`docker-pullable://r.example:5000/a/b@${digest}`, manifest],
    [`r.example/a/b@${digest}`, manifest],
    [`docker://${digest}`, any],
    [digest, any],
    [digest.slice('sha256:'.length), any],
    ['', undefined],
    ['docker://', undefined],
    ['r.example/a:1', undefined],
    [`r.example/a@${digest.slice(0, -1)}`, undefined],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(readImageId(text), expected, text);
  }
});

test('owners: a ReplicaSet is of a Deployment, a Job of a CronJob, a static pod of its node', () => {
  const pod = (name: string, kind?: string, owner = '', hash?: string) =>
    workloadOf({
      kind: 'Pod',
      name,
      ...(hash === undefined ? {} : { hash }),
      owners: kind === undefined ? [] : [{ kind, name: owner, isController: true }],
    });
  const cases: readonly (readonly [ReturnType<typeof pod>, string, string])[] = [
    [
      pod('web-6d4cf56db6-x2x7q', 'ReplicaSet', 'web-6d4cf56db6', '6d4cf56db6'),
      'Deployment',
      'web',
    ],
    [pod('web-6d4cf56db6-x2x7q', 'ReplicaSet', 'web-6d4cf56db6'), 'Deployment', 'web'],
    [pod('a-b', 'ReplicaSet', 'frontend'), 'ReplicaSet', 'frontend'],
    [pod('backup-28612345-abcde', 'Job', 'backup-28612345'), 'CronJob', 'backup'],
    [pod('backup-1716740700-abcde', 'Job', 'backup-1716740700'), 'CronJob', 'backup'],
    [pod('migrate-abcde', 'Job', 'migrate'), 'Job', 'migrate'],
    [pod('db-0', 'StatefulSet', 'db'), 'StatefulSet', 'db'],
    [pod('log-k2x', 'DaemonSet', 'log'), 'DaemonSet', 'log'],
    [pod('kube-apiserver-node1', 'Node', 'node1'), 'Pod', 'kube-apiserver'],
    [pod('alone'), 'Pod', 'alone'],
  ];
  for (const [found, kind, name] of cases) {
    assert.deepEqual(found, { kind, name });
  }
});

const container = (name: string, image = 'r.example/a:1') => ({ name, image });

test('pods: init and ephemeral containers, no status yet, those that ended; templates', () => {
  const found = read({
    kind: 'List',
    items: [
      {
        kind: 'Pod',
        metadata: { name: 'one', namespace: 'n' },
        spec: {
          containers: [container('a')],
          initContainers: [container('b')],
          ephemeralContainers: [container('c')],
        },
        status: {
          phase: 'Running',
          containerStatuses: [{ name: 'a', imageID: `r.example/a@${digest}` }],
          initContainerStatuses: [{ name: 'b', imageID: digest }],
          ephemeralContainerStatuses: [{ name: 'c', imageID: '' }],
        },
      },
      { kind: 'Pod', metadata: { name: 'new' }, spec: { containers: [container('a')] } },
      {
        kind: 'Pod',
        metadata: { name: 'done' },
        spec: { containers: [container('a')] },
        status: { phase: 'Succeeded' },
      },
      { kind: 'Secret', metadata: { name: 's' }, data: { a: 'b' } },
      {
        kind: 'CronJob',
        metadata: { name: 'nightly' },
        spec: { jobTemplate: { spec: { template: { spec: { containers: [container('j')] } } } } },
      },
      {
        kind: 'Deployment',
        metadata: { name: 'off' },
        spec: { replicas: 0, template: { spec: { containers: [container('a')] } } },
      },
      {
        kind: 'ReplicaSet',
        metadata: { name: 'x-1', ownerReferences: [{ kind: 'Deployment', name: 'x' }] },
        spec: { replicas: 3, template: { spec: { containers: [container('a')] } } },
      },
    ],
  });
  assert.deepEqual(
    found.containers.map(({ workload, name, imageId, pods, isTemplate }) => [
      `${workload.kind} ${workload.name}`,
      name,
      imageId,
      pods,
      isTemplate,
    ]),
    [
      ['Pod one', 'a', `r.example/a@${digest}`, 1, false],
      ['Pod one', 'b', digest, 1, false],
      ['Pod one', 'c', undefined, 1, false],
      ['Pod new', 'a', undefined, 1, false],
      ['CronJob nightly', 'j', undefined, 1, true],
    ],
  );
  assert.deepEqual([found.ended, found.idle, [...found.others]], [1, 1, [['Secret', 1]]]);
});

test('a PodList, a list, one pod, and one after the other', () => {
  const pod = { kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container('a')] } };
  const { kind: _, ...unnamed } = pod;
  const texts = [
    JSON.stringify({ items: [unnamed], kind: 'PodList' }),
    JSON.stringify([pod]),
    JSON.stringify(pod),
    `${JSON.stringify({ kind: 'List', items: [] })}\n${JSON.stringify(pod)}\n`,
  ];
  for (const text of texts) {
    assert.equal(read(text).containers.length, 1, text);
  }
});

test('wrong shapes are named by their path', () => {
  const pod = (more: object) => ({ kind: 'List', items: [{ kind: 'Pod', ...more }] });
  const metadata = { name: 'p' };
  const cases: readonly (readonly [unknown, string])[] = [
    [{}, 'an object that does not say its kind'],
    [{ kind: 7 }, 'kind: this is a number, not a text'],
    [{ kind: 'List' }, 'a list without items'],
    [{ kind: 'List', items: {} }, 'items: this is an object, not a list'],
    [{ kind: 'List', items: [7] }, 'items[0]: this is a number, not an object'],
    [{ kind: 'List', items: [{}] }, 'items[0]: an object that does not say its kind'],
    [pod({}), 'items[0]: a Pod without metadata.name'],
    [pod({ metadata: [] }), 'items[0].metadata: this is a list, not an object'],
    [
      pod({ metadata, spec: { containers: [{ name: 'a', image: ['secret'] }] } }),
      'items[0].spec.containers[0].image: this is a list, not a text',
    ],
    [
      pod({ metadata, spec: { containers: [{ image: 'a' }] } }),
      'items[0].spec.containers[0]: a container without a name',
    ],
    [
      pod({ metadata, spec: { initContainers: [{ name: 'a' }] } }),
      'items[0].spec.initContainers[0]: a container without an image',
    ],
    ['{"kind":"Pod","metadata":{"name":"a","name":"b"}}', 'metadata.name: the key is there twice'],
  ];
  for (const [value, message] of cases) {
    assert.equal(problemOf(value), message);
  }
});

test('volumes that are images count, by their own names; no status is theirs', () => {
  const spec = {
    containers: [{ name: 'data', image: 'r.example/app:1' }],
    volumes: [
      { name: 'plain', emptyDir: {} },
      { name: 'data', image: { pullPolicy: 'Always', reference: 'evil.example/data:1' } },
      { name: 'none', image: {} },
      { name: 'null', image: null },
    ],
  };
  const status = { containerStatuses: [{ name: 'data', imageID: `r.example/app@${digest}` }] };
  const found = (value: unknown) =>
    read(value).containers.map(({ name, image, imageId }) => [name, image, imageId]);
  assert.deepEqual(found({ kind: 'Pod', metadata: { name: 'p' }, spec, status }), [
    ['data', 'r.example/app:1', `r.example/app@${digest}`],
    ['data', 'evil.example/data:1', undefined],
  ]);
  const template = { spec };
  assert.deepEqual(
    found({
      kind: 'CronJob',
      metadata: { name: 'c' },
      spec: { jobTemplate: { spec: { template } } },
    }),
    [
      ['data', 'r.example/app:1', undefined],
      ['data', 'evil.example/data:1', undefined],
    ],
  );
});
