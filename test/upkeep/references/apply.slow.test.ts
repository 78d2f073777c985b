/** `references --apply`: what is written, byte for byte, and what is not. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { runCli } from '../../support/cli.js';
import { registryProgram } from '../../support/engine/packages.js';
import { type Registry, registry } from '../../support/engine/registry.js';
import { gitIn } from '../../support/gitRepository.js';
import { putImage } from '../../support/images.js';
import { imagesAndCharts } from '../../support/references.js';
import type { ScratchFile, ScratchTree } from '../../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

function apply(tree: ScratchTree, ...args: string[]) {
  return runCli(['references', '--apply', ...args, '../charts'], { cwd: tree.at('images') });
}

function textOf(tree: ScratchTree, file: string): string {
  return readFileSync(tree.at('charts', file), 'utf8');
}

function commit(tree: ScratchTree): void {
  const as = ['-c', 'user.name=Test Er', '-c', 'user.email=test@example.org'];
  gitIn(tree.at('charts'), 'init', '--quiet');
  gitIn(tree.at('charts'), 'add', '--all');
  gitIn(tree.at('charts'), ...as, 'commit', '--quiet', '-m', 'first');
}

/** Each with what `--apply --unpublished` makes of it. */
const files: Readonly<Record<string, readonly [before: string, after: string]>> = {
  Dockerfile: [
    '\ufeffFROM r.example/golang:1.2-1 AS x\r\n# FROM r.example/golang:1.2-1\r\nCOPY 1.2-1 /\r\n',
    '\ufeffFROM r.example/golang:1.2-3 AS x\r\n# FROM r.example/golang:1.2-1\r\nCOPY 1.2-1 /\r\n',
  ],
  'values.yaml': [
    'é: 😀\na:\n  image: golang\n  version: 1.2-2   # keep\n\tx: {{ y }}\nb: [golang:1.2-2,golang:1.2-1]',
    'é: 😀\na:\n  image: golang\n  version: 1.2-3   # keep\n\tx: {{ y }}\nb: [golang:1.2-3,golang:1.2-3]',
  ],
  'anchor.yaml': [
    'v: &v "1.2-1"\na: {image: golang, version: *v}\nb: {image: r.example/golang, version: *v}\n',
    'v: &v "1.2-3"\na: {image: golang, version: *v}\nb: {image: r.example/golang, version: *v}\n',
  ],
  // Neither unpinned ones, nor templates, nor versions that nobody knows, nor what is newer.
  'left.txt': [
    'r.example/golang r.example/golang:latest r.example/golang:{{ v }} r.example/golang:x r.example/golang:1.2-9 redis:1.2-1',
    'r.example/golang r.example/golang:latest r.example/golang:{{ v }} r.example/golang:x r.example/golang:1.2-9 redis:1.2-1',
  ],
};

test('exactly the version is written, and nothing else', async () => {
  const tree = imagesAndCharts(
    Object.fromEntries(Object.entries(files).map(([name, [text]]) => [name, text])),
  );
  commit(tree);
  const dry = await apply(tree, '--unpublished', '--dry-run');
  assert.equal(dry.status, 0, dry.stderr);
  assert.match(dry.stdout, /^-v: &v "1\.2-1"\n\+v: &v "1\.2-3"$/m);
  assert.match(dry.stderr, /6 references in 3 files would be changed\n$/);
  for (const [name, [text]] of Object.entries(files)) {
    assert.equal(textOf(tree, name), text);
  }
  const done = await apply(tree, '--unpublished');
  assert.deepEqual([done.status, done.stdout], [0, ''], done.stderr);
  assert.match(done.stderr, /^\.\.\/charts\/Dockerfile:1: golang 1\.2-1 -> 1\.2-3$/m);
  assert.match(done.stderr, /^changed 6 references in 3 files\nnext: git -C \.\.\/charts diff\n$/m);
  for (const [name, [, text]] of Object.entries(files)) {
    assert.equal(textOf(tree, name), text);
  }
  assert.equal(existsSync(tree.at('images/.generate-bake/references.json')), false);
  // The diff does the same.
  gitIn(tree.at('charts'), 'stash', '--quiet');
  writeFileSync(tree.at('charts.diff'), dry.stdout);
  gitIn(tree.at('charts'), 'apply', '../charts.diff');
  for (const [name, [, text]] of Object.entries(files)) {
    assert.equal(textOf(tree, name), text);
  }
});

