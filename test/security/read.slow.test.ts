import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { type Planted, plant } from '../support/plant.js';
import { temporaryDirectory } from '../support/temporary.js';

const skip = { skip: noGit };
const secret = 'hunter2-is-the-secret';

const changelog =
  'base (1.0) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n';

const sound = {
  'config.yaml': 'registry: ""\n',
  '.gitignore': 'ignored\n',
  'images/base/Dockerfile.template': 'FROM scratch\n',
  'images/base/changelog': changelog,
  'images/base/control': 'Package: base\n',
  'images/app/image.toml': 'version = "1.0"\n',
  'images/app/Dockerfile': 'FROM scratch\n',
  'shared/VERSION': '7.7\n',
};

/** A repository with `secret.txt` beside it, an ignored file that holds the secret, and what is planted. */
function planted(t: TestContext, files: Readonly<Record<string, Planted>>): string {
  const root = gitRepository(t, sound);
  writeFileSync(join(root, 'ignored'), `${secret}\n`);
  plant(root, files);
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '--allow-empty', '-m', 'planted');
  return root;
}

function outside(t: TestContext): string {
  const file = join(temporaryDirectory(t), 'secret.txt');
  writeFileSync(file, `${secret}\n`);
  return file;
}

async function refused(
  t: TestContext,
  files: Readonly<Record<string, Planted>>,
  why: RegExp,
  words: readonly string[] = ['images'],
): Promise<void> {
  const cwd = planted(t, files);
  for (const command of ['list', 'plan', 'render']) {
    const extra = command === 'render' ? ['-o', 'out'] : [];
    const { status, stdout, stderr } = await runCli([command, ...extra, ...words], {
      cwd,
      env: { ...process.env, SECRET_VARIABLE: secret },
    });
    assert.doesNotMatch(stdout + stderr, new RegExp(secret), `${command} shows the secret`);
    assert.match(stderr, why);
    // `list` only looks: a broken image is a row of it.
    assert.ok(status === 2 || status === (command === 'list' ? 0 : 1), `${command}: ${status}`);
  }
}

const out = /points outside the repository/;
const definitions = [
  'images/base/Dockerfile.template',
  'images/base/changelog',
  'images/base/control',
  'images/app/image.toml',
  'images/app/Dockerfile',
];

for (const name of definitions) {
  test(`${name} as a link out of the repository shows nothing of its target`, skip, async (t) => {
    await refused(t, { [name]: { to: outside(t) } }, out);
  });
}

const stageTree = {
  'generate-bake.toml':
    '[[tree]]\ndirectory = "stages"\nkind = "stages"\nconfig = []\nenvironment = ["SECRET_VARIABLE"]\n',
  'stages/Dockerfile.app': 'FROM scratch\nARG SECRET_VARIABLE\n',
};
const versioned = { 'images/app/image.toml': 'version = "environment:SECRET_VARIABLE"\n' };
const forbidden =
  /trees may not read the environment variable SECRET_VARIABLE.*\n.*\n.*\n.*--env SECRET_VARIABLE/;

test('a variable of the environment as a version', skip, async (t) => {
  await refused(t, versioned, forbidden);
});

test('a variable of the environment as an argument of stages', skip, async (t) => {
  await refused(t, stageTree, /trees may not read the environment variable SECRET_VARIABLE/, []);
});

test('a variable of the environment as the version of plain Dockerfiles', skip, async (t) => {
  const config = 'registry: ""\ndockerfile_version: environment:SECRET_VARIABLE\n';
  const files = { 'config.yaml': config, 'images/p/Dockerfile': 'FROM scratch\n' };
  await refused(t, files, /trees may not read the environment variable SECRET_VARIABLE/);
});

test(
  'what the user allows is read: on the command line, and in the user’s configuration',
  skip,
  async (t) => {
    const cwd = planted(t, versioned);
    const home = temporaryDirectory(t);
    const env = { ...process.env, XDG_CONFIG_HOME: home, SECRET_VARIABLE: '3.4' };
    const named = await runCli(['list', '--env', 'SECRET_VARIABLE', 'images'], { cwd, env });
    assert.match(named.stdout, /\bapp +3\.4 /m, named.stderr);
    mkdirSync(join(home, 'generate-bake'));
    const file = join(home, 'generate-bake', 'config.toml');
    writeFileSync(file, 'environment = ["SECRET_VARIABLE"]\n');
    const allowed = await runCli(['list', 'images'], { cwd, env });
    assert.match(allowed.stdout, /\bapp +3\.4 /m, allowed.stderr);
    writeFileSync(file, 'enviroment = ["SECRET_VARIABLE"]\n');
    const misspelt = await runCli(['list', 'images'], { cwd, env });
    assert.equal(misspelt.status, 2);
    assert.match(misspelt.stderr, /config\.toml:1:1: error: .*enviroment.*\[user-configuration\]/);
    assert.match(misspelt.stderr, /did you mean "environment"/);
  },
);

