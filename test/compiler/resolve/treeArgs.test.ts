/** `args` of a tree: which image gets which, what its digest covers, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

const short = 'registry = "r.example"\nversion = "1"\n';

const dockerfiles = {
  'none/Dockerfile': 'FROM debian:13\nRUN echo MODE\n',
  'uses/Dockerfile': 'FROM debian:13\nARG OTHER=1 \\\n  MODE\nRUN echo $MODE\n',
  'from/Dockerfile': 'ARG BASE=debian:12\nFROM $BASE\n',
  'child/Dockerfile': 'FROM r.example/uses:1\n',
  'trigger/Dockerfile': 'FROM debian:13\nONBUILD ARG LATE\nONBUILD RUN echo $LATE\n',
};

function compiled(files: Readonly<Record<string, ScratchFile>>) {
  const tree = scratchTree(files);
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { value, diagnostics } = compile({ workspace: opened.value, selection });
  const { graph, selected } = value;
  const { value: plan } = makePlan(graph, selected, {
    ...printed,
    rebuildKey: undefined,
    context: new Contexts(cwd).of,
  });
  const broken = graph.broken.flatMap(({ image }) => image.diagnostics);
  const of = <Value>(get: (target: (typeof plan.targets)[number]) => Value) =>
    Object.fromEntries(plan.targets.map((target) => [target.name, get(target)]));
  return {
    args: of(({ args }) => Object.fromEntries(args)),
    digests: of(({ labels }) => labels.get(definitionLabel)),
    externals: Object.fromEntries(
      graph.images.map(({ rendered, base }) => [rendered.definition.name, base]),
    ),
    problems: explain([...opened.diagnostics, ...broken, ...diagnostics]).replace(
      /^ .*[|].*\n/gm,
      '',
    ),
  };
}

test('an image gets those that its Dockerfile declares, and its digest has them alone', () => {
  const before = compiled({ ...dockerfiles, 'generate-bake.toml': short });
  const file = (more: string) =>
    `${short}args = { MODE = "fast", BASE = "debian:13", LATE = "x"${more} }\n`;
  const after = compiled({ ...dockerfiles, 'generate-bake.toml': file('') });
  assert.equal(after.problems, '');
  const late = { LATE: 'x' };
  assert.deepEqual(after.args, {
    none: late,
    uses: { MODE: 'fast', ...late },
    from: { BASE: 'debian:13', ...late },
    child: late,
    trigger: late,
  });
  assert.equal(after.externals.from, 'debian:13');
  // Without an ONBUILD in the trees, what declares nothing keeps its digest.
  const { 'trigger/Dockerfile': _, ...plain } = dockerfiles;
  const some = `${short}args = { MODE = "fast", BASE = "debian:13" }\n`;
  const { digests, args } = compiled({ ...plain, 'generate-bake.toml': some });
  assert.deepEqual(args.none, {});
  assert.equal(digests.none, before.digests.none);
  assert.notEqual(digests.uses, before.digests.uses);
  assert.notEqual(digests.child, before.digests.child);
  // It is what BuildKit itself knows that every image gets.
  const known = compiled({
    ...plain,
    'generate-bake.toml': `${short}args = { SOURCE_DATE_EPOCH = "1" }\n`,
  });
  assert.deepEqual(known.args.none, { SOURCE_DATE_EPOCH: '1' });
});

test('those of the image come first, then those of the tree that is nearer, then the proxy', () => {
  const { args } = compiled({
    'generate-bake.toml': `args = { A = "workspace", B = "workspace" }
[[tree]]\nkind = "dockerfiles"\ndirectory = "one"\nregistry = "r.example"\nversion = "1"\nargs = { A = "tree" }
[[tree]]\nkind = "dockerfiles"\ndirectory = "two"\nregistry = "r.example"\nversion = "1"\n`,
    'one/near/Dockerfile': 'FROM debian:13\nARG A\nARG B\n',
    'two/far/Dockerfile': 'FROM debian:13\nARG A\nARG B\n',
    'two/own/Dockerfile': 'FROM debian:13\nARG A\nARG B\n',
    'two/own/image.toml': 'args = { B = "image", FREE = "1" }\n',
  });
  assert.deepEqual(args, {
    near: { A: 'tree' },
    far: { A: 'workspace', B: 'workspace' },
    own: { A: 'workspace', B: 'image', FREE: '1' },
  });
});

test('templates of docker-pkg have them too, below generate-bake', () => {
  const { args } = compiled({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
    'config.yaml': 'registry: r.example\ngenerate-bake:\n  args: {MODE: fast}\n',
    'images/app/Dockerfile.template': 'FROM debian:13\n{{ "ARG MODE" }}\n',
    'images/app/changelog':
      'app (1) x; urgency=low\n\n  * x\n\n -- A <a@b.c>  Mon, 01 Jun 2026 06:00:00 +0000\n',
    'images/app/control': 'Package: app\nDescription: x\n',
  });
  assert.deepEqual(args, { app: { MODE: 'fast' } });
});

test('what no argument can be is refused at its line, and one that nothing has is a warning', () => {
  const { problems } = compiled({
    'app/Dockerfile': 'FROM debian:13\nARG USED\n',
    'generate-bake.toml': `${short}[args]
USED = "1"
UNUSED = "1"
"A-B" = "1"
NUMBER = 1
http_proxy = "http://p"
BUILDKIT_SANDBOX_HOSTNAME = "x"
URL = "https://me:hunter2@host/x"
`,
  });
  assert.ok(!problems.includes('hunter2'));
  assert.equal(
    problems,
    `generate-bake.toml:6:1: error: args.A-B: "A-B" cannot be the name of an argument [workspace-file]
  hint: write letters, digits and "_"
generate-bake.toml:7:10: error: args.NUMBER must be a string, not an integer [workspace-file]
  hint: put it in quotes
generate-bake.toml:8:1: error: args.http_proxy: a proxy is not an argument of a tree [workspace-file]
  hint: set http_proxy of the configuration: definition digests do not depend on it
generate-bake.toml:9:1: error: args.BUILDKIT_SANDBOX_HOSTNAME: the rebuild key sets it [workspace-file]
  hint: give --rebuild-key TEXT instead
generate-bake.toml:10:1: error: args.URL: its value has a password, which the history of the image would show [workspace-file]
  hint: mount it as a secret: secrets = ["ID"], and RUN --mount=type=secret,id=ID
`,
  );
  const unused = compiled({
    'app/Dockerfile': 'FROM debian:13\nARG USED\n',
    'generate-bake.toml': `${short}[args]\nUSED = "1"\nUNUSED = "1"\n`,
  });
  assert.equal(
    unused.problems,
    `generate-bake.toml:5:1: warning: no Dockerfile has the argument UNUSED [args-unused]
  hint: declare it: ARG UNUSED
`,
  );
  const image = compiled({
    'app/Dockerfile': 'FROM debian:13\n',
    'app/image.toml': 'version = "1"\n[args]\nBUILDKIT_SANDBOX_HOSTNAME = "x"\n',
    'generate-bake.toml': short,
  });
  assert.match(
    image.problems,
    /^app\/image\.toml:3:1: error: args\.BUILDKIT_SANDBOX_HOSTNAME: the rebuild key sets it \[image-file\]$/m,
  );
});
