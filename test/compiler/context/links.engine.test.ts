/** What the contexts of each kind of definition bring into an image, seen in the built image. */
import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../../support/cli.js';
import { type Engine, engines } from '../../support/engine/engine.js';
import { gitIn, noGit } from '../../support/gitRepository.js';
import { must } from '../../support/process.js';
import { type ScratchFile, type ScratchTree, scratchTree } from '../../support/scratch.js';

const secret = 'hunter2-is-the-secret';
const changelog = (name: string) =>
  `${name} (1) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n`;

/** A repository with these files, and one with a secret beside it. */
function repository(files: Readonly<Record<string, ScratchFile>>): ScratchTree {
  const tree = scratchTree({ secret: `${secret}\n`, 'repo/.gitignore': 'ignored\n' });
  tree.write(
    Object.fromEntries(Object.entries(files).map(([name, file]) => [`repo/${name}`, file])),
  );
  gitIn(tree.at('repo'), 'init', '--quiet');
  gitIn(tree.at('repo'), 'add', '--all', '--force');
  tree.write({ 'repo/ignored': `${secret}\n` });
  return tree;
}

/** What is in each image of the plan: a file's text, or `-> target`, by path. */
async function built(
  engine: Engine,
  tree: ScratchTree,
  status = 0,
): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const cwd = tree.at('repo');
  const plan = await runCli(['plan'], { cwd });
  assert.equal(plan.status, status, plan.stderr);
  assert.ok(!plan.stdout.includes(secret));
  tree.write({ 'plan.json': plan.stdout });
  const names = Object.keys((JSON.parse(plan.stdout) as { target: object }).target);
  const outputs = names.flatMap((name) => [
    '--set',
    `${name}.output=type=local,dest=${tree.at('out', name)}`,
  ]);
  const knowsAllow = !engine.buildxVersion.startsWith('0.13.');
  const allow = knowsAllow ? [`--allow=fs.write=${tree.path}`] : [];
  await must('docker', ['buildx', 'bake', '-f', tree.at('plan.json'), ...allow, ...outputs], {
    cwd,
    env: { ...engine.env, BUILDX_GIT_INFO: '0' },
  });
  return Object.fromEntries(names.map((name) => [name, contentOf(tree.at('out', name))]));
}

function contentOf(directory: string, prefix = ''): Readonly<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) {
      Object.assign(content, contentOf(path, `${prefix}${name}/`));
    } else {
      const isLink = stat.isSymbolicLink();
      content[prefix + name] = isLink ? `-> ${readlinkSync(path)}` : readFileSync(path, 'utf8');
    }
  }
  return content;
}

const planted: Readonly<Record<string, ScratchFile>> = {
  shadow: { symlink: '/etc/shadow' },
  environ: { symlink: '/proc/self/environ' },
  beside: { symlink: '../../../secret' },
  two: { symlink: 'beside' },
  dir: { symlink: '../../..' },
  through: { symlink: 'dir/secret' },
  ignored: { symlink: '../../ignored' },
  config: { symlink: '../../.git/config' },
  '.#lock': { symlink: 'someone@host.1234:5678' },
  loop: { symlink: 'loop' },
};

const asLinks = Object.fromEntries(
  Object.entries(planted).map(([name, file]) => [
    name,
    typeof file === 'object' && 'symlink' in file ? `-> ${file.symlink}` : '',
  ]),
);

const below = (folder: string, files: Readonly<Record<string, ScratchFile>>) =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [`${folder}/${name}`, file]));

/** Every way in which a definition names a file, led out of the repository; the place that is named. */
const ledOut: Readonly<
  Record<string, { readonly files: Readonly<Record<string, ScratchFile>>; readonly at: RegExp }>
