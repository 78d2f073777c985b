import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../support/explain.js';
import { gitIn, gitRepository, noGit } from '../../support/gitRepository.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';
import { readToldDefinitions as readDefinitions } from '../../support/told.js';

function read(tree: ScratchTree, env: Record<string, string> = {}) {
  const cwd = tree.path;
  const opened = openWorkspace({
    cwd,
    directories: ['images'],
    env,
    allowed: Object.keys(env),
    home: tree.at('none'),
  });
  assert.equal(explain(opened.diagnostics), '');
  return readDefinitions(opened.value.trees, { variables: opened.value.variables });
}

function images(tree: ScratchTree, env?: Record<string, string>): readonly ImageDefinition[] {
  const { value, diagnostics } = read(tree, env);
  assert.equal(explain(diagnostics), '');
  return value;
}

const config = { 'config.yaml': 'registry: r.example\nnamespace: team\napp_version: "3.1"\n' };

test('an image.toml says everything about a plain Dockerfile', () => {
  const tree = scratchTree({
    ...config,
    'images/web/build/Dockerfile.web': 'FROM scratch AS final\n',
    'images/web/goss.yaml': '',
    'images/web/smoke.sh': '',
    'images/web/image.toml': lines(`
      name = "web-server"
      version = "1.2.3"
      description = "Serves"
      dockerfile = "build/Dockerfile.web"
      target = "final"
      platforms = ["linux/amd64", "linux/arm64"]
      tags = ["1.2", "1"]
      tests = ["smoke.sh", "goss.yaml"]
      aliases = ["web:local"]
      labels = { team = "web" }
      [args]
      MODE = "fast"
    `),
  });
  const [image] = images(tree);
  assert.ok(image !== undefined);
  const {
    tree: _,
    dockerfile,
    labels,
    args,
    tests,
    place,
    namedAt,
    versionSpot,
    settingsFile,
    platformsPlace,
    ...rest
  } = image;
  assert.deepEqual([platformsPlace?.line, platformsPlace?.column], [6, 14]);
  assert.deepEqual(
    [namedAt?.file, namedAt?.line, namedAt?.column],
    ['images/web/image.toml', 1, 8],
  );
  assert.deepEqual(rest, {
    name: 'web-server',
    version: '1.2.3',
    repository: 'r.example/team/web-server',
    reference: 'r.example/team/web-server:1.2.3',
    directory: tree.at('images/web'),
    context: 'images/web',
    depends: [],
    description: 'Serves',
    extraTags: ['1.2', '1'],
    stage: 'final',
    platforms: ['linux/amd64', 'linux/arm64'],
    aliases: ['web:local'],
  });
  assert.deepEqual(dockerfile, {
    kind: 'plain',
    file: 'images/web/build/Dockerfile.web',
    text: 'FROM scratch AS final\n',
  });
  assert.deepEqual([...labels], [['team', 'web']]);
  assert.deepEqual([...args], [['MODE', 'fast']]);
  assert.equal(place.file, 'images/web/image.toml');
  assert.equal(versionSpot?.file, tree.at('images/web/image.toml'));
  assert.equal(settingsFile, versionSpot?.file);
  assert.deepEqual(
    tests?.inside.map(({ kind, shown }) => `${kind} ${shown}`),
    ['script images/web/smoke.sh', 'goss images/web/goss.yaml'],
  );
});

test('a Dockerfile alone is an image only where the configuration says how versions are made', () => {
  const files = {
    ...config,
    'images/web/Dockerfile': 'FROM scratch\n',
    'images/web/x/Dockerfile': '',
  };
  const without = read(scratchTree(files));
  assert.deepEqual(
    without.diagnostics.map(({ code }) => code),
    ['tree-empty'],
  );
  const tree = scratchTree({
    ...files,
    'config.yaml': 'dockerfile_version: file:VERSION\n',
    'images/VERSION': ' 7.0 \nmore\n',
    'images/x/Dockerfile': 'FROM scratch\n',
    'images/x/image.yaml': 'version: "1"\n',
  });
  assert.deepEqual(
    images(tree).map(({ reference, directory }) => [reference, directory]),
    [
      ['web:7.0', tree.at('images/web')],
      ['x:7.0', tree.at('images/web/x')],
      ['x:1', tree.at('images/x')],
    ],
  );
});

