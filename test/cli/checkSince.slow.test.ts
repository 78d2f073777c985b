/** `check --since`: the findings of the images that a change touches, and what it does to their versions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { type Planted, plant } from '../support/plant.js';

const skip = { skip: noGit };
/** Not of this machine's pipeline. */
const env = {
  ...process.env,
  GITHUB_BASE_REF: '',
  CI_MERGE_REQUEST_DIFF_BASE_SHA: '',
  CI_DEFAULT_BRANCH: '',
};

const block = (name: string, version: string): string =>
  `${name} (${version}) w; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n`;

function image(name: string, dockerfile: string, version = '1.0'): Record<string, Planted> {
  return {
    [`images/${name}/Dockerfile.template`]: dockerfile,
    [`images/${name}/changelog`]: block(name, version),
  };
}

const base = 'FROM debian:13.1\n';
const onParent = 'FROM {{ "parent" | image_tag }}\n';
const before = {
  'config.yaml': 'registry: r.example\nflavour: plain\n',
  ...image('edited', base),
  ...image('configured', `${base}LABEL f={{ flavour }}\n`),
  ...image('parent', base),
  ...image('child', onParent),
  'images/child/control': 'Package: child\nDescription: x\nBuild-Depends: parent\n',
  ...image('edited-child', onParent),
  'images/edited-child/control': 'Package: edited-child\nDescription: x\nBuild-Depends: parent\n',
  ...image('released', base),
  ...image('lowered', base, '1.10'),
  ...image('other', 'FROM debian\nRUN git clone https://a.example/a.git\n'),
  ...image('commented', 'FROM debian\n'),
  ...image('sunk', base, '2.0'),
};

test('what a change touches, and whether it needs another version', skip, async (t) => {
  const cwd = gitRepository(t, before);
  plant(cwd, {
    'config.yaml': 'registry: r.example\nflavour: sweet\n',
    'images/edited/run.sh': 'x\n',
    'images/edited/Dockerfile.template': `${base}COPY run.sh /\nRUN curl -O https://a.example/x\n`,
    'images/parent/changelog': block('parent', '1.1'),
    'images/edited-child/Dockerfile.template': `${onParent}RUN x\n`,
    ...image('released', `${base}RUN x\n`, '1.0-1'),
    'images/lowered/changelog': block('lowered', '1.9'),
    'images/sunk/changelog': `${block('sunk', '1.9')}\n${block('sunk', '2.0')}`,
    'images/commented/control': '# A comment.\nPackage: commented\nDescription: x\n',
    ...image('new', base),
  });
  const { status, stdout, stderr } = await runCli(
    ['check', '--since', 'HEAD', '-c', 'config.yaml', 'images'],
    { cwd, env },
  );
  const commit = gitIn(cwd, 'rev-parse', 'HEAD').trim().slice(0, 12);
  assert.equal(
    stderr,
    `since HEAD (${commit}): 8 changed, 1 new
images/configured/changelog:1:1: error: configured is made of something else, and still has the version 1.0: its Dockerfile [version-unchanged]
    1 | configured (1.0) w; urgency=low
      | ^^^^^^^^^^
  hint: give it a new version: generate-bake update configured --reason TEXT
images/edited-child/changelog:1:1: error: edited-child is made of something else, and still has the version 1.0: its Dockerfile, r.example/parent:1.1 [version-unchanged]
    1 | edited-child (1.0) w; urgency=low
      | ^^^^^^^^^^^^
  hint: give it a new version: generate-bake update edited-child --reason TEXT
images/edited/Dockerfile.template:3:5: warning: what curl downloads is not compared with a checksum [download-unchecked]
    3 | RUN curl -O https://a.example/x
      |     ^^^^
  hint: compare it in the same RUN: echo "SHA256  FILE" | sha256sum -c
images/edited/changelog:1:1: error: edited is made of something else, and still has the version 1.0: its Dockerfile, run.sh [version-unchanged]
    1 | edited (1.0) w; urgency=low
      | ^^^^^^
  hint: give it a new version: generate-bake update edited --reason TEXT
images/lowered/changelog:1:1: warning: the version 1.9 is lower than 1.10, the one before this change [version-lower]
    1 | lowered (1.9) w; urgency=low
      | ^^^^^^^
  hint: give it a greater one: dpkg --compare-versions says which is
images/sunk/changelog:1:7: warning: the version 1.9 is lower than 2.0, the one before it [version-lower]
    1 | sunk (1.9) w; urgency=low
      |       ^^^
  hint: give it a greater one: dpkg --compare-versions says which is
3 errors, 3 warnings
3 warnings in other images (generate-bake check shows them)
`,
  );
  assert.deepEqual([status, stdout], [1, '']);

  const off = 'generate-bake:\n  check: {version-unchanged: off, version-lower: error}\n';
  plant(cwd, { 'config.yaml': `registry: r.example\nflavour: sweet\n${off}` });
  const quiet = await runCli(['check', '--since', 'HEAD', '-c', 'config.yaml', 'images'], {
    cwd,
    env,
  });
  assert.equal(quiet.status, 1);
  assert.doesNotMatch(quiet.stderr, /version-unchanged/);
  assert.match(quiet.stderr, /error: the version 1\.9 is lower/);
});