> = {
  'an include': {
    files: {
      'images/bad/Dockerfile.template': 'FROM scratch\nCOPY . /\n# {% include "part" %}\n',
      'images/bad/changelog': changelog('bad'),
      'images/bad/part': { symlink: '../../../secret' },
    },
    at: /images\/bad\/Dockerfile\.template:3:6: error: .*images\/bad\/part is a symbolic link/,
  },
  'a version of a file': {
    files: {
      'images/bad/Dockerfile': 'FROM scratch\nCOPY . /\n',
      'images/bad/image.toml': 'version = "file:VERSION"\n',
      'images/bad/VERSION': { symlink: '../../../secret' },
    },
    at: /images\/bad\/image\.toml:1:11: error: .*VERSION is a symbolic link/,
  },
  'a version of an ignored file': {
    files: {
      'images/bad/Dockerfile': 'FROM scratch\nCOPY . /\n',
      'images/bad/image.toml': 'version = "file:../../ignored"\n',
    },
    at: /images\/bad\/image\.toml:1:11: error: .*that git ignores/,
  },
  'a file for goss': {
    files: {
      'images/bad/Dockerfile': 'FROM scratch\nCOPY . /\n',
      'images/bad/image.toml': 'version = "1"\n',
      'images/bad/goss.yaml': { symlink: '../../../secret' },
    },
    at: /images\/bad\/goss\.yaml: error: the test goss\.yaml is a symbolic link/,
  },
  'variables for goss': {
    files: {
      'images/bad/Dockerfile.template': 'FROM scratch\nCOPY Dockerfile.template /\n',
      'images/bad/changelog': changelog('bad'),
      'images/bad/goss.yaml': 'file: {}\n',
      'images/bad/goss_vars.yaml': { symlink: '../../../secret' },
    },
    at: /images\/bad\/goss\.yaml: error: .*goss_vars\.yaml.* is a symbolic link/,
  },
  'a file of a root filesystem': {
    files: {
      'images/bad/rootfs.toml':
        'suite = "trixie"\ntimestamp = "2026-03-01"\n[[files]]\nsource = "key"\ntarget = "/key"\n',
      'images/bad/key': { symlink: '../../../secret' },
    },
    at: /images\/bad\/rootfs\.toml:4:10: error: .*images\/bad\/key is a symbolic link/,
  },
  'a test of a stage': {
    files: {
      'stages/Dockerfile.bad': 'FROM scratch\nCOPY Dockerfile.bad /\n',
      'stages/bad.yaml': { symlink: '../../secret' },
    },
    at: /stages\/bad\.yaml: error: the test bad\.yaml is a symbolic link/,
  },
};

