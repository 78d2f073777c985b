import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../../support/explain.js';
import { type ScratchTree, scratchTree } from '../../../support/scratch.js';
import { readToldDefinitions as readDefinitions, toldOfGraph } from '../../../support/told.js';

function open(tree: ScratchTree) {
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  assert.equal(explain(opened.diagnostics), '');
  return opened.value;
}

function explained(tree: ScratchTree): string {
  return explain(readDefinitions(open(tree).trees).diagnostics);
}

const everything = { select: [], exclude: [], withParents: false, withChildren: false };

const vars = lines(`
  export VERSION='v1.2'
  export USER_ID=1999
  TOOL_VERSION=2.2
  PREFIX="acme/base-"
  STAGES="root run build"
`);
const root =
  'FROM scratch\nARG STAGE\nARG USER_ID\nARG MODE=fast\nADD x/${STAGE} /x\nUSER ${USER_ID}\n';
const child = (parent: string): string =>
  `ARG PREFIX\nARG VERSION\nFROM \${PREFIX}${parent}:\${VERSION}\nARG TOOL_VERSION\nARG TARGETARCH\nUSER 0\nRUN x\nUSER 1999`;

const repository = {
  'base/vars.sh': vars,
  'base/Dockerfile.root': root,
  'base/Dockerfile.run': child('root'),
  'base/Dockerfile.build': child('root'),
  'base/Dockerfile.unused': 'FROM scratch\n',
  'base/x/root/goss.yaml': '',
  'base/x/run/test.sh': '',
  'generate-bake.toml': lines(`
    [[tree]]
    kind = "stages"
    directory = "base"
    vars = "vars.sh"
    prefix = "\${PREFIX}"
    stages = "\${STAGES}"
    tests = ["x/{stage}/goss.yaml", "x/{stage}/test.sh"]
    trailer = """
    ADD Dockerfile.{stage} /x.{stage}/Dockerfile
    RUN echo {stage} \${STAGE} >>/etc/layers
    """
  `),
};

test('every stage is an image of the one version, with its arguments, trailer and tests', () => {
  const tree = scratchTree(repository);
  const { value, diagnostics } = readDefinitions(open(tree).trees);
  assert.equal(explain(diagnostics), '');
  assert.deepEqual(
    value.map(({ reference, args, tests }) => [
      reference,
      Object.fromEntries(args),
      tests?.inside.map(({ shown }) => shown),
    ]),
    [
      ['acme/base-root:v1.2', { STAGE: 'root', USER_ID: '1999' }, ['base/x/root/goss.yaml']],
      [
        'acme/base-run:v1.2',
        { PREFIX: 'acme/base-', VERSION: 'v1.2', TOOL_VERSION: '2.2' },
        ['base/x/run/test.sh'],
      ],
      ['acme/base-build:v1.2', { PREFIX: 'acme/base-', VERSION: 'v1.2', TOOL_VERSION: '2.2' }, []],
    ],
  );
  const [first, second] = value;
  assert.equal(
    first?.dockerfile.text,
    `${root}USER 0\nADD Dockerfile.root /x.root/Dockerfile\nRUN echo root \${STAGE} >>/etc/layers\nUSER \${USER_ID}\n`,
  );
  assert.equal(
    second?.dockerfile.text,
    `${child('root')}\nUSER 0\nADD Dockerfile.run /x.run/Dockerfile\nRUN echo run \${STAGE} >>/etc/layers\nUSER 1999\n`,
  );
  assert.deepEqual(first?.versionSpot, {
    file: tree.at('base/vars.sh'),
    text: 'v1.2',
    kind: 'version',
    place: {
      file: 'base/vars.sh',
      line: 1,
      column: 8,
      length: 7,
      lineText: "export VERSION='v1.2'",
    },
  });
  assert.equal(first?.tests?.directory, undefined, 'a test.sh here is none for the host');
});

test('the stages are linked, under a registry too', () => {
  const tree = scratchTree(repository);
  const parents = () => {
    const { value, diagnostics } = compile({ workspace: open(tree), selection: everything });
    assert.equal(explain(diagnostics), '');
    return value.graph.images.map(({ reference, parents: edges }) => [
      reference,
      ...edges.map(({ parent, key }) => `${parent} for ${key}`),
    ]);
  };
  const link = 'acme/base-root:v1.2 for acme/base-root:v1.2';
  assert.deepEqual(parents(), [
    ['acme/base-root:v1.2'],
    ['acme/base-build:v1.2', link],
    ['acme/base-run:v1.2', link],
  ]);
  tree.write({
    'config.yaml': 'registry: r.example:5000\n',
    'generate-bake.toml': repository['generate-bake.toml'].replace(
      'vars =',
      'config = "config.yaml"\nvars =',
    ),
  });
  const own = 'r.example:5000/acme/base-root:v1.2 for acme/base-root:v1.2';
  assert.deepEqual(parents(), [
    ['r.example:5000/acme/base-root:v1.2'],
    ['r.example:5000/acme/base-build:v1.2', own],
    ['r.example:5000/acme/base-run:v1.2', own],
  ]);
});

