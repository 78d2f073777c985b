/** `new` through the real command line. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { scratchTree } from '../support/scratch.js';

const env = {
  ...process.env,
  SOURCE_DATE_EPOCH: '1788070028',
  DEBFULLNAME: 'Bo Keeper',
  DEBEMAIL: 'bo@example.org',
};

const firstChangelog = `base (1.0) unstable; urgency=medium

  * Made.

 -- Ann <ann@example.org>  Sun, 16 Aug 2026 06:00:34 +0000
`;

test('a new image compiles as it is, declares its parent, and is not made twice', async () => {
  const tree = scratchTree({
    'config.yaml': 'registry: registry.example.org\nbase_images: ["debian:trixie"]\n',
    'images/base/changelog': firstChangelog,
    'images/base/Dockerfile.template': 'FROM debian:trixie\n',
    'images/tools/': '',
  });
  const cwd = tree.path;
  const made = await runCli(['new', 'app', '--from', 'base', 'images'], { cwd, env });
  assert.deepEqual([made.status, made.stdout], [0, ''], made.stderr);
  assert.match(made.stderr, /made images\/app\/Dockerfile\.template, images\/app\/changelog/);
  assert.match(made.stderr, /\nnext: edit them, then generate-bake build --select app/);
  assert.deepEqual(readdirSync(tree.at('images')).sort(), ['app', 'base', 'tools']);
  assert.equal(statSync(tree.at('images/app/test.sh')).mode & 0o111, 0o111);

  const out = tree.at('out');
  const rendered = await runCli(['render', '-o', out, '--select', 'app', 'images'], { cwd, env });
  assert.deepEqual([rendered.status, rendered.stdout], [0, '']);
  assert.doesNotMatch(rendered.stderr, /warning|error/, 'the parent is declared');

  const again = await runCli(['new', 'app', 'images'], { cwd, env });
  assert.equal(again.status, 2);
  assert.match(again.stderr, /has an image "app" already \[new-name\]/);
  const occupied = await runCli(['new', 'tools', 'images'], { cwd, env });
  assert.equal(occupied.status, 2);
  assert.match(occupied.stderr, /images\/tools exists already \[new-exists\]/);
  assert.deepEqual(readdirSync(tree.at('images/tools')), []);
});

test('in a workspace the tree is named, or the directory', async () => {
  const tree = scratchTree({
    'generate-bake.toml':
      '[[tree]]\ndirectory = "a"\nconfig = "c.yaml"\n[[tree]]\ndirectory = "b"\nconfig = "c.yaml"\n',
    'c.yaml': 'registry: registry.example.org\nbase_images: ["debian:trixie"]\n',
    'a/base/changelog': firstChangelog,
    'a/base/Dockerfile.template': 'FROM debian:trixie\n',
    'b/deep/': '',
  });
  const cwd = tree.path;
  const unclear = await runCli(['new', 'app'], { cwd, env });
  assert.equal(unclear.status, 2);
  assert.match(unclear.stderr, /hint: write one of "a\/app", "b\/app"/);
  assert.equal((await runCli(['new', 'b/app'], { cwd, env })).status, 0);
  assert.equal((await runCli(['new', 'other', 'b/deep'], { cwd, env })).status, 0);
  assert.deepEqual(readdirSync(tree.at('b')).sort(), ['app', 'deep']);
  assert.deepEqual(readdirSync(tree.at('b/deep')), ['other']);
});

test('in a tree of plain Dockerfiles: a Dockerfile, and its parent as Dockerfiles write it', async () => {
  const tree = scratchTree({
    'generate-bake.toml': 'namespace = "acme"\nregistry = "r.example"\n',
    'docker/base/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'services/': '',
  });
  const cwd = tree.path;
  const made = await runCli(['new', 'api', 'services', '--from', 'base'], { cwd, env });
  assert.equal(made.status, 0, made.stderr);
  assert.match(
    made.stderr,
    /^made services\/api\/Dockerfile\nnext: edit it, then generate-bake build --select api services\n$/,
  );
  assert.deepEqual(readdirSync(tree.at('services/api')), ['Dockerfile']);
  const listed = await runCli(['list', '--tree'], { cwd, env });
  assert.match(listed.stdout, /^acme\/base:\S+\n└── acme\/services\/api:\S+\n$/);
  const without = await runCli(['new', 'web'], { cwd, env });
  assert.equal(without.status, 2);
  assert.match(
    without.stderr,
    /error: what is the new image built on\? \[new-parent\]\n {2}hint: say with --from/,
  );
});

test('a parent that Dockerfiles cannot name: its name is one of Docker Hub’s', async () => {
  const tree = scratchTree({
    'generate-bake.toml': '',
    'base/Dockerfile': 'FROM scratch\nCOPY . /\n',
  });
  const made = await runCli(['new', 'api', '--from', 'base'], { cwd: tree.path, env });
  assert.equal(made.status, 2);
  assert.match(made.stderr, /base cannot be named in a Dockerfile/);
  assert.match(made.stderr, /then: generate-bake new api --from company\/base\n/);
});

test('the prefix that Dockerfiles write holds without a namespace, and names are paths', async () => {
  const tree = scratchTree({
    'base/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'services/api/Dockerfile': 'FROM acme/base\nCOPY . /\n',
    'services/web/main.c': '',
  });
  const cwd = tree.path;
  for (const [name, from] of [
    ['services/deep/foo', 'base'],
    ['pay', 'acme/base'],
    ['acme/services/web', 'acme/services/api'],
  ] as const) {
    const made = await runCli(['new', name, '--from', from], { cwd, env });
    assert.equal(made.status, 0, made.stderr);
  }
  assert.match(readFileSync(tree.at('services/deep/foo/Dockerfile'), 'utf8'), /^FROM acme\/base\n/);
  assert.match(readFileSync(tree.at('pay/Dockerfile'), 'utf8'), /^FROM acme\/base\n/);
  assert.deepEqual(readdirSync(tree.at('services/web')).sort(), ['Dockerfile', 'main.c']);
  const listed = await runCli(['list', '--tree'], { cwd, env });
  assert.equal(
    listed.stdout.replace(/:[0-9a-f]+/g, ''),
    [
      'acme/base',
      '├── acme/pay',
      '├── acme/services/api',
      '│   └── acme/services/web',
      '└── acme/services/deep/foo',
      '',
    ].join('\n'),
  );
  const taken = await runCli(['new', 'web', 'services', '--from', 'base'], { cwd, env });
  assert.match(taken.stderr, /has an image "services\/web" already \[new-name\]/);
  const upper = await runCli(['new', 'services/Über Foo', '--from', 'base'], { cwd, env });
  assert.match(upper.stderr, /: generate-bake new services\/ber-foo\n/);
  const unknown = await runCli(['new', 'other', '--from', 'debian'], { cwd, env });
  assert.match(unknown.stderr, /: --from debian:latest\n/);
});
