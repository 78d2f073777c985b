/** A broken image among sound ones: every command does what does not concern it. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { suite, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { changelogOf, imageFiles } from '../support/refused.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

const base: Readonly<Record<string, ScratchFile>> = {
  'config.yaml': 'registry: r.example\nforce_numeric_user: true\n',
  ...imageFiles('good', 'FROM debian:13\nCOPY . /\n'),
  ...imageFiles('child', 'FROM {{ "good" | image_tag }}\nCOPY . /\n'),
};

/** What is wrong with `bad`, a part of the message, and whether its reference is known all the same. */
const faults: Readonly<Record<string, { files: typeof base; says: RegExp; named?: false }>> = {
  'a retired base': {
    files: imageFiles('bad', 'FROM {{ "gone" | image_tag }}\n'),
    says: /bad\/Dockerfile.template:1:.*gone not found/,
  },
  'an undefined variable': {
    files: imageFiles('bad', 'FROM {{ nothing.at.all }}\n'),
    says: /bad\/Dockerfile.template:1:.*undefined/,
  },
  'an unclosed tag': {
    files: imageFiles('bad', 'FROM debian\n{% if x %}\n'),
    says: /bad\/Dockerfile.template:\d+:/,
  },
  'a missing include': {
    files: imageFiles('bad', 'FROM debian\n{% include "none" %}\n'),
    says: /bad\/Dockerfile.template:2:.*none/,
  },
  'an empty template': {
    files: imageFiles('bad', ''),
    says: /bad\/Dockerfile.template/,
  },
  'a FROM that is commented out': {
    files: imageFiles('bad', '# FROM debian\nRUN true\n'),
    says: /bad\/Dockerfile.template:2/,
  },
  'a RUN without its backslash': {
    files: imageFiles('bad', 'FROM debian\nRUN true &&\n  apt-get update\n'),
    says: /bad\/Dockerfile.template:3/,
  },
  'a reference of two tags': {
    files: imageFiles('bad', 'FROM x:latest:latest\n'),
    says: /bad\/Dockerfile.template:1:6.*x:latest:latest/,
  },
  'a template in latin-1': {
    files: imageFiles('bad', Buffer.from('FROM debian\n# caf\xe9\n', 'latin1')),
    says: /bad\/Dockerfile.template:2:6.*0xe9/,
  },
  'a user that is not a number': {
    files: imageFiles('bad', 'FROM debian\nUSER www\n'),
    says: /bad\/Dockerfile.template:2:.*www/,
  },
  'an argument without a value': {
    files: imageFiles('bad', 'ARG VERSION\nFROM x:${VERSION}\n'),
    says: /bad\/Dockerfile.template/,
  },
  'a merge conflict in the changelog': {
    files: imageFiles('bad', 'FROM debian\n', {
      changelog: `<<<<<<< HEAD\n${changelogOf('bad')}=======\n${changelogOf('bad', '2')}>>>>>>> x\n`,
    }),
    says: /bad\/changelog:1:1/,
    named: false,
  },
  'an illegal version': {
    files: imageFiles('bad', 'FROM debian\n', { changelog: changelogOf('bad', '1~2') }),
    says: /bad\/changelog:1:.*1~2/,
    named: false,
  },
};

interface Listed {
  readonly images: readonly { readonly name: string; readonly definition: string }[];
  readonly unnamed: readonly { readonly path: string }[];
}