test('what is left, and why: status 1', async () => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  const cases: Readonly<Record<string, readonly [ScratchFile, RegExp]>> = {
    'digest.txt': [`r.example/golang:1.2-1@${digest}\n`, /is pinned by digest/],
    'plain.yaml': [
      'image: api\nversion: 2-1\n',
      /the version 2\.10 would be a number or a date in YAML/,
    ],
    'shared.yaml': [
      'v: &v "2-1"\na: {image: r.example/api, version: *v}\nb: {image: r.example/golang, version: *v}\n',
      /other images have their version from the same place/,
    ],
    'latin1.txt': [Buffer.from('\xe9 r.example/golang:1.2-1\n', 'latin1'), /is not UTF-8/],
  };
  for (const [name, [text, why]] of Object.entries(cases)) {
    const tree = imagesAndCharts({ [name]: text });
    const before = readFileSync(tree.at('charts', name));
    const { status, stderr } = await apply(tree, '--unpublished');
    assert.equal(status, 1, `${name}: ${stderr}`);
    assert.match(stderr, why);
    assert.match(stderr, /\[references-left\]\n(?: .*\n)* +hint: /);
    assert.deepEqual(readFileSync(tree.at('charts', name)), before);
  }
  const quoted = imagesAndCharts({ 'plain.yaml': 'image: api\nversion: "2-1"\n' });
  assert.equal((await apply(quoted, '--unpublished')).status, 0);
  assert.equal(textOf(quoted, 'plain.yaml'), 'image: api\nversion: "2.10"\n');
});

test('files with changes that are not committed are left, unless they are asked for', async () => {
  const tree = imagesAndCharts({
    'a.txt': 'r.example/golang:1.2-1\n',
    'b.txt': 'r.example/golang:1.2-1\n',
  });
  commit(tree);
  tree.write({
    'charts/a.txt': 'mine r.example/golang:1.2-1\n',
    'charts/sub/new.txt': 'golang:1.2-1\n',
  });
  const { status, stderr } = await apply(tree, '--unpublished');
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^\.\.\/charts\/a\.txt: warning: not moved: the file has changes that are not committed/m,
  );
  assert.match(stderr, /^\.\.\/charts\/sub\/new\.txt: warning/m);
  assert.equal(textOf(tree, 'a.txt'), 'mine r.example/golang:1.2-1\n');
  assert.equal(textOf(tree, 'b.txt'), 'r.example/golang:1.2-3\n');
  assert.equal((await apply(tree, '--unpublished', '--with-uncommitted')).status, 0);
  assert.equal(textOf(tree, 'a.txt'), 'mine r.example/golang:1.2-3\n');
});

test('only the given paths are written, and nothing through links', async () => {
  const reference = 'r.example/golang:1.2-1\n';
  const tree = imagesAndCharts({
    'link.txt': { symlink: '../outside.txt' },
    sub: { symlink: '../elsewhere' },
  });
  tree.write({ 'outside.txt': reference, 'elsewhere/a.txt': reference });
  const { status, stderr } = await apply(tree, '--unpublished');
  assert.equal(status, 0);
  assert.match(stderr, /^nothing to change$/m);
  assert.equal(readFileSync(tree.at('outside.txt'), 'utf8'), reference);
  assert.equal(readFileSync(tree.at('elsewhere/a.txt'), 'utf8'), reference);
});

test('without a registry nothing is known to be published; a stop file stops', async () => {
  const tree = imagesAndCharts({ 'a.txt': 'golang:1.2-1\n' }, '""');
  const { status, stderr } = await apply(tree);
  assert.equal(status, 2, stderr);
  assert.match(
    stderr,
    /has no registry.*\[no-registry\]\n +hint: --unpublished takes the versions of the trees/,
  );
  tree.write({ 'images/STOP': 'freeze\n' });
  const stopped = await runCli(['references', '--apply', '--unpublished', '../charts'], {
    cwd: tree.at('images'),
    env: { ...process.env, GENERATE_BAKE_STOP: 'STOP' },
  });
  assert.equal(stopped.status, 1);
  assert.equal(textOf(tree, 'a.txt'), 'golang:1.2-1\n');
});

