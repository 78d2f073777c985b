import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { root } from '../support/cli.js';
import { deadLinks } from '../support/links.js';
import { must, run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const name = `generate-bake-${version}.tgz`;
const tarball = scratchTree();

/** What `npm run package` does once the program is built. */
before(async () => {
  const made = ['scripts/packageNpm.js', tarball.path];
  assert.equal(await must(process.execPath, made, { cwd: root }), `${name}\n`);
});

test('npm run package makes one tarball that installs without a network, works and is removed again', async () => {
  const scratch = scratchTree({ 'home/': '', 'prefix/': '' });
  // npm's own cache stays out of it, so that everything must be in the tarball.
  const env = { ...process.env, npm_config_cache: scratch.at('home') };
  await must(
    'npm',
    ['install', '-g', '--offline', '--prefix', scratch.at('prefix'), tarball.at(name)],
    { cwd: scratch.path, env },
  );
  const bin = scratch.at('prefix/bin');
  for (const command of ['generate-bake', 'gbake']) {
    const help = await run(join(bin, command), ['--help']);
    assert.equal(help.status, 0);
  }
  await must(join(bin, 'generate-bake'), ['init', 'sample'], { cwd: scratch.path });
  assert.equal(statSync(scratch.at('sample/images/greeter/test.sh')).mode & 0o777, 0o755);
  const plan = await run(join(bin, 'gbake'), ['images'], { cwd: scratch.at('sample') });
  assert.equal(plan.status, 0, plan.stderr);
  assert.deepEqual(Object.keys(JSON.parse(plan.stdout).target), [
    'sample__base',
    'sample__toolchain',
    'sample__greeter',
  ]);

  const svg = await must(join(bin, 'gbake'), ['graph', 'images', '--format', 'svg'], {
    cwd: scratch.at('sample'),
  });
  assert.match(svg, /<svg /);

  await must('npm', ['uninstall', '-g', '--prefix', scratch.at('prefix'), 'generate-bake'], {
    env,
  });
  const left = readdirSync(scratch.at('prefix'), { recursive: true, encoding: 'utf8' });
  assert.deepEqual(left.sort(), ['bin', 'lib', 'lib/node_modules']);
});

test('the tarball is lean: no other packages, no source maps, nothing of this machine; its links lead somewhere', async () => {
  const scratch = scratchTree();
  assert.ok(statSync(tarball.at(name)).size < 2_000_000);
  await must('tar', ['-xzf', tarball.at(name), '-C', scratch.path]);
  const packed = scratch.at('package');
  const paths = readdirSync(packed, { recursive: true, encoding: 'utf8' });
  const unwanted = /node_modules|\.map$|main\.cjs\.|^doc\/dev/;
  assert.deepEqual(
    paths.filter((path) => unwanted.test(path)),
    [],
  );
  const about = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'));
  for (const field of ['scripts', 'dependencies', 'devDependencies', 'bundleDependencies']) {
    assert.equal(about[field], undefined, field);
  }
  for (const path of paths.filter((each) => statSync(join(packed, each)).isFile())) {
    assert.ok(!readFileSync(join(packed, path)).includes(root), path);
  }
  const pages = paths.filter((path) => path.endsWith('.md'));
  for (const page of ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']) {
    assert.ok(pages.includes(page), page);
  }
  assert.deepEqual(
    pages.flatMap((page) => deadLinks(join(packed, page))),
    [],
  );
  // The code that is joined is passed on with its licences.
  const licences = readFileSync(join(packed, 'THIRD-PARTY-LICENSES'), 'utf8');
  assert.match(licences, /^nunjucks 3\.2\.4:\n\nCopyright \(c\) 2012-2015, James Long\n/m);
});

test('the library in the tarball does what doc/templates.md shows, and has its types', async () => {
  const page = readFileSync(join(root, 'doc/templates.md'), 'utf8');
  const [, example = ''] = /\n## As a library\n\n```js\n([\s\S]*?)```/.exec(page) ?? [];
  const typed = `import { renderString, type Variables } from 'generate-bake/jinja';
const variables: Variables = { name: 'x' };
const done = renderString('', variables);
// @ts-expect-error What is wrong is only there where it failed.
done.error;
`;
  const app = scratchTree({
    'package.json': '{"type":"module"}',
    'example.js': example,
    'typed.ts': typed,
    'cache/': '',
  });
  await must('npm', ['install', '--offline', '--silent', tarball.at(name)], {
    cwd: app.path,
    env: { ...process.env, npm_config_cache: app.at('cache') },
  });
  assert.deepEqual(await run(process.execPath, ['example.js'], { cwd: app.path }), {
    stdout: 'FROM registry.example/go:1.22-3\nRUN echo HELLO! []\n',
    stderr: '',
    status: 0,
  });
  const tsc = join(root, 'node_modules/.bin/tsc');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--types', '', 'typed.ts'];
  const checked = await run(tsc, options, { cwd: app.path });
  assert.deepEqual(checked, { stdout: '', stderr: '', status: 0 });
});
