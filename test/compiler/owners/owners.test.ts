import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gitWorkTrees } from '#adapters/git/workTrees.js';
import { findOwners } from '#compiler/owners/owners.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';
import { scratchTree } from '../../support/scratch.js';
import { readToldDefinitions } from '../../support/told.js';

function ownersIn(cwd: string, directory = 'images') {
  const opened = openWorkspace({
    cwd,
    directories: [directory],
    env: {},
    home: join(cwd, 'none'),
    workTrees: gitWorkTrees(),
  });
  assert.equal(explain(opened.diagnostics), '');
  const { value } = readToldDefinitions(opened.value.trees);
  const owners = findOwners();
  const found = value.map((image) => {
    const owner = owners.of(image);
    return `${image.name}: ${owner === undefined ? '-' : `${owner.text} (${owner.from})`}`;
  });
  return { found, warnings: owners.takeWarnings(), again: owners.takeWarnings() };
}

const changelog = (name: string) =>
  `${name} (1) wikimedia; urgency=low\n\n  * x\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n`;
const image = (name: string) => ({
  [`images/${name}/Dockerfile.template`]: 'FROM scratch\n',
  [`images/${name}/changelog`]: changelog(name),
});

test("an image's own files come before CODEOWNERS: settings, control, labels", {
  skip: noGit,
}, (t) => {
  const root = gitRepository(t, {
    'config.yaml': 'dockerfile_version: "1"\n',
    CODEOWNERS: '* @all\n/images/b/ @b-team b@example.org\n/images/c/*.txt @nobody\n',
    ...image('a'),
    'images/a/control': 'Package: a\nMaintainer: Ann Lee <ann@example.org>\n',
    ...image('b'),
    ...image('c'),
    'images/d/Dockerfile': 'FROM scratch\n',
    'images/d/image.toml': 'owner = "@org/d"\nlabels = { maintainer = "Other" }\n',
    'images/e/Dockerfile': 'FROM scratch\n',
    'images/e/image.toml': 'labels = { "org.opencontainers.image.authors" = "Team E" }\n',
  });
  const { found, warnings } = ownersIn(root);
  assert.deepEqual(found, [
    'a: Ann Lee <ann@example.org> (control)',
    'b: @b-team, b@example.org (codeowners)',
    'c: @all (codeowners)',
    'd: @org/d (settings)',
    'e: Team E (label)',
  ]);
  assert.deepEqual(warnings, []);
});

test('a LABEL of a plain Dockerfile, of the stages that its image is made of', () => {
  const of = (...lines: string[]) => `${lines.join('\n')}\n`;
  const tree = scratchTree({
    'config.yaml': 'dockerfile_version: "1"\n',
    'images/a/Dockerfile': of('FROM scratch', 'LABEL team=x maintainer="Ann \\"A\\" Lee <a@b.c>"'),
    'images/b/Dockerfile': of('FROM scratch', 'LABEL maintainer Old Form'),
    'images/c/Dockerfile': of(
      'FROM scratch AS Other',
      "LABEL maintainer='other'",
      'FROM scratch AS base',
      'LABEL maintainer=first',
      'LABEL maintainer=base',
      'FROM Base',
      'COPY --from=other / /',
    ),
    'images/d/Dockerfile': of('ARG WHO=x', 'FROM scratch', 'ARG WHO', 'LABEL maintainer=$WHO'),
    'images/e/Dockerfile': of('FROM scratch AS one', 'LABEL maintainer=one', 'FROM scratch'),
    'images/f/Dockerfile': of('FROM scratch AS one', 'LABEL maintainer=one', 'FROM scratch'),
    'images/f/image.toml': 'target = "one"\n',
    'images/g/Dockerfile': of('FROM scratch', 'LABEL maintainer=file'),
    'images/g/image.toml': 'labels = { maintainer = "settings" }\n',
  });
  assert.deepEqual(ownersIn(tree.path).found, [
    'a: Ann "A" Lee <a@b.c> (label)',
    'b: Old Form (label)',
    'c: base (label)',
    'd: -',
    'e: -',
    'f: one (label)',
    'g: settings (label)',
  ]);
});

test('the first CODEOWNERS of those that GitHub looks for counts, below the tree or above', {
  skip: noGit,
}, (t) => {
  const root = gitRepository(t, {
    'deep/tree/config.yaml': '',
    'deep/tree/images/a/Dockerfile.template': 'FROM scratch\n',
    'deep/tree/images/a/changelog': changelog('a'),
    'docs/CODEOWNERS': '* @docs\n',
    '.gitlab/CODEOWNERS': '* @gitlab\n',
    'deep/tree/CODEOWNERS': '* @never\n',
  });
  const at = join(root, 'deep/tree');
  assert.deepEqual(ownersIn(at).found, ['a: @docs (codeowners)']);
  writeFileSync(join(root, 'CODEOWNERS'), '/deep/tree/images/ @root\nbad nobody\n');
  const { found, warnings, again } = ownersIn(at);
  assert.deepEqual(found, ['a: @root (codeowners)']);
  assert.deepEqual(
    warnings.map(({ place }) => `${place?.file}:${place?.line}:${place?.column}`),
    ['../../CODEOWNERS:2:5'],
  );
  assert.deepEqual(again, []);
});

test('a CODEOWNERS that leads out of the repository is not read', { skip: noGit }, (t) => {
  const outside = scratchTree({ secret: '* @outside\n' });
  const root = gitRepository(t, { 'config.yaml': '', ...image('a') });
  symlinkSync(outside.at('secret'), join(root, 'CODEOWNERS'));
  gitIn(root, 'add', '--all');
  const { found, warnings } = ownersIn(root);
  assert.deepEqual(found, ['a: -']);
  assert.deepEqual(
    warnings.map(({ severity, code }) => [severity, code]),
    [['warning', 'file-unreadable']],
  );
  assert.match(explain(warnings), /points outside the repository/);
});

test('outside of git nobody is an owner by CODEOWNERS, and owner must not be empty', () => {
  const tree = scratchTree({
    'config.yaml': 'dockerfile_version: "1"\n',
    CODEOWNERS: '* @all\n',
    ...image('a'),
  });
  assert.deepEqual(ownersIn(tree.path).found, ['a: -']);
});
