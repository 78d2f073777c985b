/** `check` says everything; other commands fold what is about definitions. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { fleetTree, fleetWarnings } from '../support/fleet.js';
import { scratchTree } from '../support/scratch.js';

const changelog = (name: string): string =>
  `${name} (1.0) fleet; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n`;

/** A base and `count` images on it that do not declare it. */
function tree(count: number, broken = false) {
  const files: Record<string, string> = { 'config.yaml': 'registry: r.example\n' };
  const image = (name: string, text: string): void => {
    files[`images/${name}/Dockerfile.template`] = text;
    files[`images/${name}/changelog`] = changelog(name);
    files[`images/${name}/control`] =
      `Package: ${name}\nMaintainer: Ada <a@example.org>\nDescription: x\n`;
  };
  image('base', 'FROM scratch\nCOPY control /\n');
  for (let at = 0; at < count; at++) {
    image(`child${at}`, 'FROM {{ "base" | image_tag }}\n');
  }
  if (broken) {
    image('broken', 'FROM {{ nothing.here }}\n');
  }
  const made = scratchTree(files);
  return (...args: string[]) =>
    runCli([...args, '-c', 'config.yaml', 'images'], { cwd: made.path });
}

test('three warnings are told, four are a line; check and --info say all of them', async () => {
  const three = tree(3);
  const four = tree(4);
  const heads = (text: string): number => text.match(/\[undeclared-parent\]/g)?.length ?? 0;
  const folded = '4 warnings: 4 undeclared-parent (generate-bake check shows them)\n';
  for (const command of ['list', 'plan']) {
    const whole = await three(command);
    assert.equal(heads(whole.stderr), 3, command);
    const short = await four(command);
    assert.equal(heads(short.stderr), 0, command);
    assert.ok(short.stderr.startsWith(folded), short.stderr);
    assert.equal(heads((await four(command, '--info')).stderr), 4, command);
  }
  const checked = await four('check');
  assert.deepEqual([checked.status, checked.stdout], [0, '']);
  assert.equal(heads(checked.stderr), 4);
  assert.match(checked.stderr, /^4 warnings$/m);
  assert.equal((await four('check', '--fail-on-warnings')).status, 1);
});

test('errors are told whole beside folded warnings; check ends with 1 for a broken image', async () => {
  const run = tree(4, true);
  const planned = await run('plan');
  assert.equal(planned.status, 1);
  assert.match(planned.stderr, /images\/broken\/Dockerfile\.template:1:\d+: error: /);
  assert.match(planned.stderr, /^4 warnings: 4 undeclared-parent /m);
  const checked = await run('check');
  assert.deepEqual([checked.status, checked.stdout], [1, '']);
  assert.match(checked.stderr, /^1 error, 4 warnings$/m);
});

test('a tree without a doubt', async () => {
  const { status, stderr } = await tree(0)('check', '--fail-on-warnings');
  assert.deepEqual([status, stderr], [0, '1 image: no problems\n']);
});

test('over a fleet of four trees it says all, and changes nothing', async () => {
  const { path: cwd } = fleetTree();
  const { status, stdout, stderr } = await runCli(['check'], { cwd });
  assert.deepEqual([status, stdout, stderr], [0, '', fleetWarnings]);
});

test('a line of CODEOWNERS that is not used', async () => {
  const { path: cwd } = scratchTree({
    'config.yaml': 'registry: r.example\n',
    CODEOWNERS: '/images/app/ @org/web\n/images/new/ nobody\n',
    'images/app/Dockerfile.template': 'FROM scratch\nCOPY control /\n',
    'images/app/changelog': changelog('app'),
    'images/app/control': 'Package: app\nDescription: x\n',
  });
  execFileSync('git', ['init', '-q'], { cwd });
  const { status, stdout, stderr } = await runCli(['check', '-c', 'config.yaml', 'images'], {
    cwd,
  });
  assert.deepEqual([status, stdout], [0, '']);
  assert.match(stderr, /^CODEOWNERS:2:14: warning: .*\[codeowners-line\]$/m);
});