suite('every command over a tree with one broken image', () => {
  for (const [what, { files, says, named = true }] of Object.entries(faults)) {
    test(what, async () => {
      const onBad = imageFiles('onbad', 'FROM {{ "bad" | image_tag }}\nCOPY . /\n');
      const tree = scratchTree({ ...base, ...files, ...onBad });
      const sound = scratchTree(base);
      const cli = (...args: string[]) => runCli(args, { cwd: tree.path });

      const alone = JSON.parse((await runCli(['plan', 'images'], { cwd: sound.path })).stdout) as {
        target: object;
      };
      const plan = await cli('plan', 'images');
      assert.match(plan.stderr, says);
      assert.equal(plan.status, 1);
      assert.deepEqual((JSON.parse(plan.stdout) as typeof alone).target, alone.target);
      assert.match(plan.stderr, /left out: r\.example\/onbad/);

      const strict = await cli('plan', '--strict', 'images');
      assert.deepEqual([strict.stdout, strict.status], ['', 2]);
      const other = await cli('plan', '--select', '*good*', 'images');
      assert.equal(other.status, 0);
      assert.match(other.stderr, /not selected are? .*broken: |is broken: /);
      assert.deepEqual(Object.keys((JSON.parse(other.stdout) as typeof alone).target), ['good']);
      const literal = await cli('plan', '--select', 'bad', 'images');
      assert.deepEqual([literal.stdout, literal.status], ['', 2]);
      assert.match(literal.stderr, says);
      const without = await cli('plan', '--exclude', 'bad', '--exclude', 'onbad', 'images');
      assert.equal(without.status, 0);

      const list = await cli('list', '--json', 'images');
      assert.equal(list.status, 0);
      const { images, unnamed } = JSON.parse(list.stdout) as Listed;
      const states = images.map(({ name, definition }) => `${name} ${definition}`).sort();
      const isNamed = states.includes('bad broken');
      assert.equal(isNamed || unnamed.some(({ path }) => path === 'images/bad'), true);
      assert.ok(states.includes(named ? 'onbad sound' : 'onbad broken'), states.join());
      for (const form of [[], ['--tree']]) {
        const shown = await cli('list', ...form, 'images');
        assert.equal(shown.status, 0);
        assert.match(shown.stdout, /bad.*broken: /);
      }

      const render = await cli('render', '-o', 'out', 'images');
      assert.equal(render.status, 1);
      const written = readdirSync(tree.at('out/images')).sort();
      const all = ['child.Dockerfile', 'good.Dockerfile', ...(named ? ['onbad.Dockerfile'] : [])];
      assert.deepEqual(written, all);

      const update = await cli('update', 'good', 'images');
      assert.equal(update.status, 0, update.stderr);
      assert.match(readFileSync(tree.at('images/child/changelog'), 'utf8'), /^child \(1-s1\)/);
      const refused = await cli('update', 'bad', 'images');
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /image-broken/);
      const made = await cli('new', 'fresh', '--from', 'good', 'images');
      assert.equal(made.status, 0, made.stderr);
    });
  }
});

test('two directories of one name are broken both, and what is built on the name is left out', async () => {
  const tree = scratchTree({
    ...base,
    ...imageFiles('bad', 'FROM debian\n'),
    ...imageFiles('more', 'FROM debian\n', { changelog: changelogOf('bad') }),
    ...imageFiles('onbad', 'FROM {{ "bad" | image_tag }}\n'),
  });
  const plan = await runCli(['plan', 'images'], { cwd: tree.path });
  assert.equal(plan.status, 1);
  assert.deepEqual(Object.keys((JSON.parse(plan.stdout) as { target: object }).target), [
    'good',
    'child',
  ]);
  assert.equal(plan.stderr.match(/both named/g)?.length, 1);
  const list = await runCli(['list', 'images'], { cwd: tree.path });
  assert.match(list.stdout, /bad +1 +images\/bad +- +broken/);
  assert.match(list.stdout, /bad +1 +images\/more +- +broken/);
});

test('an image that nothing can be read of hides those that name it: one error for all', async () => {
  const many = Array.from({ length: 12 }, (_, at) =>
    imageFiles(`on${at}`, 'FROM {{ "bad" | image_tag }}\n'),
  );
  const tree = scratchTree({
    ...base,
    ...imageFiles('bad', 'FROM debian\n', { changelog: 'what?\n' }),
    ...Object.assign({}, ...many),
  });
  const plan = await runCli(['plan', 'images'], { cwd: tree.path });
  assert.equal(plan.status, 1);
  assert.match(plan.stderr, /12 images built on images\/bad left out/);
  assert.match(plan.stderr, /\n2 errors, 1 warning\n$/);
});

