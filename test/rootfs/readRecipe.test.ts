import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { bootstrap } from '#rootfs/bootstrap.js';
import { readRecipe } from '#rootfs/readRecipe.js';
import type { RootfsRecipe } from '#rootfs/recipe.js';
import { stepsOf } from '#rootfs/steps.js';
import { recipeDigest, rootfsKey } from '#rootfs/store.js';
import { parseTimestamp } from '#rootfs/timestamp.js';
import { boundedBy } from '../support/boundary.js';
import { explain, lines } from '../support/explain.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

function read(tree: ScratchTree, file = 'rootfs.toml') {
  return readRecipe(tree.path, tree.at(file), `images/base/${file}`, boundedBy(tree.path));
}

function recipe(tree: ScratchTree, file?: string): RootfsRecipe {
  const { value, diagnostics } = read(tree, file);
  assert.equal(explain(diagnostics), '');
  assert.ok(value !== undefined);
  return value;
}

const armoured =
  '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n';
const paths = { before: '/w/before', after: '/w/after', keys: '/w/keys', output: '/o/rootfs.tar' };

test('the least: a suite', () => {
  const tree = scratchTree({ 'rootfs.toml': 'suite = "bookworm"\n' });
  const least = recipe(tree);
  assert.equal(least.name, tree.path.split('/').at(-1));
  const { args } = bootstrap(least, 0, 'unshare', paths);
  assert.deepEqual(
    args.filter((arg) => !arg.includes('-hook=')),
    [
      '--mode=unshare',
      '--variant=minbase',
      '--format=tar',
      '--components=main',
      '--skip=chroot/policy-rc.d',
      '--skip=cleanup/apt',
      '--skip=output/dev',
      'bookworm',
      '/o/rootfs.tar',
    ],
  );
});

test('everything, in YAML as in TOML', () => {
  const tree = scratchTree({
    'acme.asc': armoured,
    motd: 'hi\n',
    'overlay/bin/tool': { text: '#!/bin/sh\n', mode: 0o700 },
    'overlay/etc/link': { symlink: '../motd' },
    'rootfs.toml': lines(`
      name = "bookworm"
      distribution = "debian"
      suite = "bookworm"
      architecture = "arm64"
      variant = "apt"
      components = ["main", "contrib"]
      mirrors = [
        "https://mirror.example/{timestamp}/debian",
        "deb https://mirror.example/security {suite}-security main",
        "deb [trusted=yes] https://acme.example/apt acme main",
      ]
      keys = ["acme.asc"]
      packages = ["ca-certificates", "acme-tool=1.0~rc1"]
      recommends = true
      proxy = "http://me:secret@proxy.example:3128"
      timestamp = "2026-03-01"
      refresh_days = 1
      minimise = false
      slim = false
      environment = { LANG = 'a "b" $c' }
      command = ["sh"]
      labels = { team = "base" }
      aliases = ["debian:bookworm-slim"]
      [[pins]]
      package = "*"
      pin = "release o=Acme"
      priority = 1001
      [[files]]
      source = "motd"
      target = "/etc/motd"
      mode = "0600"
      [[files]]
      source = "overlay"
      target = "/"
    `),
    'rootfs.yaml': lines(`
      name: bookworm
      suite: bookworm
      architecture: arm64
      variant: apt
      components: [main, contrib]
      mirrors:
        - https://mirror.example/{timestamp}/debian
        - deb https://mirror.example/security {suite}-security main
        - deb [trusted=yes] https://acme.example/apt acme main
      keys: acme.asc
      packages: [ca-certificates, acme-tool=1.0~rc1]
      recommends: true
      timestamp: "20260301"
      refresh_days: 1
      minimise: false
      slim: false
      environment: {LANG: 'a "b" $c'}
      command: [sh]
      labels: {team: base}
      aliases: ["debian:bookworm-slim"]
      pins:
        - {package: "*", pin: release o=Acme, priority: 1001}
      files:
        - {source: motd, target: /etc/motd, mode: "0600"}
        - {source: overlay, target: /}
    `),
  });
  const whole = recipe(tree);
  assert.equal(whole.timestamp, Date.UTC(2026, 2, 1) / 1000);
  assert.deepEqual(
    whole.files.map(({ target, mode, content }) => [target, mode.toString(8), content.kind]),
    [
      ['/bin/tool', '755', 'file'],
      ['/etc/link', '777', 'symlink'],
      ['/etc/motd', '600', 'file'],
    ],
  );
  const { args, steps } = bootstrap(whole, whole.timestamp ?? 0, 'root', paths);
  assert.deepEqual(
    args.filter((arg) => !arg.includes('-hook=')),
    [
      '--mode=root',
      '--variant=apt',
      '--format=tar',
      '--components=main,contrib',
      '--architectures=arm64',
      '--include=ca-certificates,acme-tool=1.0~rc1',
      '--keyring=/w/keys',
      '--skip=cleanup/apt',
      '--skip=output/dev',
      'bookworm',
      '/o/rootfs.tar',
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] https://mirror.example/20260301T000000Z/debian bookworm main contrib',
      'deb https://mirror.example/security bookworm-security main',
      'deb [trusted=yes] https://acme.example/apt acme main',
    ],
  );
  assert.deepEqual(
    steps.map((step) => step.name),
    ['keys', 'pins', 'apt-lists', 'devices', 'host', 'files'],
  );
  assert.ok(!args.join('\n').includes('secret'), 'no proxy in the arguments');
  const own = bootstrap({ ...whole, keys: [] }, whole.timestamp ?? 0, 'root', paths).args;
  assert.equal(
    own.at(-2),
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://mirror.example/security bookworm-security main',
  );
  const yaml = recipe(tree, 'rootfs.yaml');
  assert.equal(rootfsKey(yaml, yaml.timestamp ?? 0), rootfsKey(whole, whole.timestamp ?? 0));
});

