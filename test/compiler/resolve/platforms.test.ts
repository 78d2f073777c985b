/** `platforms` of a tree and of an image: what each image is built for, what it needs of its parents, what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { descendantsOfBroken } from '#compiler/resolve/graph.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

const short = 'registry = "r.example"\nversion = "1"\n';
const both = 'platforms = ["linux/amd64", "linux/arm64"]\n';

function compiled(files: Readonly<Record<string, ScratchFile>>) {
  const tree = scratchTree(files);
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const machine = 'linux/amd64';
  const { value, diagnostics } = compile({ workspace: opened.value, selection, machine });
  const { graph, selected } = value;
  const { value: plan } = makePlan(graph, selected, {
    ...printed,
    rebuildKey: undefined,
    context: new Contexts(cwd).of,
  });
  const broken = graph.broken.flatMap(({ image }) => image.diagnostics);
  return {
    platforms: Object.fromEntries(plan.targets.map(({ name, platforms }) => [name, platforms])),
    digests: Object.fromEntries(
      plan.targets.map(({ name, labels }) => [name, labels.get(definitionLabel)]),
    ),
    skipped: [...descendantsOfBroken(graph)],
    problems: explain([...opened.diagnostics, ...broken, ...diagnostics]),
  };
}

/** Without the excerpts. */
function told(files: Readonly<Record<string, ScratchFile>>): string {
  return compiled(files).problems.replace(/^ .*[|].*\n/gm, '');
}

test('those of a tree are for all images but those with own ones, and are in their digests', () => {
  const files = {
    'plain/Dockerfile': 'FROM debian:13\n',
    'one/Dockerfile': 'FROM debian:13\n',
    'one/image.toml': 'platforms = ["linux/arm64"]\n',
    'engine/Dockerfile': 'FROM debian:13\n',
    'engine/image.toml': 'platforms = []\n',
    'child/Dockerfile': 'FROM r.example/plain:1\n',
  };
  const { platforms, digests, problems } = compiled({
    ...files,
    'generate-bake.toml': `${short}${both}`,
  });
  assert.equal(problems, '');
  const two = ['linux/amd64', 'linux/arm64'];
  assert.deepEqual(platforms, { plain: two, one: ['linux/arm64'], engine: [], child: two });
  const before = compiled({ ...files, 'generate-bake.toml': short }).digests;
  const isSame = (name: string) => before[name] === digests[name];
  assert.deepEqual(['plain', 'one', 'engine', 'child'].filter(isSame), ['one', 'engine']);
  const ofImages = compiled({
    ...files,
    'plain/image.toml': both,
    'child/image.toml': both,
    'generate-bake.toml': short,
  });
  assert.deepEqual(ofImages.digests, digests, 'it is the same wherever it is written');
});

test('a tree of docker-pkg has them in its configuration', () => {
  const { platforms, problems } = compiled({
    'config.yaml': 'registry: r.example\ngenerate-bake:\n  platforms: [linux/amd64, linux/arm64]\n',
    'images/a/Dockerfile.template': 'FROM scratch\nCOPY x /\n',
    'images/a/x': '',
    'images/a/changelog':
      'a (1) unstable; urgency=low\n\n  * x\n\n -- A <a@b.example>  Mon, 01 Jan 2024 00:00:00 +0000\n',
  });
  assert.equal(problems, '');
  assert.deepEqual(platforms, { a: ['linux/amd64', 'linux/arm64'] });
});

test('what is not a platform is refused at its line', () => {
  const of = (value: string) =>
    told({
      'a/Dockerfile': 'FROM debian:13\n',
      'generate-bake.toml': `${short}platforms = ${value}\n`,
    });
  assert.equal(
    ['["amd64"]', '["linux/arm46"]', '["linux/amd64", "linux/x86_64"]', '[]', '["linux/amd64", 3]']
      .map(of)
      .join(''),
    `generate-bake.toml:3:14: error: "amd64" is not a platform: write it as linux/amd64 [workspace-file]
generate-bake.toml:3:14: error: "linux/arm46" is not a platform: "arm46" is not an architecture [workspace-file]
  hint: did you mean "arm64" or "arm"?
generate-bake.toml:3:29: error: "linux/x86_64" is the same platform as "linux/amd64" [workspace-file]
  hint: remove one of them
generate-bake.toml:3:13: error: platforms is empty [workspace-file]
  hint: write platforms = ["linux/amd64", "linux/arm64"], or remove it
generate-bake.toml:3:29: error: platforms[1] must be a platform, not an integer [workspace-file]
`,
  );
});