test('a version comes from a file, a variable or the environment', () => {
  const tree = scratchTree({
    ...config,
    'images/VERSION': '2.0\n',
    'images/f/Dockerfile': 'FROM scratch\n',
    'images/f/image.toml': 'version = "file:../VERSION"\n',
    'images/v/Dockerfile': 'FROM scratch\n',
    'images/v/image.toml': 'version = "variable:app_version"\n',
    'images/e/Dockerfile': 'FROM scratch\n',
    'images/e/image.toml': 'version = "environment:CI_TAG"\n',
  });
  const found = images(tree, { CI_TAG: 'build7' });
  assert.deepEqual(
    found.map(({ name, version }) => `${name} ${version}`),
    ['e build7', 'f 2.0', 'v 3.1'],
  );
  assert.equal(found[1]?.versionSpot?.file, tree.at('images/VERSION'));
});

test('a version comes from a git tag, and says what came after it', { skip: noGit }, (t) => {
  const root = gitRepository(t, {
    'config.yaml': '',
    'images/g/Dockerfile': 'FROM scratch\n',
    'images/g/image.toml': 'version = "git:v*"\n',
  });
  gitIn(root, 'tag', 'v1.0');
  gitIn(root, 'tag', 'other-9');
  const version = () => {
    const opened = openWorkspace({ cwd: root, directories: ['images'], env: {}, home: '/none' });
    return readDefinitions(opened.value.trees).value[0]?.version ?? '';
  };
  assert.equal(version(), 'v1.0');
  appendFileSync(join(root, 'images/g/Dockerfile'), 'LABEL a=b\n');
  assert.equal(version(), 'v1.0-dirty');
  gitIn(root, 'commit', '--quiet', '-am', 'second');
  assert.match(version(), /^v1\.0-1-g[0-9a-f]+$/);
});

test('what cannot be a version is told where it is written', () => {
  const tree = scratchTree({
    ...config,
    'images/a/Dockerfile': 'FROM scratch\n',
    'images/a/image.toml': 'version = "environment:CI_TAG"\n',
    'images/b/Dockerfile': 'FROM scratch\n',
    'images/b/image.toml': 'version = "variable:ap_version"\n',
    'images/c/Dockerfile': 'FROM scratch\n',
    'images/c/image.toml': 'version = "file:none"\n',
    'images/d/Dockerfile': 'FROM scratch\n',
    'images/d/image.toml': 'version = "1.0~rc1"\n',
    'images/e/Dockerfile': 'FROM scratch\n',
    'images/e/image.toml': 'versoin = "1"\n',
    'images/f/image.toml': 'version = "1"\n',
    'images/g/Dockerfile': 'FROM scratch\n',
    'images/g/image.toml':
      'version = "1"\nplatforms = ["amd64"]\ntags = ["a b"]\ntests = ["no.sh"]\n',
    'images/h/Dockerfile': 'FROM scratch\n',
    'images/h/image.toml': 'version = "git:v*"\n',
  });
  const found = read(tree, { CI_TAG: '' }).diagnostics.map(
    ({ place, message }) => `${place?.file}:${place?.line}:${place?.column} ${message}`,
  );
  assert.deepEqual(found.slice(0, -1), [
    'images/a/image.toml:1:11 the environment variable CI_TAG is not set',
    'images/b/image.toml:1:11 variable ap_version is not set in the configuration',
    'images/c/image.toml:1:11 the file images/c/none does not exist',
    'images/d/image.toml:1:15 "1.0~rc1" is not a valid tag: it contains "~", which Debian sorts before the end of a version',
    'images/e/image.toml:undefined:undefined the image has no version',
    'images/e/image.toml:1:1 unknown key "versoin" here',
    'images/f/image.toml:undefined:undefined the file images/f/Dockerfile does not exist',
    'images/g/image.toml:2:14 "amd64" is not a platform: write it as linux/amd64',
    'images/g/image.toml:3:9 "a b" is not a valid tag: it contains " "',
    'images/g/image.toml:4:10 the test no.sh does not exist',
  ]);
  assert.match(found.at(-1) ?? '', /^images\/h\/image.toml:1:11 git cannot tell the version: /);
});

test('one directory defines one image', () => {
  const tree = scratchTree({
    ...config,
    'images/a/Dockerfile.template': 'FROM scratch\n',
    'images/a/changelog': lines(`
      a (1) unstable; urgency=low

        * x

       -- A B <a@b.example>  Mon, 02 Feb 2026 10:00:00 +0000
    `),
    'images/a/rootfs.toml': 'suite = "bookworm"\n',
  });
  assert.deepEqual(
    read(tree).diagnostics.map(({ message }) => message),
    ['the directory defines two images: by Dockerfile.template and changelog and by rootfs.toml'],
  );
});