test('--env takes names alone: a value would be in the list of processes', skip, async (t) => {
  const cwd = planted(t, {});
  const { status, stderr } = await runCli(['list', '--env', 'A=b', 'images'], { cwd });
  assert.equal(status, 2);
  assert.match(stderr, /--env takes the name of a variable, not "A=b"/);
});

test('an ignored file as a configuration, such as the one of a password', skip, async (t) => {
  const workspace = (config: string) => ({
    'generate-bake.toml': `[[tree]]\ndirectory = "images"\nconfig = ["config.yaml", "${config}"]\n`,
  });
  await refused(t, workspace('ignored'), /is ignored by git/, []);
  await refused(t, workspace('./shared/../ignored'), /git ignores|ignored by git/, []);
  const linked = { ...workspace('settings'), settings: { to: 'ignored' } };
  await refused(t, linked, /git ignores|ignored by git/, []);
});

test(
  'a tree or a context outside the repository, unless the user names the workspace file',
  skip,
  async (t) => {
    const elsewhere = temporaryDirectory(t);
    mkdirSync(join(elsewhere, 'app'));
    writeFileSync(join(elsewhere, 'app', 'Dockerfile'), `FROM scratch\nLABEL a=${secret}\n`);
    writeFileSync(join(elsewhere, 'app', 'image.toml'), 'version = "1.0"\n');
    const tree = (directory: string) => ({
      'generate-bake.toml': `[[tree]]\ndirectory = "${directory}"\nconfig = []\nname = "t"\n`,
    });
    await refused(t, tree(elsewhere), out, []);
    await refused(t, { ...tree('linked'), linked: { to: elsewhere } }, out, []);
    await refused(t, tree('.git'), /is of git or of generate-bake/, []);
    const cwd = planted(t, tree(elsewhere));
    const named = await runCli(['list', '--workspace', 'generate-bake.toml'], { cwd });
    assert.equal(named.status, 0, named.stderr);
    assert.match(named.stdout, /\bapp +1\.0 /);
    const stages = (context: string) => ({
      'generate-bake.toml': `[[tree]]\ndirectory = "stages"\nkind = "stages"\nversion = "1"\ncontext = "${context}"\n`,
      'stages/Dockerfile.app': 'FROM scratch\nCOPY . /\n',
    });
    await refused(t, stages(`../../${basename(elsewhere)}`), out, []);
    await refused(t, { ...stages('linked'), 'stages/linked': { to: elsewhere } }, out, []);
    await refused(t, stages('../.git'), /is of git or of generate-bake/, []);
  },
);

test('a link to the environment of the process', skip, async (t) => {
  await refused(t, { 'images/base/Dockerfile.template': { to: '/proc/self/environ' } }, out);
});

test('a link to a link, and one by way of a link to a directory', skip, async (t) => {
  const file = outside(t);
  await refused(
    t,
    { 'shared/one': { to: file }, 'images/base/control': { to: '../../shared/one' } },
    out,
  );
  await refused(
    t,
    {
      'shared/dir': { to: dirname(file) },
      'images/base/control': { to: '../../shared/dir/secret.txt' },
    },
    out,
  );
});

test('an ignored file, reached by a link, by .. and by .. and back', skip, async (t) => {
  const why = /points to a file that git ignores/;
  await refused(t, { 'images/base/control': { to: '../../ignored' } }, why);
  const toml = (key: string) => ({ 'images/app/image.toml': key });
  await refused(t, toml('version = "file:../../ignored"\n'), why);
  await refused(t, toml('version = "file:../app/../../ignored"\n'), why);
  await refused(t, toml('version = "1"\ndockerfile = "../../ignored"\n'), why);
});

test('files of git are read by no name', skip, async (t) => {
  const why = /of git or of generate-bake/;
  await refused(t, { 'images/base/control': { to: '../../.git/config' } }, why);
  await refused(t, { 'images/app/image.toml': 'version = "file:../../.git/HEAD"\n' }, why);
});

test('version and dockerfile that lead out by ..', skip, async (t) => {
  await refused(
    t,
    { 'images/app/image.toml': 'version = "file:../../../../../etc/hostname"\n' },
    out,
  );
  await refused(
    t,
    { 'images/app/image.toml': 'version = "1"\ndockerfile = "../../../x"\n' },
    /does not exist|points outside/,
  );
});

test('a layered configuration outside of the repository', skip, async (t) => {
  const file = outside(t);
  const workspace = `[[tree]]\ndirectory = "images"\nconfig = ["config.yaml", "${file}"]\n`;
  await refused(t, { 'generate-bake.toml': workspace }, out, []);
});

test('vars of stages outside of the repository', skip, async (t) => {
  const file = outside(t);
  const workspace = `[[tree]]\ndirectory = "st"\nkind = "stages"\nprefix = "p-"\nversion = "1"\nvars = ["${file}"]\n`;
  await refused(
    t,
    { 'generate-bake.toml': workspace, 'st/Dockerfile.a': 'FROM scratch\n' },
    out,
    [],
  );
});