test('a context that cannot be used breaks its image, and only where it is looked at', async () => {
  const tree = scratchTree({ ...base, ...imageFiles('bad', 'FROM debian\nCOPY . /\n') });
  rmSync(tree.at('images/bad/none'), { force: true });
  mkdirSync(tree.at('images/bad/sub'));
  const { symlinkSync } = await import('node:fs');
  symlinkSync('loop', tree.at('images/bad/sub/loop'));
  const list = await runCli(['list', 'images'], { cwd: tree.path });
  assert.deepEqual([list.status, /broken/.test(list.stdout)], [0, false]);
  const plan = await runCli(['plan', 'images'], { cwd: tree.path });
  assert.equal(plan.status, 1);
  assert.match(plan.stderr, /images\/bad\/sub\/loop/);
  assert.deepEqual(Object.keys((JSON.parse(plan.stdout) as { target: object }).target), [
    'good',
    'child',
  ]);
});

test('update of a parent bumps a broken child too, and says so', async () => {
  const tree = scratchTree({
    ...base,
    ...imageFiles('bad', 'FROM {{ "good" | image_tag }}\nUSER www\n'),
  });
  const done = await runCli(['update', 'good', 'images'], { cwd: tree.path });
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stderr, /bad is broken, and gets a new version all the same/);
  assert.match(readFileSync(tree.at('images/bad/changelog'), 'utf8'), /^bad \(1-s1\)/);
});

test('refresh writes all others, and says which it could not', async () => {
  const tree = scratchTree({
    ...base,
    ...imageFiles('bad', 'FROM debian\n', { changelog: 'what?\n' }),
  });
  const done = await runCli(['refresh', 'images'], { cwd: tree.path });
  assert.equal(done.status, 1);
  assert.match(done.stderr, /bad\/changelog:1:1/);
  assert.match(readFileSync(tree.at('images/good/changelog'), 'utf8'), /^good \(1-20\d{6}\)/);
});

test('a changelog without a trailer is a doubt to all but update and refresh of that image', async () => {
  const tree = scratchTree({
    ...base,
    ...imageFiles('open', 'FROM debian\nCOPY . /\n', {
      changelog: 'open (1) unstable; urgency=low\n\n  * First.\n',
      control: Buffer.from('Package: open\nMaintainer: caf\xe9\n', 'latin1'),
    }),
  });
  const plan = await runCli(['plan', 'images'], { cwd: tree.path });
  assert.equal(plan.status, 0);
  assert.match(plan.stderr, /warning: .*\[changelog-trailer\]/);
  assert.match(plan.stderr, /warning: byte 0xe9/);
  const good = await runCli(['update', 'good', 'images'], { cwd: tree.path });
  assert.equal(good.status, 0);
  const open = await runCli(['update', 'open', 'images'], { cwd: tree.path });
  assert.equal(open.status, 2);
  assert.match(open.stderr, /error: .*\[changelog-trailer\]/);
});

test('a fault in a tree that was not named costs nothing', async () => {
  const tree = scratchTree({
    'one.yaml': 'registry: r.example\n',
    'two.yaml': 'registry: r.example\nnamespace: two\n',
    'generate-bake.toml': lines(`
      [[tree]]
      directory = "images"
      config = "one.yaml"

      [[tree]]
      directory = "two"
      config = "two.yaml"
    `),
    ...imageFiles('good', 'FROM debian\nCOPY . /\n'),
    'two/x/changelog': 'what?\n',
    'two/x/Dockerfile.template': 'FROM debian\n',
  });
  const cli = (...args: string[]) => runCli(args, { cwd: tree.path });
  assert.equal((await cli('plan', 'images')).status, 0);
  assert.equal((await cli('plan')).status, 1);
  renameSync(tree.at('two/x'), tree.at('x'));
  assert.equal((await cli('plan', 'images')).status, 0);
  assert.equal((await cli('plan')).status, 2);
  rmSync(tree.at('two'), { recursive: true });
  assert.equal((await cli('plan', 'images')).status, 0);
  assert.equal((await cli('plan')).status, 2);
  mkdirSync(tree.at('two'));
  renameSync(tree.at('x'), tree.at('two/x'));
  rmSync(tree.at('two.yaml'));
  assert.equal((await cli('list', 'images')).status, 0);
  assert.equal((await cli('list')).status, 2);
});
