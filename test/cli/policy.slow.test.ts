/** `policy --format kubernetes`: what the objects are, and what their expressions say of pods. No cluster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { sketchFiles } from '../support/buildTree.js';
import { evaluateCel } from '../support/cel.js';
import { runCli } from '../support/cli.js';
import { scratchTree } from '../support/scratch.js';

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly failurePolicy?: string;
    readonly matchConstraints?: {
      readonly resourceRules: readonly {
        readonly apiGroups: readonly string[];
        readonly operations: readonly string[];
        readonly resources: readonly string[];
      }[];
    };
    readonly variables?: readonly { readonly name: string; readonly expression: string }[];
    readonly validations?: readonly {
      readonly expression: string;
      readonly messageExpression: string;
    }[];
    readonly policyName?: string;
    readonly validationActions?: readonly string[];
    readonly matchResources?: object;
  };
}

const policy = `[policy]
registries = ["r.example", "docker.io/library", "p.example:5000/team"]
[policy.base]
images = ["root", "trixie", "bookworm*"]
[policy.service]
images = ["app"]
`;
const trees = '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n';
const exception = (images: string, rule: string, until: string): string =>
  `[[policy.exception]]\nimages = "${images}"\nrule = "${rule}"\nreason = "moves"\nuntil = "${until}"\n`;

function workspace(file: string) {
  return scratchTree({
    'config.yaml': 'registry: own.example\n',
    'generate-bake.toml': file,
    ...sketchFiles(
      'images',
      Object.fromEntries(
        ['root', 'app', 'bookworm-tools'].map((name) => [name, { dockerfile: 'FROM scratch\n' }]),
      ),
    ),
  });
}

async function printed(file: string, ...words: readonly string[]) {
  const done = await runCli(['policy', '--format', 'kubernetes', ...words], {
    cwd: workspace(file).path,
  });
  assert.equal(done.status, 0, done.stderr);
  return { ...done, documents: loadAll(done.stdout) as readonly Document[] };
}

type PodSpec = Readonly<
  Record<string, readonly { readonly name: string; readonly image?: string | object }[]>
>;

const shapes: Readonly<Record<string, (spec: PodSpec) => object>> = {
  'generate-bake-pods': (spec) => ({ spec }),
  'generate-bake-workloads': (spec) => ({ spec: { template: { spec } } }),
  'generate-bake-cronjobs': (spec) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } }),
};

/** What Kubernetes would say of an object; empty: it takes it. */
function objections(
  { metadata, spec }: Document,
  pod: PodSpec,
  before?: PodSpec,
): readonly string[] {
  const shape = shapes[metadata.name] ?? assert.fail(metadata.name);
  const variables: Record<string, unknown> = {};
  const about = {
    object: shape(pod),
    oldObject: before === undefined ? null : shape(before),
    variables,
  };
  for (const { name, expression } of spec.variables ?? []) {
    variables[name] = evaluateCel(expression, about);
  }
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }) =>
    evaluateCel(expression, about) === true ? [] : [String(evaluateCel(messageExpression, about))],
  );
}

const policiesIn = (documents: readonly Document[]): readonly Document[] =>
  documents.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');

const refused = (reference: string): readonly string[] => [
  `the policy does not allow the registry of ${reference}`,
];
const deployed = (reference: string): readonly string[] => [
  `base images are not deployed: ${reference}`,
];

const digest = `sha256:${'a'.repeat(64)}`;

const expected: Readonly<Record<string, readonly string[]>> = {
  nginx: [],
  'nginx:1.27': [],
  [`nginx@${digest}`]: [],
  'library/nginx': [],
  'index.docker.io/nginx:1': [],
  'team/nginx': refused('docker.io/team/nginx:latest'),
  'docker.io/team/nginx:1': refused('docker.io/team/nginx:1'),
  'r.example/x': [],
  'R.Example/deep/x:1': [],
  [`r.example/x:1@${digest}`]: [],
  'r.example:5000/x': refused('r.example:5000/x:latest'),
  'r.example.evil.example/x:1': refused('r.example.evil.example/x:1'),
  'p.example:5000/team/x': [],
  'p.example:5000/teams/x:1': refused('p.example:5000/teams/x:1'),
  'localhost/x:1': refused('localhost/x:1'),
  'own.example/app:9': [],
  'own.example/other:9': refused('own.example/other:9'),
  'own.example/root:1': deployed('own.example/root:1'),
  'r.example/trixie': deployed('r.example/trixie:latest'),
  [`r.example/deep/bookworm-slim:1@${digest}`]: deployed('r.example/deep/bookworm-slim:1'),
  'r.example/rootless:1': [],
  '': [],
};