test('every step says what it is for, and no two have one name', () => {
  const tree = scratchTree({
    'rootfs.toml': 'suite = "bookworm"\nkeep = ["/usr/share/doc/x/*"]\n',
  });
  const steps = stepsOf(recipe(tree));
  assert.equal(new Set(steps.map((step) => step.name)).size, steps.length);
  for (const { name, does } of steps) {
    assert.match(does, /^\S.{10,}[^.]$/, name);
  }
  const slim = steps.find((step) => step.name === 'slim');
  assert.match(slim?.script ?? '', /-path '\/usr\/share\/doc\/x\/\*'/);
});

test('the key follows what is made, not how: proxies and names leave it, a file changes it', () => {
  const tree = scratchTree({
    'rootfs.toml': 'suite = "bookworm"\nfiles = [{ source = "a", target = "/a" }]\n',
    a: '1',
  });
  const before = recipe(tree);
  const key = (changed: RootfsRecipe) => recipeDigest(changed, 0);
  assert.equal(key({ ...before, name: 'other', proxy: 'http://p.example' }), key(before));
  assert.notEqual(key({ ...before, packages: ['curl'] }), key(before));
  assert.notEqual(recipeDigest(before, 3600), key(before), 'the time of day is stamped on files');
  assert.equal(recipeDigest(before, 86_400), key(before), 'the date is beside it');
  tree.write({ a: '2' });
  assert.notEqual(key(recipe(tree)), key(before));
  const second = key(recipe(tree));
  chmodSync(tree.at('a'), 0o775);
  assert.notEqual(key(recipe(tree)), second);
});

test('timestamps are of UTC, and only real ones', () => {
  const day = Date.UTC(2026, 1, 28) / 1000;
  assert.equal(parseTimestamp('2026-02-28'), day);
  assert.equal(parseTimestamp('20260228'), day);
  assert.equal(parseTimestamp('20260228T010203Z'), day + 3723);
  assert.equal(parseTimestamp('2026-02-28T01:02:03Z'), day + 3723);
  assert.equal(parseTimestamp(`@${day}`), day);
  for (const wrong of [
    '2026-02-30',
    '28.2.2026',
    '2026-02-28T25:00:00Z',
    '2026-02-28T01:02:03',
    '',
  ]) {
    assert.equal(parseTimestamp(wrong), undefined, wrong);
  }
});