test('files and keys of a root filesystem', skip, async (t) => {
  const file = outside(t);
  const recipe = (rest: string) => ({
    'images/root/rootfs.toml': `suite = "bookworm"\ntimestamp = "2026-01-01"\n${rest}`,
  });
  await refused(
    t,
    recipe('[[files]]\nsource = "../../../x/../../etc/hostname"\ntarget = "/x"\n'),
    /points outside|does not exist/,
  );
  await refused(t, recipe('[[files]]\nsource = "../../../../../usr"\ntarget = "/x"\n'), out);
  await refused(t, { ...recipe('keys = ["k.gpg"]\n'), 'images/root/k.gpg': { to: file } }, out);
});

test('a FIFO is an error at once', skip, async (t) => {
  const cwd = planted(t, {});
  rmSync(join(cwd, 'images/base/control'));
  execFileSync('mkfifo', [join(cwd, 'images/base/control')]);
  const { stderr, status } = await runCli(['plan', 'images'], { cwd });
  assert.match(stderr, /control: error: the file is not a regular file/);
  assert.equal(status, 1);
});

test('a loop of links is an error', skip, async (t) => {
  await refused(t, { 'images/base/control': { to: 'control' } }, /points back to itself/);
});

test('links inside of the repository are read, absolute ones too', skip, async (t) => {
  const cwd = planted(t, {
    'images/base/control': { to: '../../shared/control' },
    'shared/control': 'Package: base\nDescription: shared\n',
    'images/app/image.toml': 'version = "file:../../shared/VERSION"\n',
  });
  rmSync(join(cwd, 'images/app/Dockerfile'));
  writeFileSync(join(cwd, 'shared/D'), 'FROM scratch\n');
  symlinkSync(join(cwd, 'shared/D'), join(cwd, 'images/app/Dockerfile'));
  const { stdout, stderr, status } = await runCli(['list', 'images'], { cwd });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /app +7\.7/);
});

test('a plain file of the image that git ignores is read', skip, async (t) => {
  const cwd = planted(t, { 'images/app/image.toml': 'version = "file:ignored"\n' });
  writeFileSync(join(cwd, 'images/app/ignored'), '3.3\n');
  const { stdout, stderr } = await runCli(['list', 'images'], { cwd });
  assert.match(stdout, /app +3\.3/, stderr);
});

test('the file of password_file is read by no image, under no name', skip, async (t) => {
  const cwd = planted(t, {
    'config.yaml': 'registry: ""\nusername: u\npassword_file: images/app/Password\n',
    'images/app/image.toml': 'version = "file:Password"\n',
    'images/app/Password': `${secret}\n`,
  });
  const { stdout, stderr } = await runCli(['list', 'images'], { cwd });
  assert.doesNotMatch(stdout + stderr, new RegExp(secret));
  assert.match(stderr, /password_file/);
});

test('render --diff shows nothing that a link in its directory leads to', skip, async (t) => {
  const file = outside(t);
  for (const to of [file, '../../ignored', '/proc/self/environ']) {
    const cwd = planted(t, { 'out/images/base.Dockerfile': { to } });
    const { stdout, stderr, status } = await runCli(['render', '--diff', 'out', 'images'], {
      cwd,
      env: { ...process.env, SECRET_VARIABLE: secret },
    });
    assert.doesNotMatch(stdout + stderr, new RegExp(secret));
    assert.match(stderr, /points (?:outside|to a file that git ignores)/);
    assert.equal(status, 2);
  }
});

test('import shows nothing that a link leads to', skip, async (t) => {
  const file = outside(t);
  for (const to of [file, '../ignored', '/proc/self/environ']) {
    for (const name of ['.env', 'vars.sh', 'Dockerfile.a', 'build.sh']) {
      const cwd = planted(t, {
        'st/Dockerfile.a': 'FROM scratch\n',
        'st/Makefile': 'all:\n\tdocker build -f Dockerfile.a .\n',
        [`st/${name}`]: { to },
      });
      const { stdout, stderr } = await runCli(['import', 'stages', 'st'], {
        cwd,
        env: { ...process.env, SECRET_VARIABLE: secret },
      });
      assert.doesNotMatch(stdout + stderr, new RegExp(secret), name);
      assert.match(stderr, new RegExp(`^st/${name.replace('.', '\\.')}: warning: the file `, 'm'));
    }
  }
});

test('outside of a work tree: what is below the directory', async (t) => {
  const root = temporaryDirectory(t);
  for (const [name, text] of Object.entries(sound)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  rmSync(join(root, 'images/base/control'));
  symlinkSync('../../shared/VERSION', join(root, 'images/base/control'));
  const { stderr } = await runCli(['list', 'images'], { cwd: root });
  assert.match(stderr, /points outside the tree/);
  assert.doesNotMatch(stderr, /7\.7/);
});
