/** `secrets` and `ssh`: which image gets which, in which plan, and what is no id. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSecrets, secretProblems, unusedSecrets } from '#builder/secrets.js';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { emitHcl } from '#compiler/emit/hcl.js';
import { emitJson } from '#compiler/emit/json.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import type { SecretSource, SecretSources } from '#compiler/plan/options.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

const none: SecretSources = { secrets: new Map(), ssh: new Map() };
const short = 'registry = "r.example"\nversion = "1"\n';
const mount = (id: string) => `RUN --mount=type=secret,id=${id} true\n`;

function compiled(files: Readonly<Record<string, ScratchFile>>, sources: SecretSources = none) {
  const tree = scratchTree(files);
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph, selected } = compile({ workspace: opened.value, selection }).value;
  const options = { ...printed, context: new Contexts(cwd).of, sources };
  const { value } = makePlan(graph, selected, options);
  const given = value.targets.map(({ name, secret, ssh }) => [name, [...secret, ...ssh]]);
  const broken = graph.broken.flatMap(({ image }) => image.diagnostics);
  return {
    graph,
    given: Object.fromEntries(given),
    plan: value,
    problems: explain([...opened.diagnostics, ...broken]),
  };
}

test('an image gets those of its tree that it mounts, and all of its own', () => {
  const { given } = compiled({
    'generate-bake.toml': `${short}secrets = ["npmrc", "token"]\nssh = ["default", "deploy"]
[[image]]\nname = "own"\npath = "own"\nsecrets = ["mine", "token"]\nssh = "deploy"\n`,
    'none/Dockerfile': 'FROM scratch\nCOPY Dockerfile /npmrc\n',
    'one/Dockerfile': `FROM debian:13\n${mount('npmrc')}`,
    'target/Dockerfile':
      'FROM debian:13\nRUN \\\n  --mount=type="secret",target=/root/token \\\n  true\n',
    'variable/Dockerfile': 'FROM debian:13\nARG ID\nRUN --mount=type=secret,id=$ID true\n',
    'other/Dockerfile': 'FROM debian:13\nRUN --mount=type=cache,id=npmrc,target=/x true\n',
    'ssh/Dockerfile': 'FROM debian:13\nRUN --mount=type=ssh git clone git@host.example:x\n',
    'deploy/Dockerfile': 'FROM debian:13\nRUN --mount=type=ssh,id=deploy true\n',
    'parent/Dockerfile': `FROM debian:13\nONBUILD ${mount('token')}`,
    'child/Dockerfile': 'FROM r.example/parent:1\n',
    'grandchild/Dockerfile': 'FROM r.example/child:1\n',
    'own/Dockerfile': 'FROM debian:13\n',
  });
  assert.deepEqual(given, {
    none: [],
    one: ['id=npmrc'],
    target: ['id=token'],
    variable: ['id=npmrc', 'id=token'],
    other: [],
    ssh: ['default'],
    deploy: ['deploy'],
    parent: ['id=token'],
    child: ['id=token'],
    grandchild: [],
    own: ['id=mine', 'id=token', 'deploy'],
  });
});

test('the tree of docker-pkg has them below generate-bake; of two files the nearer one counts', () => {
  const images = {
    'images/app/Dockerfile.template': `FROM debian:13\n${mount('a')}${mount('b')}`,
    'images/app/changelog':
      'app (1) x; urgency=low\n\n  * x\n\n -- A <a@b.c>  Mon, 01 Jun 2026 06:00:00 +0000\n',
    'images/app/control': 'Package: app\nDescription: x\n',
    'generate-bake.yaml': 'secrets: [a]\ntree:\n  - directory: images\n    config: config.yaml\n',
  };
  const config = 'registry: r.example\n';
  assert.deepEqual(compiled({ ...images, 'config.yaml': config }).given, { app: ['id=a'] });
  const own = `${config}generate-bake: {secrets: [b]}\n`;
  assert.deepEqual(compiled({ ...images, 'config.yaml': own }).given, { app: ['id=b'] });
});

test('a plan says where they are, as bake takes it, and never what they are', () => {
  const files = {
    'generate-bake.toml': `${short}secrets = ["a", "b", "c"]\nssh = ["default", "key"]\n`,
    'app/Dockerfile': `FROM debian:13\n${mount('a')}${mount('b')}${mount('c')}RUN --mount=type=ssh --mount=type=ssh,id=key true\n`,
  };
  const { plan } = compiled(files, {
    secrets: new Map([
      ['a', { kind: 'file', name: '/run/a,"b"' }],
      ['b', { kind: 'env', name: 'TOKEN' }],
      ['c', { kind: 'usual' }],
    ]),
    ssh: new Map([
      ['default', []],
      ['key', ['one', 'two']],
    ]),
  });
  const { target } = JSON.parse(emitJson(plan)) as { target: { app: Record<string, unknown> } };
  const { secret, ssh } = target.app;
  assert.deepEqual(secret, ['id=a,"src=/run/a,""b"""', 'id=b,env=TOKEN', 'id=c']);
  assert.deepEqual(ssh, ['default', 'key=one,two']);
  assert.match(emitHcl(plan), /^ {2}ssh += \["default", "key=one,two"\]$/m);
  assert.match(emitHcl(plan), /^ {2}secret += \["id=a,\\"src=/m);
});

test('what is no id is refused where it is written', () => {
  const { problems } = compiled({
    'generate-bake.toml': `${short}secrets = ["id=npmrc,src=/etc/x", "a b"]\nssh = ["default=/k"]\n`,
  });
  assert.equal(
    problems.replace(/^ .*[|].*\n/gm, ''),
    `generate-bake.toml:3:12: error: secrets: "id=npmrc,src=/etc/x" is not an id [workspace-file]
  hint: write "npmrc" alone; whoever builds says where it is: --secret id=npmrc,src=FILE
generate-bake.toml:3:35: error: secrets: "a b" is not an id [workspace-file]
  hint: write letters, digits, "_", "-" and "."
generate-bake.toml:4:8: error: ssh: "default=/k" is not an id [workspace-file]
  hint: write "default" alone; whoever builds says where it is: --ssh default=FILE
`,
  );
  assert.match(
    compiled({ 'generate-bake.yaml': 'registry: r.example\nversion: "1"\nsecrets: {a: b}\n' })
      .problems,
    /^generate-bake\.yaml:3:10: error: secrets must be a list of strings, not a (?:table|mapping)/,
  );
});

test('what nothing says the place of is refused at its line, once', () => {
  const { graph } = compiled({
    'generate-bake.toml': `${short}secrets = ["a", "b"]\nssh = ["default"]\n`,
    'one/Dockerfile': `FROM debian:13\n${mount('a')}`,
    'two/Dockerfile': `FROM debian:13\n${mount('a')}RUN --mount=type=ssh true\n`,
    'tri/Dockerfile': `FROM debian:13\n${mount('b')}`,
  });
  const all = new Set(graph.images.map(({ reference }) => reference));
  const some = new Set([...all].filter((reference) => !reference.includes('tri')));
  const { secrets } = { secrets: new Map([['b', { kind: 'env', name: 'B' } as const]]) };
  assert.equal(
    explain(secretProblems(graph, some, none, [])).replace(/^ .*[|].*\n/gm, ''),
    `generate-bake.toml:3:12: error: r.example/one:1, r.example/two:1 need the secret a, and nothing says where it is [secret-source]
  hint: add --secret id=a,src=FILE, or --secret id=a,env=NAME
generate-bake.toml:4:8: error: r.example/two:1 needs SSH, default, and nothing says where it is [secret-source]
  hint: add --ssh default=FILE, or --ssh default for the agent of SSH_AUTH_SOCK
`,
  );
  assert.equal(secretProblems(graph, all, { ...none, secrets }, []).length, 2);
  const set = secretProblems(graph, all, { ...none, secrets }, ['--set', '*.secrets=id=a,env=A']);
  assert.deepEqual(
    set.map(({ code }) => code),
    ['usage', 'secret-source'],
  );
  assert.equal(
    explain(unusedSecrets(graph, { ...none, secrets: new Map([['bb', { kind: 'usual' }]]) })),
    'warning: --secret id=bb: no image asks for it [usage]\n  hint: add secrets = ["bb"] to the tree or the image\n',
  );
});

test('what the user names has to be there, and its lines are in no log', () => {
  const tree = scratchTree({ full: 'first line\nsecond\n', empty: '', 'folder/x': '' });
  const host = { cwd: tree.path, env: { SET: 'value-of-it', EMPTY: '' } };
  const file = (name: string) => ({ kind: 'file', name }) as const;
  const variable = (name: string) => ({ kind: 'env', name }) as const;
  const secrets = new Map<string, SecretSource>([
    ['a', file('full')],
    ['b', file('empty')],
    ['c', file('folder')],
    ['d', file('gone')],
    ['e', variable('SET')],
    ['f', variable('EMPTY')],
    ['g', variable('UNSET')],
  ]);
  const ssh = new Map<string, readonly string[]>([
    ['default', []],
    ['key', ['full', 'gone']],
  ]);
  const { value, diagnostics } = openSecrets({ secrets, ssh }, host);
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    [
      '--secret id=b: empty is empty',
      '--secret id=c: folder is not a regular file',
      '--secret id=d: gone: does not exist',
      '--secret id=f: the environment variable EMPTY is empty',
      '--secret id=g: the environment variable UNSET is not set',
      '--ssh default: SSH_AUTH_SOCK is not set',
      '--ssh key: gone: does not exist',
    ],
  );
  assert.deepEqual(value.readPaths, [tree.at('full'), tree.at('full')]);
  const texts = value.values.map((each) => each.reveal());
  assert.deepEqual(
    [...new Set(texts)],
    ['first line\nsecond', 'first line', 'second', 'value-of-it'],
  );
  assert.ok(!JSON.stringify(value).includes('value-of-it'));
});
