/** Tables of the real command line on terminals of several widths, and in a pipe. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runCli } from '../support/cli.js';
import { fleetTree } from '../support/fleet.js';
import { run } from '../support/process.js';
import { scratchTree } from '../support/scratch.js';

const skip = !existsSync('/usr/bin/script') && 'no script(1) on this machine';

/** What a terminal of so many columns shows. */
async function onTerminal(
  columns: number,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string[]> {
  const words = [process.execPath, join(root, 'bin/generate-bake.js'), ...args];
  const line = words.map((word) => `'${word}'`).join(' ');
  const sized = `stty cols ${columns} rows 24; ${line} 2>/dev/null`;
  const env = { PATH: process.env.PATH, TERM: 'xterm', ...options.env };
  const { stdout, status } = await run('script', ['-qec', sized, '/dev/null'], {
    cwd: options.cwd,
    env,
  });
  assert.equal(status, 0, stdout);
  return stdout.replaceAll('\r', '').split('\n').slice(0, -1);
}

test('list fits the terminal: names are whole, what all have is told once', { skip }, async () => {
  const { path: cwd } = fleetTree();
  const whole = (await runCli(['list'], { cwd })).stdout.split('\n');
  assert.ok(Math.max(...whole.map(({ length }) => length)) > 80);
  for (const columns of [60, 80, 140]) {
    const [above, heading = '', ...rows] = await onTerminal(columns, ['list'], { cwd });
    assert.equal(above, 'All names begin with registry.harbour.example/');
    assert.equal(rows.length, 14);
    assert.ok(rows.every(({ length }) => length <= columns));
    assert.match(heading, /^TREE +NAME +VERSION .*PARENTS$/);
    assert.ok(rows.some((row) => /^docks +calendar /.test(row)));
    assert.equal(heading.includes(' PATH '), columns > 60, heading);
    assert.equal(rows.join('').includes('…'), columns < 140);
  }
  // COLUMNS counts more than the terminal, as in git; in a pipe nothing is cut.
  const env = { COLUMNS: '60' };
  const rows = await onTerminal(140, ['list'], { cwd, env });
  assert.ok(rows.every(({ length }) => length <= 60));
  const wrong = await onTerminal(140, ['list'], { cwd, env: { COLUMNS: 'wide' } });
  assert.ok(wrong.some(({ length }) => length > 80));
  const piped = await runCli(['list'], { cwd, env: { ...process.env, ...env } });
  assert.deepEqual(piped.stdout.split('\n'), whole);
  const tree = await onTerminal(30, ['list', '--tree'], { cwd });
  assert.ok(tree.every(({ length }) => length <= 30));
  assert.ok(tree.includes('└── binder:0.1-20261101  (als…'), tree.join('\n'));
});

test('status shows on a terminal what drags what along', { skip }, async () => {
  const { at, path } = scratchTree({
    'home/': '',
    'generate-bake.toml': 'version = "1"\nnamespace = "acme"\n',
    'base/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'service/Dockerfile': 'FROM acme/base\nCOPY . /\n',
    'other/Dockerfile': 'FROM scratch\nCOPY . /\n',
    'service/image.toml': 'description = "道"\n',
  });
  const env = { HOME: at('home'), DOCKER_HOST: 'unix:///nowhere' };
  assert.deepEqual(await onTerminal(70, ['status'], { cwd: path, env }), [
    'All names begin with acme/',
    'IMAGE        STATE   BUILD  WHY',
    'base:1       absent  build  not built yet',
    '  service:1  absent  build  not built yet',
    'other:1      absent  build  not built yet',
  ]);
  assert.deepEqual(await onTerminal(40, ['status'], { cwd: path, env }), [
    'All names begin with acme/',
    'IMAGE        BUILD  WHY',
    'base:1       build  not built yet',
    '  service:1  build  not built yet',
    'other:1      build  not built yet',
  ]);
});

test('hold --list fits too', { skip }, async () => {
  const { path: cwd } = scratchTree({
    'generate-bake.toml': `version = "1"
[[hold]]
images = ["api"]
reason = "道道道道道道道道道道道道道道道道道道道道 audit"
`,
    'api/Dockerfile': 'FROM scratch\nCOPY . /\n',
  });
  const [heading, row = ''] = await onTerminal(40, ['hold', '--list'], { cwd });
  assert.equal(heading, 'IMAGES  STOPS  STATE  WHY');
  assert.equal(row, 'api     all    on     held: 道道道道道…');
});