test('an interrupted run is told, and taken back', async () => {
  const tree = imagesAndCharts({ 'a.txt': 'golang:1.2-1\n', 'b.txt': 'golang:1.2-1\n' });
  // Killed once the first file is renamed: what applyEdits leaves is made by it itself.
  const { applyEdits } = await import('#upkeep/update/applyEdits.js');
  const { referenceEdits } = await import('#upkeep/update/editKind.js');
  const { journalFile } = await import('#upkeep/update/journal.js');
  const edits = ['a.txt', 'b.txt'].map((name) => ({
    file: tree.at('charts', name),
    shownFile: `../charts/${name}`,
    before: 'golang:1.2-1\n',
    after: 'golang:1.2-3\n',
  }));
  const journal = journalFile(tree.at('images'), referenceEdits);
  let kept = '';
  applyEdits(edits, journal, {
    kind: referenceEdits,
    before: (step) => {
      if (step.step === 'finish') {
        kept = readFileSync(journal, 'utf8');
      }
    },
  });
  writeFileSync(journal, kept);
  const refused = await apply(tree, '--unpublished');
  assert.equal(refused.status, 2);
  assert.match(
    refused.stderr,
    /an earlier run was interrupted after writing 2 of 2 files with references \[references-unfinished\]/,
  );
  const recovered = await apply(tree, '--unpublished', '--recover', '--select', 'base');
  assert.equal(recovered.status, 0, recovered.stderr);
  assert.match(recovered.stderr, /^took back what the interrupted run wrote$/m);
  assert.equal(textOf(tree, 'a.txt'), 'golang:1.2-1\n');
  // A journal that names something else is not followed.
  writeFileSync(journal, kept.replaceAll(tree.at('charts'), tree.at('images')));
  const foreign = await apply(tree, '--unpublished', '--recover');
  assert.equal(foreign.status, 2);
  assert.match(foreign.stderr, /names a file that is not in the directories that it may change/);
});

suite('with a registry', { skip }, () => {
  let real: Registry;
  before(async () => {
    real = await registry();
  });

  test('to the newest version that is published, and to its digest', async () => {
    const name = `${real.host}/moves`;
    const old = `sha256:${'ab'.repeat(32)}`;
    const tree = imagesAndCharts(
      {
        'a.txt': `${name}/golang:1.2-1 ${name}/golang:1.2-2\n`,
        'b.txt': `${name}/golang:1.2-1@${old}\n`,
        'c.yaml': `image: {repository: ${name}/golang, tag: "1.2-1", digest: "${old}"}\n`,
        'd.txt': `${name}/api:2-1\n`,
      },
      name,
    );
    const digest = await putImage(real, 'moves/golang', '1.2-2');
    const asked = await runCli(['references', '--published', '../charts'], {
      cwd: tree.at('images'),
    });
    assert.match(asked.stdout, /1\.2-3 \(not published\)/);
    const { status, stderr } = await apply(tree);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^\.\.\/charts\/a\.txt:1: golang waits: no newer version is published$/m);
    assert.match(stderr, /^\.\.\/charts\/d\.txt:1: api waits: no newer version is published$/m);
    assert.equal(textOf(tree, 'a.txt'), `${name}/golang:1.2-2 ${name}/golang:1.2-2\n`);
    assert.equal(textOf(tree, 'b.txt'), `${name}/golang:1.2-2@${digest}\n`);
    assert.equal(
      textOf(tree, 'c.yaml'),
      `image: {repository: ${name}/golang, tag: "1.2-2", digest: "${digest}"}\n`,
    );
    assert.equal(textOf(tree, 'd.txt'), `${name}/api:2-1\n`);
    // And once the version of the trees is there, on to that.
    await putImage(real, 'moves/golang', '1.2-3');
    assert.equal((await apply(tree)).status, 0);
    assert.equal(textOf(tree, 'a.txt'), `${name}/golang:1.2-3 ${name}/golang:1.2-3\n`);
  });

  test('a registry that cannot be asked: status 3, and nothing is written', async () => {
    const gone = await registry();
    const tree = imagesAndCharts({ 'a.txt': `${gone.host}/golang:1.2-1\n` }, gone.host);
    await gone.stop();
    const { status, stderr } = await apply(tree);
    assert.equal(status, 3, stderr);
    assert.match(stderr, /\[registry\]/);
    assert.match(stderr, /^nothing was written$/m);
    assert.equal(textOf(tree, 'a.txt'), `${gone.host}/golang:1.2-1\n`);
  });
});