test('an image for more platforms than its parent is broken, with what is built on it, and nothing else', () => {
  const { platforms, skipped, problems } = compiled({
    'generate-bake.toml': `${short}${both}`,
    'base/Dockerfile': 'FROM debian:13\n',
    'base/image.toml': 'platforms = ["linux/x86_64"]\n',
    'child/Dockerfile': 'FROM r.example/base:1\n',
    'grandchild/Dockerfile': 'FROM r.example/child:1\n',
    'copies/Dockerfile': 'FROM debian:13\nCOPY --from=r.example/base:1 /a /a\n',
    'engine/Dockerfile': 'FROM debian:13\n',
    'engine/image.toml': 'platforms = []\n',
    'on-engine/Dockerfile': 'FROM r.example/engine:1\n',
    'other/Dockerfile': 'FROM debian:13\n',
  });
  assert.equal(
    problems,
    `child/Dockerfile:1:6: error: r.example/child:1 is built for linux/arm64, and r.example/base:1 is not [platform-missing]
    1 | FROM r.example/base:1
      |      ^^^^^^^^^^^^^^^^
  hint: add linux/arm64 to the platforms of r.example/base:1, or build this image for fewer
copies/Dockerfile:2:13: error: r.example/copies:1 is built for linux/arm64, and r.example/base:1 is not [platform-missing]
    2 | COPY --from=r.example/base:1 /a /a
      |             ^^^^^^^^^^^^^^^^
  hint: add linux/arm64 to the platforms of r.example/base:1, or build this image for fewer
on-engine/Dockerfile:1:6: error: r.example/on-engine:1 is built for linux/amd64, linux/arm64, and r.example/engine:1 for one platform alone [platform-missing]
    1 | FROM r.example/engine:1
      |      ^^^^^^^^^^^^^^^^^^
  hint: add linux/amd64 and linux/arm64 to the platforms of r.example/engine:1, or build this image for fewer
`,
  );
  assert.deepEqual(skipped, [['r.example/grandchild:1', 'r.example/child:1']]);
  assert.deepEqual(platforms, {
    base: ['linux/x86_64'],
    engine: [],
    grandchild: ['linux/amd64', 'linux/arm64'],
    other: ['linux/amd64', 'linux/arm64'],
  });
});

test('what a FROM says of platforms counts: of the builder, of the target, by name, by argument', () => {
  const files = {
    'generate-bake.toml': short,
    'tools/Dockerfile': 'FROM debian:13\n',
    'amd64/Dockerfile': 'FROM debian:13\n',
    'amd64/image.toml': 'platforms = ["linux/amd64"]\n',
    'arm64/Dockerfile': 'FROM debian:13\n',
    'arm64/image.toml': 'platforms = ["linux/arm64/v8"]\n',
    // Cross-compiled: the tools are the builder's.
    'cross/Dockerfile':
      'FROM --platform=$BUILDPLATFORM r.example/tools:1 AS build\nFROM debian:13\nCOPY --from=build /a /a\n',
    'cross/image.toml': both,
    'each/Dockerfile': 'ARG TARGETARCH\nFROM r.example/${TARGETARCH}:1\n',
    'each/image.toml': both,
  };
  assert.equal(told(files), '');
  assert.equal(
    told({
      ...files,
      'target/Dockerfile': 'FROM --platform=$TARGETPLATFORM r.example/amd64:1\n',
      'target/image.toml': both,
      'named/Dockerfile': 'FROM --platform=linux/arm64 r.example/amd64:1\n',
      'twice/Dockerfile':
        'FROM --platform=$BUILDPLATFORM r.example/amd64:1 AS build\nFROM r.example/amd64:1\nCOPY --from=build /a /a\n',
      'twice/image.toml': both,
    }),
    `named/Dockerfile:1:29: error: r.example/named:1 is built for linux/arm64, and r.example/amd64:1 is not [platform-missing]
  hint: add linux/arm64 to the platforms of r.example/amd64:1, or build this image for fewer
target/Dockerfile:1:33: error: r.example/target:1 is built for linux/arm64, and r.example/amd64:1 is not [platform-missing]
  hint: add linux/arm64 to the platforms of r.example/amd64:1, or build this image for fewer
twice/Dockerfile:1:32: error: r.example/twice:1 is built for linux/arm64, and r.example/amd64:1 is not [platform-missing]
  hint: add linux/arm64 to the platforms of r.example/amd64:1, or build this image for fewer
`,
  );
});