test('everything wrong is told at its place', () => {
  const tree = scratchTree({
    'acme.gpg': armoured,
    'rootfs.toml': lines(`
      suites = "bookworm"
      variant = "minbas"
      mirrors = ["mirror.example/debian"]
      keys = ["acme.gpg", "none.asc"]
      packages = ["--evil", "a b"]
      proxy = "proxy:3128"
      timestamp = "yesterday"
      keep = ["/usr/share/doc/x'; rm -rf /"]
      [[pins]]
      pin = "release o=Acme"
      [[files]]
      source = "none"
      target = "etc/motd"
      mode = "rw"
    `),
  });
  assert.equal(
    explain(read(tree).diagnostics),
    lines(`
      images/base/rootfs.toml: error: a root filesystem needs a suite [rootfs-file]
        hint: add suite = "bookworm"
      images/base/rootfs.toml:1:1: error: unknown key "suites" here [rootfs-file]
          1 | suites = "bookworm"
            | ^^^^^^
        hint: did you mean "suite"?
      images/base/rootfs.toml:2:11: error: variant cannot be "minbas" [rootfs-file]
          2 | variant = "minbas"
            |           ^^^^^^^^
        hint: did you mean "minbase"?
      images/base/rootfs.toml:3:12: error: this is neither the URI of a mirror nor a line of sources.list [rootfs-file]
          3 | mirrors = ["mirror.example/debian"]
            |            ^^^^^^^^^^^^^^^^^^^^^^^
        hint: write "https://host/debian" or "deb https://host/debian suite component"
      images/base/rootfs.toml:4:9: error: the key is armoured, so its name must end in .asc [rootfs-file]
          4 | keys = ["acme.gpg", "none.asc"]
            |         ^^^^^^^^^^
        hint: rename it to acme.asc
      images/base/rootfs.toml:4:21: error: the file images/base/none.asc does not exist [rootfs-file]
          4 | keys = ["acme.gpg", "none.asc"]
            |                     ^^^^^^^^^^
      images/base/rootfs.toml:5:13: error: "--evil" is not allowed in packages [rootfs-file]
          5 | packages = ["--evil", "a b"]
            |             ^^^^^^^^
      images/base/rootfs.toml:5:23: error: "a b" is not allowed in packages [rootfs-file]
          5 | packages = ["--evil", "a b"]
            |                       ^^^^^
      images/base/rootfs.toml:6:9: error: proxy cannot be read [rootfs-file]
          6 | proxy = "proxy:3128"
            |         ^^^^^^^^^^^^
        hint: write it as "http://host:port"
      images/base/rootfs.toml:7:13: error: timestamp must be a date of UTC [rootfs-file]
          7 | timestamp = "yesterday"
            |             ^^^^^^^^^^^
        hint: write "2026-03-01", "20260301T000000Z", or the seconds since 1970
      images/base/rootfs.toml:8:9: error: "/usr/share/doc/x'; rm -rf /" is not allowed in keep [rootfs-file]
          8 | keep = ["/usr/share/doc/x'; rm -rf /"]
            |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      images/base/rootfs.toml:9:3: error: a pin needs a pin and a priority [rootfs-file]
          9 | [[pins]]
            |   ^^^^
        hint: for example pin = "release o=Acme" and priority = 1001
      images/base/rootfs.toml:13:10: error: target must be an absolute path in the image [rootfs-file]
          13 | target = "etc/motd"
             |          ^^^^^^^^^^
        hint: for example "/etc/motd"
      images/base/rootfs.toml:14:8: error: mode must be octal [rootfs-file]
          14 | mode = "rw"
             |        ^^^^
        hint: for example mode = "0644"
    `),
  );
});