test('a finding is recognised after the branch was rebased', skip, async (t) => {
  const cwd = gitRepository(t, before);
  plant(cwd, { 'images/edited/Dockerfile.template': `${base}RUN x\n` });
  const prints = async () => {
    const words = ['check', '--since', 'HEAD', '-c', 'config.yaml', '--format', 'json', 'images'];
    const { findings } = JSON.parse((await runCli(words, { cwd, env })).stdout);
    return findings.map(({ code, fingerprint }: Record<string, string>) => [code, fingerprint]);
  };
  const first = await prints();
  assert.equal(first[0][0], 'version-unchanged');
  gitIn(cwd, 'commit', '--quiet', '--allow-empty', '-m', 'another base');
  assert.deepEqual(await prints(), first);
});

test('what changed before without a new version is a remark', skip, async (t) => {
  const cwd = gitRepository(t, before);
  const commit = (files: Readonly<Record<string, Planted>>) => {
    plant(cwd, files);
    gitIn(cwd, 'add', '--all');
    gitIn(cwd, 'commit', '--quiet', '-m', 'a change');
  };
  const copying = `${base}COPY run.sh /\n`;
  commit({
    ...image('parent', copying),
    ...image('child', copying),
    ...image('configured', copying),
    ...image('released', copying),
    'images/parent/run.sh': 'w\n',
    'images/child/run.sh': 'w\n',
    'images/configured/run.sh': 'w\n',
    'images/released/run.sh': 'w\n',
  });
  commit({ 'images/other/Dockerfile.template': 'FROM debian:13.1\nRUN x\n' });
  commit({ 'images/parent/run.sh': 'x\n' });
  commit({ 'images/child/run.sh': 'x\n', 'images/child/changelog': block('child', '1.1') });
  commit({ 'images/edited/run.sh': 'not copied\n' });
  commit({ 'images/configured/run.sh': 'x\n', 'images/commented/control': '# A comment.\n' });
  commit({ 'images/released/run.sh': 'x\n' });
  commit({ 'images/released/changelog': block('released', '1.0-1') });
  plant(cwd, { 'images/configured/run.sh': 'y\n' });
  const words = ['check', '--since', 'HEAD', '-c', 'config.yaml', 'images'];
  const { stderr } = await runCli(words, { cwd, env });
  const remark = stderr.split('\n').filter((line) => line.startsWith('before this change'));
  assert.deepEqual(remark, [
    'before this change, files of other, parent changed after their versions were written (generate-bake status says whether what is published differs)',
  ]);
  assert.match(stderr, /configured is made of something else, and still has the version 1\.0/);
  const healed = block('other', '1.1');
  plant(cwd, { 'images/other/changelog': healed, 'images/parent/changelog': block('parent', '2') });
  const after = await runCli(words, { cwd, env });
  assert.doesNotMatch(after.stderr, /before this change/);
});

test('a change of nothing that is built', skip, async (t) => {
  const cwd = gitRepository(t, before);
  plant(cwd, { 'images/other/README.md': 'x\n', 'README.md': 'x\n' });
  const words = ['check', '--since', 'HEAD', '-c', 'config.yaml', '--format', 'github', 'images'];
  const { status, stdout, stderr } = await runCli(words, { cwd, env });
  assert.deepEqual([status, stdout], [0, '']);
  assert.match(stderr, /no image differs\n0 images: no problems\n3 warnings in other images/);
});
