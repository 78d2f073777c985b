/**
 * `npm run package:deb`, or `node scripts/packageDeb.js [DIRECTORY]` with the program built: makes
 * generate-bake_VERSION_all.deb in DIRECTORY (default: here) and prints its name. The same sources give
 * the same bytes: files, times and owners follow from the commit (or SOURCE_DATE_EPOCH), not from the
 * machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepCode, maintainerScripts, triggers } from './deb/compiled.js';
import { changelog, control, debianVersion } from './deb/control.js';
import { copyright } from './deb/copyright.js';
import { manualPages } from './deb/manual.js';
import { Tree } from './deb/tree.js';
import { documents } from './documents.js';
import { apartFiles } from './join.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [directory = '.'] = process.argv.slice(2);
const epoch = sourceDate();
const maintainer = `${process.env.DEBFULLNAME ?? 'generate-bake maintainers'} <${process.env.DEBEMAIL ?? 'maintainers@generate-bake.invalid'}>`;

const draft = mkdtempSync(join(tmpdir(), 'generate-bake-deb-'));
try {
  const tree = new Tree(draft, epoch);
  await fill(tree);
  tree.write('DEBIAN/control', control({ about, maintainer, bytes: tree.bytes }));
  tree.write('DEBIAN/md5sums', tree.md5sums());
  tree.write('DEBIAN/triggers', triggers);
  for (const [name, script] of Object.entries(maintainerScripts)) {
    tree.write(`DEBIAN/${name}`, script, 0o755);
  }
  tree.finish();
  const name = `generate-bake_${debianVersion(about.version)}_all.deb`;
  const made = spawnSync(
    'dpkg-deb',
    ['--root-owner-group', '-Zxz', '--build', draft, join(directory, name)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      // One thread: xz cuts the data into other blocks with more of them.
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch), DPKG_DEB_THREADS_MAX: '1' },
    },
  );
  if (made.error !== undefined) {
    throw new Error(`cannot run dpkg-deb (package dpkg): ${made.error.message}`);
  }
  if (made.status !== 0) {
    throw new Error(`dpkg-deb ended with status ${made.status}`);
  }
  process.stdout.write(`${name}\n`);
} finally {
  rmSync(draft, { recursive: true, force: true });
}

/** Everything but what describes the package to dpkg. */
async function fill(tree) {
  const program = 'usr/share/generate-bake';
  const doc = 'usr/share/doc/generate-bake';
  // The packages that the program uses are in the bundle, so there is no node_modules.
  for (const name of ['main.cjs', 'start.cjs', ...apartFiles]) {
    tree.copy(join(root, 'dist/bundle', name), `${program}/dist/bundle/${name}`);
  }
  tree.write(`${program}/dist/bundle/keepCode.cjs`, await keepCode(root));
  tree.copy(join(root, 'package.json'), `${program}/package.json`);
  tree.copy(join(root, 'templates'), `${program}/templates`);
  tree.copy(join(root, 'bin/package.json'), `${program}/bin/package.json`);
  // Debian's Node, not one that a user has in PATH: the dependency is on that.
  const start = readFileSync(join(root, 'bin/generate-bake.js'), 'utf8');
  tree.write(`${program}/bin/generate-bake.js`, start.replace(/^#!.*/, '#!/usr/bin/node'), 0o755);
  for (const name of Object.keys(about.bin)) {
    tree.link(`usr/bin/${name}`, '../share/generate-bake/bin/generate-bake.js');
  }

  for (const [shell, folder, file] of [
    ['bash', 'bash-completion/completions', (name) => name],
    ['zsh', 'zsh/vendor-completions', (name) => `_${name}`],
    ['fish', 'fish/vendor_completions.d', (name) => `${name}.fish`],
  ]) {
    const { scripts } = await import('../dist/cli/completion/scripts.js');
    tree.write(`usr/share/${folder}/${file('generate-bake')}`, scripts[shell]);
    // zsh knows from the first line of its script that it is for both.
    if (shell !== 'zsh') {
      tree.link(`usr/share/${folder}/${file('gbake')}`, file('generate-bake'));
    }
  }

  for (const [name, text] of await manualPages(about, epoch)) {
    tree.write(`usr/share/man/man1/${name}.1.gz`, tree.packed(text));
  }
  tree.link('usr/share/man/man1/gbake.1.gz', 'generate-bake.1.gz');

  for (const [path, text] of documents(root, { 'CHANGELOG.md': 'changelog.gz' })) {
    tree.write(`${doc}/${path}`, text);
  }
  tree.write(`${doc}/copyright`, await copyright(root));
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  tree.write(`${doc}/changelog.gz`, tree.packed(changelog(changes, { maintainer, epoch })));
}

/** Seconds since 1970: when these sources were made. */
function sourceDate() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (!/^\d{1,11}$/.test(given)) {
      throw new Error(`SOURCE_DATE_EPOCH is not a number of seconds: ${given}`);
    }
    return Number(given);
  }
  const commit = spawnSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8' });
  return commit.status === 0 && /^\d+\n$/.test(commit.stdout)
    ? Number(commit.stdout)
    : Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000);
}
