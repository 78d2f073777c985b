/**
 * `npm run package`, or `node scripts/packageNpm.js [DIRECTORY]` with the program built: makes
 * generate-bake-VERSION.tgz in DIRECTORY (default: here) and prints its name. It is what `npm publish` takes.
 * The program and the library are joined with the packages that they use, so npm installs it without a
 * network, and runs no script. V8's code of this machine stays here: another Node could not use it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinedLicences } from './deb/copyright.js';
import { Tree } from './deb/tree.js';
import { documents } from './documents.js';
import { library } from './npm/library.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [directory = '.'] = process.argv.slice(2);

const draft = mkdtempSync(join(tmpdir(), 'generate-bake-npm-'));
try {
  await fill(new Tree(draft, 0));
  const made = spawnSync(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', resolve(directory)],
    { cwd: draft, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (made.error !== undefined) {
    throw new Error(`cannot run npm: ${made.error.message}`);
  }
  if (made.status !== 0) {
    throw new Error(`npm pack ended with status ${made.status}`);
  }
} finally {
  rmSync(draft, { recursive: true, force: true });
}

async function fill(tree) {
  for (const path of ['bin', 'templates', 'LICENSE']) {
    tree.copy(join(root, path), path);
  }
  const bundle = join(root, 'dist/bundle');
  for (const name of readdirSync(bundle).filter((each) => each.endsWith('.cjs'))) {
    tree.copy(join(bundle, name), `dist/bundle/${name}`);
  }
  for (const [path, text] of [...(await library(root)), ...documents(root)]) {
    tree.write(path, text);
  }
  const apache = 'The text of the Apache License, version 2.0, is in LICENSE.';
  tree.write(
    'THIRD-PARTY-LICENSES',
    `The files in dist/ also have code of the following packages of npm.\n\n${await joinedLicences(root, apache)}`,
  );
  tree.write('package.json', `${JSON.stringify(installed(), undefined, 2)}\n`);
}

/** package.json without what only a clone needs. */
function installed() {
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { files, scripts, dependencies, devDependencies, imports, ...rest } = about;
  // The types of the library import others by it.
  return { ...rest, imports: { '#core/*': imports['#core/*'] } };
}