for (const engine of await engines()) {
  const options = { skip: noGit };

  test(
    `${engine.name}: plain Dockerfiles and stages get links as links, by the rules beside them`,
    options,
    async () => {
      const tree = repository({
        'generate-bake.toml':
          '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n[[tree]]\ndirectory = "stages"\nconfig = "config.yaml"\nkind = "stages"\nprefix = "st-"\nversion = "1"\ncontext = "{stage}"\n',
        'config.yaml': 'registry: ""\n',
        ...below('images/plain', {
          'image.toml': 'version = "1"\n',
          Dockerfile: 'FROM scratch\nCOPY . /\n',
          ...planted,
        }),
        ...below('images/keys', {
          'image.toml': 'version = "1"\n',
          Dockerfile: 'FROM scratch\nCOPY . /\n',
          'Dockerfile.dockerignore': 'id_rsa\n',
          '.dockerignore': 'kept\n',
          id_rsa: secret,
          kept: 'kept\n',
          'x/.generate-bake/log': secret,
        }),
        'docker/app.Dockerfile': 'FROM scratch\nCOPY . /\n',
        'docker/app.Dockerfile.dockerignore': 'id_rsa\n*.toml\n',
        ...below('images/elsewhere', {
          'image.toml': 'version = "1"\ndockerfile = "../../docker/app.Dockerfile"\n',
          id_rsa: secret,
          kept: 'kept\n',
        }),
        'images/linked/.dockerignore': { symlink: '../../docker/rules' },
        'docker/rules': 'id_rsa\n*.toml\nDockerfile\n',
        ...below('images/linked', {
          'image.toml': 'version = "1"\n',
          Dockerfile: 'FROM scratch\nCOPY . /\n',
          id_rsa: secret,
          kept: 'kept\n',
        }),
        'stages/Dockerfile.app': 'FROM scratch\nCOPY . /\n',
        'stages/Dockerfile.app.dockerignore': 'id_rsa\n',
        'stages/app/id_rsa': secret,
        'stages/app/shadow': { symlink: '/etc/shadow' },
        'stages/app/beside': { symlink: '../../../secret' },
      });
      const found = await built(engine, tree);
      assert.deepEqual(found, {
        plain: {
          ...asLinks,
          Dockerfile: 'FROM scratch\nCOPY . /\n',
          'image.toml': 'version = "1"\n',
        },
        keys: {
          '.dockerignore': 'kept\n',
          Dockerfile: 'FROM scratch\nCOPY . /\n',
          'Dockerfile.dockerignore': 'id_rsa\n',
          'image.toml': 'version = "1"\n',
          kept: 'kept\n',
        },
        elsewhere: { kept: 'kept\n' },
        linked: { '.dockerignore': '-> ../../docker/rules', kept: 'kept\n' },
        'st-app': { shadow: '-> /etc/shadow', beside: '-> ../../../secret' },
      });
    },
  );

  test(
    `${engine.name}: the repository's root as a context has nothing of generate-bake's`,
    options,
    async () => {
      const tree = repository({
        'image.toml': 'name = "root"\nversion = "1"\n',
        Dockerfile: 'FROM scratch\nCOPY . /\n',
        '.dockerignore': '.git\nignored\n',
        'config.yaml': 'registry: ""\n',
        'generate-bake.toml': '[[tree]]\ndirectory = "."\nconfig = "config.yaml"\n',
      });
      const own = Object.keys((await built(engine, tree)).root ?? {});
      tree.write({ 'repo/.generate-bake/logs/x.log': secret });
      const again = Object.keys((await built(engine, tree)).root ?? {});
      assert.deepEqual(own.sort(), [
        '.dockerignore',
        '.gitignore',
        'Dockerfile',
        'config.yaml',
        'generate-bake.toml',
        'image.toml',
      ]);
      assert.deepEqual(again.sort(), own);
    },
  );

  test(
    `${engine.name}: docker-pkg's links are followed inside of the repository, else nothing is built`,
    options,
    async (t) => {
      const sound = {
        'config.yaml': 'registry: ""\n',
        'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
        'shared/script.sh': '#!/bin/sh\n',
        'shared/dir/a': 'a\n',
        'shared/dir/in': { symlink: 'a' },
        ...below('images/app', {
          'Dockerfile.template': 'FROM scratch\nCOPY bin dir /\nCOPY built.jar /\n',
          changelog: changelog('app'),
          'common/script.sh': 'common\n',
          'bin/run': { symlink: '../common/script.sh' },
          'bin/shared': { symlink: '../../../shared/script.sh' },
          dir: { symlink: '../../shared/dir' },
        }),
      };
      const tree = repository(sound);
      tree.write({ 'repo/.gitignore': '*.jar\n', 'repo/images/app/built.jar': 'jar\n' });
      assert.deepEqual(await built(engine, tree), {
        app: { a: 'a\n', 'built.jar': 'jar\n', in: 'a\n', run: 'common\n', shared: '#!/bin/sh\n' },
      });
      for (const [name, file] of Object.entries(planted)) {
        await refused(t, { ...sound, [`images/app/bin/${name}`]: deeper(file) });
      }
    },
  );

  test(
    `${engine.name}: what else a definition names is of the repository; the other images are built`,
    options,
    async () => {
      const sound = {
        'config.yaml': 'registry: ""\n',
        'generate-bake.toml':
          '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n[[tree]]\ndirectory = "stages"\nconfig = "config.yaml"\nkind = "stages"\nprefix = "st-"\nvars = "vars.sh"\ntests = ["{stage}.yaml"]\n',
        'stages/vars.sh': 'VERSION=1\n',
        'stages/Dockerfile.app': 'FROM scratch\nCOPY Dockerfile.app /\n',
        ...below('images/app', {
          'Dockerfile.template': 'FROM scratch\nCOPY changelog /\n',
          changelog: changelog('app'),
        }),
      };
      const others = {
        app: { changelog: changelog('app') },
        'st-app': { 'Dockerfile.app': 'FROM scratch\nCOPY Dockerfile.app /\n' },
      };
      for (const [what, { files, at }] of Object.entries(ledOut)) {
        const tree = repository({ ...sound, ...files });
        const plan = await runCli(['plan'], { cwd: tree.at('repo') });
        assert.match(plan.stderr, at, what);
        assert.ok(!(plan.stdout + plan.stderr).includes(secret), what);
        assert.deepEqual(await built(engine, tree, 1), others, what);
      }
      const tree = repository({ ...sound, 'stages/vars.sh': { symlink: '../../secret' } });
      const plan = await runCli(['plan'], { cwd: tree.at('repo') });
      assert.deepEqual([plan.status, plan.stdout], [2, '']);
      assert.match(plan.stderr, /generate-bake\.toml:9:8: error: .*vars\.sh is a symbolic link/);
      assert.ok(!plan.stderr.includes(secret));
    },
  );
}

/** The same link from a directory further down. */
function deeper(file: ScratchFile): ScratchFile {
  const target = typeof file === 'object' && 'symlink' in file ? file.symlink : '';
  return { symlink: target.startsWith('../') ? `../${target}` : target };
}

async function refused(_: TestContext, files: Readonly<Record<string, ScratchFile>>) {
  const tree = repository(files);
  const { status, stdout, stderr } = await runCli(['plan'], { cwd: tree.at('repo') });
  assert.notEqual(status, 0);
  assert.match(stderr, /images\/app\/bin\/\S+: error: the symlink /);
  assert.ok(!(stdout + stderr).includes(secret));
  assert.ok(!readdirSync(tree.at('repo')).includes('.generate-bake'));
}
