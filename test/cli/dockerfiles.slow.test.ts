/** A repository of plain Dockerfiles, on the real command line. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { changelogOf } from '../support/refused.js';
import { scratchTree } from '../support/scratch.js';

const files = {
  'repo/docker/base/Dockerfile': 'FROM debian:bookworm\n',
  'repo/services/api/Dockerfile': 'FROM company/base:latest\nCOPY go.mod /\n',
  'repo/services/web/Dockerfile': 'FROM company/base\nCOPY . /\n',
  'repo/go.mod': '',
};

test('three Dockerfiles and nothing else: list and plan', async () => {
  const cwd = scratchTree(files).at('repo');
  const listed = await runCli(['list', '--json'], { cwd });
  assert.equal(listed.status, 0, listed.stderr);
  assert.equal(listed.stderr, '3 images in 2 levels, 2 links to parents\n');
  const { images } = JSON.parse(listed.stdout) as { images: Record<string, string>[] };
  assert.deepEqual(
    images.map(({ name, repository, path }) => [name, repository, path]),
    [
      ['base', 'company/base', 'docker/base'],
      ['services/api', 'company/services/api', 'services/api'],
      ['services/web', 'company/services/web', 'services/web'],
    ],
  );
  const planned = await runCli(['plan', '--wave-size', '0'], { cwd });
  assert.equal(planned.status, 0, planned.stderr);
  const { target } = JSON.parse(planned.stdout) as {
    target: Record<string, { context: string; contexts?: Record<string, string> }>;
  };
  assert.deepEqual(
    Object.entries(target).map(([name, { context, contexts = {} }]) => [
      name,
      context,
      Object.values(contexts),
    ]),
    [
      ['company__base', 'docker/base', []],
      ['company__services__api', '.', ['target:company__base']],
      ['company__services__web', 'services/web', ['target:company__base']],
    ],
  );
});

const several = {
  'repo/generate-bake.toml': '',
  'repo/docker/base/Dockerfile': 'FROM debian:bookworm\n',
  'repo/api/Dockerfile': 'FROM company/base\n',
  'repo/services/base/Dockerfile': 'FROM company/base\n',
  'repo/services/api/Dockerfile': 'FROM company/services/base\n',
};

test('the table has the whole names of parents; levels are those of what is shown', async () => {
  const cwd = scratchTree(several).at('repo');
  const { stdout, stderr, status } = await runCli(['list', 'services/*'], { cwd });
  assert.equal(status, 0, stderr);
  const rows = stdout.trimEnd().split('\n').slice(1);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/).filter((_, at) => at !== 2)),
    [
      ['repo', 'services/api', 'services/api', 'services/base', 'services/base'],
      ['repo', 'services/base', 'services/base', 'base', 'base'],
    ],
  );
  assert.match(stderr, /^2 images in 2 levels, 2 links to parents$/m);
  const one = await runCli(['list', 'services/api'], { cwd });
  assert.match(one.stderr, /^1 image in 1 level, 1 link to parents$/m);
});

test('below the root, globs are compared with paths from here, and a name that means two is none', async () => {
  const { at } = scratchTree(several);
  const names = async (word: string) => {
    const { stdout, stderr, status } = await runCli(['list', word, '--json'], {
      cwd: at('repo/services'),
    });
    const { images } = JSON.parse(stdout || '{"images":[]}') as { images: { path: string }[] };
    return status === 0 ? images.map(({ path }) => path).sort() : stderr;
  };
  assert.deepEqual(await names('ap*'), ['../api', '../services/api']);
  // What is before every name is not what a glob without a slash is about.
  assert.match(String(await names('comp*')), /no image matches/);
  assert.equal((await names('company/s*')).length, 2);
  assert.deepEqual(await names('./api'), ['../services/api']);
  assert.match(String(await names('api')), /"api" is a directory, and an image that is not in it/);
  // The end of another image's name is no second meaning of a directory that is an image.
  assert.match(
    String(await names('x*')),
    /no image matches 'x\*'.*\n.*generate-bake list \.\. shows/,
  );
});

test('a version that cannot be computed is not shown as if it were one', async () => {
  const cwd = scratchTree({
    'repo/base/Dockerfile': 'RNU x\n',
    'repo/api/Dockerfile': 'FROM acme/base\n',
    'repo/generate-bake.toml': 'namespace = "acme"\n',
  }).at('repo');
  const { stdout } = await runCli(['list'], { cwd });
  const rows = stdout.trimEnd().split('\n').slice(1);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/).slice(1, 3)),
    [
      ['api', '-'],
      ['base', '-'],
    ],
  );
});

test('what is copied and is not there is a warning of check, at its line', async () => {
  const cwd = scratchTree({
    'repo/api/Dockerfile': lines(`
      FROM debian
      COPY dist/app /app
      COPY *.md there /
      COPY nowhere loop sys/passwd good back /
      RUN --mount=type=bind,source=gone,target=/x true
      COPY left kept/in out /
    `),
    'repo/api/.dockerignore': 'left\nkept\n!kept/in\nout\n!out/in\n',
    'repo/api/there': '',
    'repo/api/left': '',
    'repo/api/kept/in': '',
    'repo/api/out/in': '',
    'repo/api/nowhere': { symlink: 'absent' },
    'repo/api/loop': { symlink: 'loop' },
    'repo/api/sys': { symlink: '/etc' },
    'repo/api/good': { symlink: '/there' },
    'repo/api/back': { symlink: '../../there' },
  }).at('repo');
  const { stderr, status } = await runCli(['check'], { cwd });
  assert.equal(status, 0);
  assert.match(stderr, /set context in image\.toml, or in \[\[image\]\] of generate-bake\.toml\n/);
  const told = [
    ...stderr.matchAll(/^api\/Dockerfile:(\d+:\d+): warning: (.*) \[source-missing\]$/gm),
  ];
  assert.deepEqual(
    told.map(([, line, message]) => `${line} ${message}`),
    [
      '2:6 COPY takes dist/app, which is not in the context api',
      '4:6 COPY takes nowhere, which leads to absent, which is not in the context api',
      '4:14 COPY takes loop, which is, or goes through, a symbolic link to itself',
      '4:19 COPY takes sys/passwd, which leads to etc/passwd, which is not in the context api',
      '5:45 the mount takes gone, which is not in the context api',
      '6:6 COPY takes left, which the ignore rules of the context api leave out',
    ],
  );
});

test('a FROM that depends on the platform is of this machine, and its target says so', async () => {
  const cwd = scratchTree({
    'repo/one/Dockerfile':
      'FROM debian AS b-amd64\nFROM debian AS b-arm64\nFROM debian AS c-linux\nFROM b-$TARGETARCH\nCOPY --from=c-linux / /\n',
    'repo/two/Dockerfile': 'FROM debian AS b-linux\nFROM b-$TARGETOS\n',
  }).at('repo');
  const { stdout, stderr, status } = await runCli(['plan', '--wave-size', '0'], { cwd });
  assert.equal(status, 0, stderr);
  const { target } = JSON.parse(stdout) as { target: Record<string, { platforms?: string[] }> };
  const machine = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64';
  assert.deepEqual(
    Object.values(target).map(({ platforms }) => platforms),
    [[machine], undefined],
  );
});

test('what a Dockerfile meant, and does not mean any more, is told of', async () => {
  const { at, write } = scratchTree({
    'repo/base/Dockerfile': 'FROM debian\n',
    'repo/a/Dockerfile': 'FROM acme/base\n',
    'repo/b/Dockerfile': 'FROM acme/base:latest\n',
  });
  const told = async (text: string) => {
    write({ 'repo/generate-bake.toml': `namespace = "acme"\n${text}` });
    const { stderr } = await runCli(['list'], { cwd: at('repo') });
    return stderr.split('\n').filter((line) => /acme\/base|hint/.test(line));
  };
  assert.deepEqual(await told(''), []);
  const renamed = '[[image]]\npath = "base"\nname = "debian-base"\n';
  assert.deepEqual(await told(renamed), [
    'a/Dockerfile:1:6: warning: acme/base is pulled in 2 Dockerfiles, since the image of base is now named acme/debian-base [not-linked]',
    '    1 | FROM acme/base',
    '  hint: write acme/debian-base, or add aliases = ["acme/base"] to its [[image]] in generate-bake.toml',
  ]);
  assert.deepEqual(await told(`${renamed}aliases = ["acme/base"]\n`), []);
  assert.deepEqual(await told('exclude = ["base"]\n'), [
    'a/Dockerfile:1:6: warning: acme/base is pulled in 2 Dockerfiles, since exclude has "base" [not-linked]',
    '    1 | FROM acme/base',
    '  hint: remove that pattern to build it here',
  ]);
  assert.match(
    (await told('[[image]]\npath = "base"\nname = "x y"\n')).join('\n'),
    /acme\/base is pulled in 2 Dockerfiles, though base may make it: that is broken, and has no name/,
  );
});

test('a table about an image that is not there is an error of the file, whatever is selected', async () => {
  const { at } = scratchTree({
    'repo/generate-bake.toml': '[[image]]\npath = "docker/bse"\nversion = "1.0"\n',
    'repo/docker/base/Dockerfile': 'FROM debian\n',
  });
  for (const args of [['list', 'base'], ['plan', 'base'], ['list']]) {
    const { status, stdout, stderr } = await runCli(args, { cwd: at('repo') });
    assert.equal(status, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /generate-bake.toml:2:8: error: no Dockerfile is found at docker\/bse/);
  }
});

test('two Dockerfiles of one name break both, and nothing else', async () => {
  const cwd = scratchTree({
    ...files,
    'repo/base/Dockerfile': 'FROM scratch\n',
    'repo/tools/Dockerfile': 'FROM scratch\nCOPY . /\n',
  }).at('repo');
  const listed = await runCli(['list'], { cwd });
  assert.equal(listed.status, 0);
  assert.match(listed.stderr, /base and docker\/base are both named company\/base/);
  assert.match(
    listed.stderr,
    /hint: name one of them in generate-bake\.toml: \[\[image\]\] with path = "docker\/base" and name = "…"\n/,
  );
  const planned = await runCli(['plan'], { cwd });
  assert.equal(planned.status, 1);
  assert.match(planned.stdout, /company__tools/);
});

test('init in a repository of Dockerfiles: what is there, the graph, a short file', async () => {
  const tree = scratchTree({ ...files, 'repo/compose.yaml': '', 'repo/docker-bake.hcl': '' });
  const cwd = tree.at('repo');
  const before = await runCli(['list'], { cwd });
  const made = await runCli(['init'], { cwd });
  assert.equal(made.status, 0, made.stderr);
  assert.equal(
    made.stderr,
    lines(`
      found 3 Dockerfiles in 3 directories, 1 compose file (compose.yaml), 1 bake file (docker-bake.hcl)
      3 images, 2 links to parents
      wrote generate-bake.toml
      to take over what compose.yaml says: generate-bake import compose compose.yaml --force
      to take over what docker-bake.hcl says: generate-bake import bake docker-bake.hcl --force
      next: generate-bake build
    `),
  );
  assert.match(
    made.stdout,
    /^company\/base:\S+\n├── company\/services\/api:\S+\n└── company\/services\/web:\S+\n$/,
  );
  assert.match(
    readFileSync(tree.at('repo/generate-bake.toml'), 'utf8'),
    /\nnamespace = "company"\n/,
  );
  const after = await runCli(['list'], { cwd });
  assert.equal(after.stdout, before.stdout);
  const again = await runCli(['init', 'repo'], { cwd: tree.path });
  assert.deepEqual(
    [again.stderr, again.status],
    [
      lines(`
        error: repo/generate-bake.toml exists already [init-refused]
          hint: see what it makes: cd repo && generate-bake list
      `),
      2,
    ],
  );
});

test('init where the Dockerfiles name each other by their paths below a directory', async () => {
  const tree = scratchTree({
    'images/base/Dockerfile': 'FROM debian\n',
    'images/app/Dockerfile': 'ARG OWNER=acme\nFROM quay.io/$OWNER/base\n',
    'examples/x/Dockerfile': 'FROM quay.io/acme/app\n',
  });
  const made = await runCli(['init'], { cwd: tree.path });
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stderr, /^found 3 Dockerfiles in 3 directories \(1 outside of images\)\n/);
  const text = readFileSync(tree.at('generate-bake.toml'), 'utf8');
  assert.match(text, /\ndirectory = "images"\n/);
  assert.match(text, /\nnamespace = "quay\.io\/acme"\n/);
  const listed = await runCli(['list'], { cwd: tree.path });
  assert.match(listed.stderr, /2 images in 2 levels, 1 link to parents\n$/);
});

test('init beside images of docker-pkg: a tree for each, as before', async () => {
  const cwd = scratchTree({
    'repo/config.yaml': 'registry: r.example\n',
    'repo/images/base/Dockerfile.template': 'FROM debian:12\nCOPY . /\n',
    'repo/images/base/changelog': changelogOf('base', '1'),
    'repo/svc/api/Dockerfile': 'FROM r.example/base:latest\n',
  }).at('repo');
  const made = await runCli(['init'], { cwd });
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stderr, /^found 1 Dockerfile in 1 directory, 1 docker-pkg image$/m);
  assert.equal(
    readFileSync(`${cwd}/generate-bake.toml`, 'utf8'),
    lines(`
      # The trees of docker-pkg, and the Dockerfiles that are in none of them.
      [[tree]]
      directory = "images"
      config = "config.yaml"

      [[tree]]
      kind = "dockerfiles"
      directory = "."
    `),
  );
  const { stdout, stderr } = await runCli(['list', '--tree'], { cwd });
  assert.match(stdout, /^base:1\n└── svc\/api:[0-9a-f]{12}\n$/, stderr);
});

test('init where there is something else, and nothing to build', async () => {
  const tree = scratchTree({ 'README.md': '' });
  const refused = await runCli(['init'], { cwd: tree.path });
  assert.deepEqual(
    [refused.stderr, refused.status],
    [
      lines(`
        .: error: . is not empty: it contains README.md [init-refused]
          hint: name a directory that does not exist yet, or an empty one
      `),
      2,
    ],
  );
  assert.equal(existsSync(tree.at('generate-bake.toml')), false);
});

test('Dockerfiles beside a config.yaml that has no images: the next command is named', async () => {
  const cwd = scratchTree({ ...files, 'repo/config.yaml': '' }).at('repo');
  assert.equal(
    (await runCli(['list'], { cwd })).stderr,
    lines(`
      .: error: no docker-pkg images in this directory, but 3 Dockerfiles are: docker/base/Dockerfile, services/api/Dockerfile, services/web/Dockerfile [tree-empty]
        hint: "generate-bake init" writes a generate-bake.toml for them; or set dockerfile_version
    `),
  );
  const made = await runCli(['init'], { cwd });
  assert.equal(made.status, 0, made.stderr);
  assert.equal((await runCli(['list'], { cwd })).status, 0);
});

const blockOf = (name: string) =>
  `${name} (1.0) unstable; urgency=medium\n\n  * Made.\n\n -- A <a@example.org>  Sun, 16 Aug 2026 06:00:34 +0000\n`;

test('docker-pkg images and plain Dockerfiles in one repository: all stay after init and import', async () => {
  const tree = scratchTree({
    'config.yaml': '',
    'images/foo/changelog': blockOf('foo'),
    'images/foo/Dockerfile.template': 'FROM scratch\nLABEL a=b\n',
    'more/bar/changelog': blockOf('bar'),
    'more/bar/Dockerfile.template': 'FROM scratch\nLABEL a=b\n',
    'web/Dockerfile': 'FROM scratch\nLABEL a=b\n',
  });
  const cwd = tree.path;
  const names = async (): Promise<readonly string[]> =>
    (await runCli(['list', '--tree'], { cwd })).stdout
      .split('\n')
      .map((line) => line.replace(/:.*/, ''))
      .filter((line) => line !== '');
  const made = await runCli(['import', 'docker-pkg'], { cwd });
  assert.match(
    made.stderr,
    /\ncarried over: 1 plain Dockerfile, as a tree of their own: web\/Dockerfile\n/,
  );
  assert.deepEqual([...(await names())].sort(), ['bar', 'foo', 'web']);
  const text = readFileSync(tree.at('generate-bake.toml'), 'utf8');
  rmSync(tree.at('generate-bake.toml'));
  assert.equal((await runCli(['init'], { cwd })).status, 0);
  assert.equal(readFileSync(tree.at('generate-bake.toml'), 'utf8'), text);

  // A file about the Dockerfiles alone: its hint, word for word.
  writeFileSync(tree.at('generate-bake.toml'), 'namespace = "x"\n');
  const { stderr } = await runCli(['list'], { cwd });
  for (const piece of [
    '[[tree]] with directory = "images" and config = "config.yaml"',
    '[[tree]] with directory = "more" and config = "config.yaml"',
    '[[tree]] with kind = "dockerfiles", directory = "."',
  ]) {
    assert.ok(stderr.includes(piece), stderr);
  }

  // An image at the top: its tree is the whole repository.
  writeFileSync(tree.at('changelog'), blockOf('top'));
  writeFileSync(tree.at('Dockerfile.template'), 'FROM scratch\nLABEL a=b\n');
  const top = await runCli(['import', 'docker-pkg', '--force'], { cwd });
  assert.match(top.stderr, /1 plain Dockerfile left out, .*: web\/Dockerfile \[not-carried-over\]/);
  assert.deepEqual([...(await names())].sort(), ['bar', 'foo', 'top']);
});