test('each shape of object: its rules, and what its expressions say of images', async () => {
  const { documents, stderr } = await printed(policy + trees);
  assert.equal(stderr, '');
  assert.deepEqual(
    documents.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name]),
    Object.keys(shapes).flatMap((name) =>
      ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'].map((kind) => [
        'admissionregistration.k8s.io/v1',
        kind,
        name,
      ]),
    ),
  );
  const rules = policiesIn(documents).flatMap(
    ({ spec }) => spec.matchConstraints?.resourceRules ?? [],
  );
  assert.deepEqual(
    rules.flatMap(({ apiGroups, resources }) => resources.map((one) => `${apiGroups[0]}/${one}`)),
    [
      '/pods',
      '/pods/ephemeralcontainers',
      '/replicationcontrollers',
      'apps/daemonsets',
      'apps/deployments',
      'apps/replicasets',
      'apps/statefulsets',
      'batch/jobs',
      'batch/cronjobs',
    ],
  );
  assert.ok(rules.every(({ operations }) => operations.join() === 'CREATE,UPDATE'));
  for (const one of policiesIn(documents)) {
    assert.equal(one.spec.failurePolicy, 'Fail');
    for (const [image, says] of Object.entries(expected)) {
      const volumes = [{ name: 'plain' }, { name: 'v', image: { reference: image } }];
      const mounting = { containers: [{ name: 'a', image: 'nginx' }], volumes };
      assert.deepEqual(objections(one, mounting), says, `${one.metadata.name} volume ${image}`);
      for (const kind of ['containers', 'initContainers', 'ephemeralContainers']) {
        const pod = { containers: [{ name: 'a', image: 'nginx' }], [kind]: [{ name: 'b', image }] };
        assert.deepEqual(objections(one, pod), says, `${one.metadata.name} ${kind} ${image}`);
      }
    }
    const bad = [{ name: 'a', image: 'evil.example/x:1' }];
    // What runs already may be changed, and deleted; nothing may be added.
    assert.deepEqual(objections(one, { containers: bad }, { containers: bad }), []);
    assert.deepEqual(
      objections(
        one,
        { containers: [...bad, { name: 'b', image: 'evil.example/y:1' }] },
        { containers: bad },
      ),
      refused('evil.example/y:1'),
    );
    assert.deepEqual(objections(one, { containers: [{ name: 'a' }] }), []);
  }
  for (const { spec } of documents.filter(({ kind }) => kind.endsWith('Binding'))) {
    assert.deepEqual(spec.validationActions, ['Deny']);
    assert.equal(spec.matchResources, undefined);
  }
});

test('exceptions in force, further names, levels, namespaces and the action', async () => {
  const { documents, stdout, stderr } = await printed(
    `registry_aliases = { "old.example" = "r.example" }\n${policy}${exception('special', 'policy-registry', '2999-01-01')}${exception('quay.io/x/special', 'policy-registry', '2999-01-01')}${exception('nginx-unpriv*', 'policy-registry', '2999-01-01')}${exception('index.docker.io/team/a*:1', 'policy-registry', '2999-01-01')}${exception('*/wild', 'policy-registry', '2999-01-01')}${exception('trixie', 'policy-kind', '2999-01-01')}${exception('over', 'policy-registry', '2020-01-01')}${trees}`,
    ...['--action', 'warn', '--exclude-namespace', 'kube-system', '--exclude-namespace', 'ci'],
  );
  assert.match(
    stdout,
    /^# It has an exception of policy-registry until 2999-01-01: special \(moves\)$/m,
  );
  assert.match(
    stderr,
    /^an exception of policy-kind is in it until 2999-01-01: print it anew then$/m,
  );
  const [first] = policiesIn(documents);
  assert.ok(first);
  const says = (image: string) => objections(first, { containers: [{ name: 'a', image }] });
  assert.deepEqual(says('old.example/x:1'), []);
  assert.deepEqual(says('quay.io/x/special:1'), []);
  assert.deepEqual(says('QUAY.io/x/special'), []);
  // What no tree defines is excepted with its registry alone: in another one anybody can give an image the name.
  for (const other of [
    'evil.example/special:1',
    'quay.io/y/x/special:1',
    'evil.example/quay.io/x/special:1',
    'quay.io/x/special2:1',
    'nginx-unpriv.evil.example/x:1',
    'evil.example/nginx-unprivileged:1',
    'evil.example/wild:1',
  ]) {
    assert.deepEqual(says(other), refused(other));
  }
  assert.deepEqual(says('team/abc:1'), []);
  assert.deepEqual(says('team/abc:2'), refused('docker.io/team/abc:2'));
  assert.deepEqual(says('r.example/trixie:1'), []);
  assert.deepEqual(says('quay.io/over:1'), refused('quay.io/over:1'));
  const [, binding] = documents;
  assert.deepEqual(binding?.spec, {
    policyName: 'generate-bake-pods',
    validationActions: ['Warn'],
    matchResources: {
      namespaceSelector: {
        matchExpressions: [
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'ci'] },
        ],
      },
    },
  });

  const off = await printed(`${policy}[check]\npolicy-registry = "off"\n${trees}`);
  const [without] = policiesIn(off.documents);
  assert.ok(without);
  const anything = objections(without, { containers: [{ name: 'a', image: 'evil.example/x' }] });
  assert.deepEqual(anything, []);
  assert.equal(without.spec.validations?.length, 1);
});