test('a message about the trailer names the file, one about the Dockerfile its line', () => {
  const tree = scratchTree({
    ...repository,
    'base/Dockerfile.run': 'FROM scratch\nRUNN x\nUSER 1\n',
    'generate-bake.toml': repository['generate-bake.toml'].replace('RUN echo', 'RAN echo'),
  });
  const { value } = compile({ workspace: open(tree), selection: everything });
  const places = toldOfGraph(value.graph)
    .filter(({ place }) => place?.file === 'base/Dockerfile.run')
    .map(({ place, message }) => `${place?.line ?? '-'} ${message}`);
  assert.deepEqual(places.sort(), [
    '- "RAN" is not an instruction of a Dockerfile',
    '2 "RUNN" is not an instruction of a Dockerfile',
  ]);
});

test('what a stage lacks is told where it is missing', () => {
  const tree = scratchTree({
    ...repository,
    'base/Dockerfile.root': 'FROM scratch\nARG USERID\n',
    'base/Dockerfile.build': 'FROM scratch\nRUN a \\\n',
    'generate-bake.toml': repository['generate-bake.toml'].replace(
      '"${STAGES}"',
      '["root", "biuld", "build", "run"]',
    ),
  });
  assert.equal(
    explained(tree),
    lines(`
      base/Dockerfile.build: error: the Dockerfile ends in the middle of an instruction [stage-unfinished]
        hint: remove the escape character at its end: the trailer would become part of it
      base/Dockerfile.root: warning: the image will run as root, since the Dockerfile has no USER [stage-user]
        hint: end it with the USER that it inherits: the trailer runs as root
      base/Dockerfile.root:2:5: error: ARG USERID has no default and no value [stage-argument]
          2 | ARG USERID
            |     ^^^^^^
        hint: did you mean "USER_ID"?
      generate-bake.toml:6:19: error: Dockerfile.biuld does not exist [stage-missing]
          6 | stages = ["root", "biuld", "build", "run"]
            |                   ^^^^^^^
        hint: did you mean "build"?
    `),
  );
});

test('a vars file that would have to be executed stops its tree', () => {
  const tree = scratchTree({ ...repository, 'base/vars.sh': `${vars}NOW=$(touch ran)\n` });
  assert.equal(
    explained(tree),
    lines(`
      base/vars.sh:6:5: error: this is a command substitution, and vars files are not executed [vars-command]
          6 | NOW=$(touch ran)
            |     ^^
        hint: write the value itself, or name an environment variable that has it
    `),
  );
});

test('a registry in the prefix belongs into the configuration', () => {
  const tree = scratchTree({
    ...repository,
    'base/vars.sh': vars.replace('acme/base-', 'r.example/acme/base-'),
  });
  assert.equal(
    explained(tree),
    lines(`
      generate-bake.toml:5:10: error: the prefix r.example/acme/base- begins with a registry [stage-prefix]
          5 | prefix = "\${PREFIX}"
            |          ^^^^^^^^^^^
        hint: set registry: r.example in the tree's configuration, which then comes before every name
    `),
  );
  tree.write({
    'config.yaml': 'registry: r.example\n',
    'generate-bake.toml': repository['generate-bake.toml'].replace(
      'vars =',
      'config = "config.yaml"\nvars =',
    ),
  });
  const { value } = readDefinitions(open(tree).trees);
  assert.equal(value[0]?.reference, 'r.example/acme/base-root:v1.2');
});

test('a root filesystem stands in for what a stage was built on', () => {
  const tree = scratchTree({
    ...repository,
    'base/Dockerfile.root': 'FROM root-root:local\nUSER 0\n',
    'base/rootfs/rootfs.toml': lines(`
      name = "root-fs"
      suite = "bookworm"
      timestamp = "2026-03-01"
      aliases = ["root-root:local"]
    `),
    'generate-bake.toml': repository['generate-bake.toml'].replace(
      'vars =',
      'rootfs = "rootfs"\nvars =',
    ),
  });
  const { value, diagnostics } = compile({ workspace: open(tree), selection: everything });
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ['rootfs-missing'],
  );
  const rootStage = value.graph.images.find(({ reference }) => reference.includes('base-root'));
  assert.deepEqual(
    rootStage?.parents.map(({ parent, key }) => `${parent} for ${key}`),
    ['root-fs:20260301 for root-root:local'],
  );
  assert.equal(rootStage?.base, 'root-fs:20260301');
});

test('a stage on the command line narrows the workspace to it', () => {
  const tree = scratchTree({ ...repository, 'run/': '', 'more/': '' });
  const selected = (...directories: string[]) => {
    const opened = openWorkspace({ cwd: tree.path, directories, env: {}, home: tree.at('none') });
    assert.equal(explain(opened.diagnostics), '');
    return [...compile({ workspace: opened.value, selection: everything }).value.selected].sort();
  };
  assert.deepEqual(selected('run'), ['acme/base-run:v1.2']);
  assert.deepEqual(selected('run', 'root'), ['acme/base-root:v1.2', 'acme/base-run:v1.2']);
  assert.equal(selected('base').length, 3);
  const wrong = openWorkspace({ cwd: tree.path, directories: ['biuld'], env: {}, home: '/none' });
  assert.equal(wrong.diagnostics[0]?.hint, 'did you mean "build"?');
});