test('image.toml chooses the Dockerfile of its directory; two of one name are told by line', async () => {
  const tree = scratchTree({
    'a/Dockerfile': 'FROM scratch\nLABEL a=b\n',
    'a/Dockerfile.prod': 'FROM scratch\nLABEL b=c\n',
    'a/image.toml': 'dockerfile = "Dockerfile.prod"\n',
  });
  const cwd = tree.path;
  const listed = async () =>
    (await runCli(['list', '--tree'], { cwd })).stdout.replace(/:\w+/g, '');
  assert.equal(await listed(), 'a\n');
  writeFileSync(tree.at('a/image.toml'), 'dockerfile = "Dockerfile.prod"\nname = "prod"\n');
  assert.equal(await listed(), 'a\nprod\n');
  writeFileSync(tree.at('a/image.toml'), 'dockerfile = "nope"\n');
  const missing = await runCli(['plan'], { cwd });
  assert.match(missing.stderr, /the file a\/nope does not exist/);
  assert.equal(missing.stderr.match(/error:/g)?.length, 1, missing.stderr);
  writeFileSync(
    tree.at('a/image.toml'),
    '[[image]]\nname = "x"\n\n[[image]]\nname = "x"\ndockerfile = "Dockerfile.prod"\n',
  );
  const twice = await runCli(['plan'], { cwd });
  assert.match(
    twice.stderr,
    /^a\/image\.toml:5:8: error: two images are both named x: lines 2 and 5 of a\/image\.toml \[/,
  );
  assert.match(
    twice.stderr,
    /hint: write another name = "…" in one of these tables of a\/image\.toml/,
  );
});

test('small words: aliases that are names, paths from the top, names that cannot be', async () => {
  const file = 'FROM scratch\nCOPY . /\n';
  const tree = scratchTree({
    'a/Dockerfile': file,
    'b/Dockerfile': file,
    '日本/Dockerfile': file,
    'generate-bake.toml': '[[image]]\npath = "a"\naliases = ["b"]\n',
  });
  const cwd = tree.path;
  symlinkSync('/etc/hostname', tree.at('b/.dockerignore'));
  mkdirSync(Buffer.concat([Buffer.from(`${tree.path}/bad`), Buffer.from([0xff])]));
  const first = await runCli(['plan'], { cwd });
  assert.match(
    first.stderr,
    /generate-bake\.toml:1:\d+: error: the alias b is the name of another image: b \[duplicate-alias\]/,
  );
  assert.match(first.stderr, /not searched: .*\n {2}hint: rename it: its name is not UTF-8\n/);
  assert.match(
    first.stderr,
    /the directory 日本 gives no image name \[name-illegal\]\n {2}hint: .* path = "日本\/Dockerfile" and name = "…"/,
  );
  assert.match(
    first.stderr,
    /\.dockerignore: error: .*\n {2}hint: replace it by a file of the repository\n/,
  );
  writeFileSync(
    tree.at('generate-bake.toml'),
    '[[image]]\npath = "日本/Dockerfile"\nname = "japan"\n',
  );
  assert.match((await runCli(['list'], { cwd })).stdout, / japan /);
  writeFileSync(tree.at('generate-bake.toml'), '[[image]]\npath = "/a"\n');
  assert.match((await runCli(['plan'], { cwd })).stderr, /hint: did you mean "a"\?\n/);
});