test('where no registries are named, base images are those of the own registry', async () => {
  const { documents } = await printed(`[policy.base]\nimages = ["root", "trixie"]\n${trees}`);
  const [first] = policiesIn(documents);
  assert.ok(first);
  const says = (image: string) => objections(first, { containers: [{ name: 'a', image }] });
  assert.deepEqual(says('own.example/trixie:1'), deployed('own.example/trixie:1'));
  assert.deepEqual(says('quay.io/trixie:1'), []);
});

test('an image of the trees is what they say it is, whatever its name looks like', async () => {
  // The name of the tree's image has a namespace, which the glob does not match.
  const tree = scratchTree({
    'config.yaml': 'registry: r.example\n',
    'generate-bake.toml': `[policy]\nregistries = ["r.example"]\n[policy.base]\nimages = ["roo*"]\n${trees}`,
    'images/rootless/image.toml': 'name = "team/rootless"\nversion = "1"\n',
    'images/rootless/Dockerfile': 'FROM scratch\nCOPY image.toml /\n',
  });
  const { status, stdout, stderr } = await runCli(['policy', '--format', 'kubernetes'], {
    cwd: tree.path,
  });
  assert.equal(status, 0, stderr);
  const [first] = policiesIn(loadAll(stdout) as readonly Document[]);
  assert.ok(first);
  const says = (image: string) => objections(first, { containers: [{ name: 'a', image }] });
  assert.deepEqual(says('r.example/team/rootless:1'), []);
  assert.deepEqual(says('r.example/other/rootless:1'), deployed('r.example/other/rootless:1'));
});

test('a broken image is told, and the rest printed', async () => {
  const tree = workspace(policy + trees);
  tree.write({ 'images/app/Dockerfile.template': 'FROM {{ x\n' });
  const { status, stdout, stderr } = await runCli(['policy', '--format', 'kubernetes'], {
    cwd: tree.path,
  });
  assert.equal(status, 1);
  assert.match(stderr, /^images\/app\/Dockerfile\.template:1:\d+: error: /m);
  // Its name is known all the same.
  assert.match(stdout, /"own\.example\/app"/);
});

test('more images than an expression can name are refused, and need no names in a registry that is allowed', async () => {
  const images = Object.fromEntries(
    Array.from({ length: 2_400 }, (_, at) => [
      `an-image-of-a-large-fleet-${at}`,
      { dockerfile: 'FROM scratch\n' },
    ]),
  );
  const tree = scratchTree({
    'config.yaml': 'registry: own.example\n',
    'generate-bake.toml': policy + trees,
    ...sketchFiles('images', images),
  });
  const words = ['policy', '--format', 'kubernetes'];
  const long = await runCli(words, { cwd: tree.path });
  assert.deepEqual([long.status, long.stdout], [2, '']);
  assert.match(
    long.stderr,
    /^generate-bake\.toml:2:15: error: the policy names more images than an expression of Kubernetes can \(100,000 characters\) \[usage\]$/m,
  );
  tree.write({
    'generate-bake.toml': policy.replace('["r.example"', '["own.example", "r.example"') + trees,
  });
  const short = await runCli(words, { cwd: tree.path });
  assert.equal(short.status, 0, short.stderr);
  assert.ok(short.stdout.length < 20_000);
});

test('what cannot be said is refused', async () => {
  const refusal = async (file: string, ...words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await runCli(['policy', ...words], {
      cwd: workspace(file).path,
    });
    assert.deepEqual([status, stdout], [2, ''], stderr);
    return stderr
      .split('\n')
      .filter((line) => !/^ +(?:\d+)? \| /.test(line))
      .join('\n');
  };
  const kubernetes = ['--format', 'kubernetes'];
  assert.equal(
    await refusal(trees, ...kubernetes),
    'error: policy: generate-bake.toml has no policy [usage]\n  hint: write [policy] into the workspace file: doc/policy.md\n',
  );
  assert.match(await refusal(policy + trees), /no --format/);
  assert.match(await refusal(policy + trees, '--format', 'rego'), /rego/);
  assert.match(
    await refusal(policy + trees, ...kubernetes, '--exclude-namespace', 'a"b'),
    /--exclude-namespace: "a"b" is not the name of a namespace/,
  );
  assert.equal(
    await refusal(`[policy]\nlabels = ["team"]\n${trees}`, ...kubernetes),
    'error: the policy says nothing of what may run [usage]\n  hint: write registries, or [policy.base], and leave policy-registry or policy-kind on\n',
  );
  for (const character of [
    '\\u0085',
    '\\u2028',
    '\\u2029',
    '\\u0000',
    '\\n',
    ' ',
    'é',
    '\\u202e',
  ]) {
    for (const file of [
      `[policy.base]\nimages = ["tri${character}xie"]\n${trees}`,
      policy + exception(`tri${character}xie`, 'policy-kind', '2999-01-01') + trees,
    ]) {
      assert.match(
        await refusal(file, ...kubernetes),
        /has a character that no name of an image has/,
      );
    }
  }
  assert.match(
    await refusal(`[policy.base]\nimages = ["tri[xy]ie"]\n${trees}`, ...kubernetes),
    /^generate-bake\.toml:2:11: error: "tri\[xy\]ie" cannot be said to Kubernetes: it has a set of characters \[usage\]\n {2}hint: write a pattern for each name/,
  );
});
