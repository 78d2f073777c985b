import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { commands } from '#cli/commands.js';
import { root } from '../support/cli.js';
import { type DebianRoot, debianRoot, debianRootMissing } from '../support/debianRoot.js';
import { deadLinks } from '../support/links.js';
import { must, run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const deb = `generate-bake_${version}_all.deb`;
const noDpkg = existsSync('/usr/bin/dpkg-deb') ? false : 'no dpkg-deb';

const scratch = scratchTree({ 'one/': '', 'two/': '', 'out/': '' });
const file = scratch.at('one', deb);

/** What `npm run package:deb` does once the program is built, with this umask. */
async function packageDeb(directory: string, umask: string, env: NodeJS.ProcessEnv = {}) {
  const stdout = await must(
    'sh',
    ['-c', 'umask "$0"; exec "$@"', umask, process.execPath, 'scripts/packageDeb.js', directory],
    { cwd: root, env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000', ...env } },
  );
  assert.equal(stdout, `${deb}\n`);
}

before(() => (noDpkg === false ? packageDeb(scratch.at('one'), '022') : undefined));

test('npm run package:deb gives the same bytes whatever the umask and the time zone', {
  skip: noDpkg,
}, async () => {
  await packageDeb(scratch.at('two'), '077', { TZ: 'Pacific/Kiritimati' });
  assert.ok(readFileSync(file).equals(readFileSync(scratch.at('two', deb))));
});

test('the package has what Debian expects, all of it world-readable and owned by root', {
  skip: noDpkg,
}, async () => {
  const field = async (name: string) => (await must('dpkg-deb', ['-f', file, name])).trim();
  assert.equal(await field('Depends'), 'nodejs (>= 20.19)');
  assert.match(
    await field('Recommends'),
    /^docker\.io \(>= 23\) \| docker-ce \| docker-cli, docker-buildx /,
  );

  await must('dpkg-deb', ['-x', file, scratch.at('out')]);
  const listing = (await must('dpkg-deb', ['--contents', file])).trimEnd().split('\n');
  for (const line of listing) {
    assert.match(line, /^(d.{9}|-rw-r--r--|-rwxr-xr-x|l.{9}) root\/root .* 2023-11-1\d /);
  }
  const paths = readdirSync(scratch.at('out'), { recursive: true, encoding: 'utf8' });
  assert.ok(!paths.some((path) => path.includes('node_modules')));
  for (const name of ['generate-bake', 'gbake', ...[...commands.keys()].map(commandPage)]) {
    assert.ok(existsSync(scratch.at(`out/usr/share/man/man1/${name}.1.gz`)), name);
  }
  for (const path of paths.map((each) => scratch.at('out', each))) {
    assert.ok(!statSync(path).isFile() || !readFileSync(path).includes(root), path);
  }
  const pages = paths.filter((path) => path.endsWith('.md'));
  for (const page of ['README', 'ARCHITECTURE', 'CONTRIBUTING', 'SECURITY', 'doc/README']) {
    assert.ok(pages.includes(`usr/share/doc/generate-bake/${page}.md`), page);
  }
  assert.deepEqual(
    pages.flatMap((page) => deadLinks(scratch.at('out', page))),
    [],
  );
  const copyright = readFileSync(scratch.at('out/usr/share/doc/generate-bake/copyright'), 'utf8');
  assert.match(copyright, /^nunjucks 3\.2\.4:\n\nCopyright \(c\) 2012-2015, James Long\n/m);
  // What dpkg reads of the changelog is what the package says.
  const changelog = 'usr/share/doc/generate-bake/changelog.gz';
  const read = 'gunzip -c "$0" | dpkg-parsechangelog -l- -SVersion';
  const parsed = await run('sh', ['-c', read, scratch.at('out', changelog)]);
  assert.deepEqual(parsed, { stdout: `${version}\n`, stderr: '', status: 0 });
});

function commandPage(name: string): string {
  return `generate-bake-${name}`;
}

test('apt installs it in Debian 13, everyone can run it, and removing it leaves nothing', {
  skip: debianRootMissing() ?? false,
}, async () => {
  const debian = await debianRoot();
  const clean = await filesOf(debian);
  copyFileSync(file, join(debian.path, 'tmp', deb));
  const installed = await debian.run('root', `cd /tmp && apt-get install -y ./${deb}`);
  assert.equal(installed.status, 0, installed.stderr);

  // V8's code is compiled on the machine, and again when its Node is upgraded.
  const compiled = 'ls /usr/share/generate-bake/dist/bundle/';
  const files =
    /^cyclonedx\.cjs\ngraphviz\.cjs\nkeepCode\.cjs\nmain\.cjs\nmain\.cjs\.v20\.\S+\nstart\.cjs\n$/;
  assert.match((await debian.run('nobody', compiled)).stdout, files);
  await debian.run('root', 'rm /usr/share/generate-bake/dist/bundle/main.cjs.v*');
  const upgraded = 'dpkg-trigger --by-package=nodejs /usr/bin/node && dpkg --triggers-only -a';
  const triggered = await debian.run('root', upgraded);
  assert.equal(triggered.status, 0, triggered.stderr);
  assert.match((await debian.run('nobody', compiled)).stdout, files);

  const said = await debian.run('nobody', 'generate-bake --version; gbake --version');
  assert.deepEqual(said, { stdout: `${version}\n${version}\n`, stderr: '', status: 0 });
  const list = await debian.run('nobody', 'cd /tmp && gbake init s && cd s && gbake list images');
  assert.equal(list.status, 0, list.stderr);
  assert.match(list.stdout, /^images {2}greeter {4}0\.3\.0-1 {2}images\/greeter/m);

  // As bash does when TAB is pressed behind the words.
  const complete = (words: string) =>
    debian.run(
      'nobody',
      `cd /tmp/s && bash -c '. /usr/share/bash-completion/completions/"$1"
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _generate_bake "$1"; echo "\${COMPREPLY[@]}"' bash ${words}`,
    );
  assert.equal((await complete('generate-bake comp')).stdout, 'completion\n');
  assert.equal((await complete('gbake build -c config.yaml --select gr')).stdout, 'greeter\n');

  const removed = await debian.run('root', 'rm -r /tmp/*; apt-get remove -y generate-bake');
  assert.equal(removed.status, 0, removed.stderr);
  const after = await filesOf(debian);
  assert.deepEqual(
    [...after].filter((path) => !clean.has(path)),
    [],
  );
  assert.deepEqual(
    [...clean].filter((path) => !after.has(path)),
    [],
  );
});

/** All paths but those of apt's own caches, and the logs. */
async function filesOf(debian: DebianRoot): Promise<ReadonlySet<string>> {
  // From within: var/run leads to /run, which is another one outside.
  const { stdout } = await debian.run('root', 'find / -xdev');
  const paths = stdout.trimEnd().split('\n');
  return new Set(paths.filter((path) => !/^\/var\/(log|cache\/apt|lib\/apt)\//.test(path)));
}
