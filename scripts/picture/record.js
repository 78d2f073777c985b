/** Records a real build in a terminal, on an engine and a registry of the tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBase } from '../../.test-build/support/engine/base.js';
import { prepareEngines, privateEngine } from '../../.test-build/support/engine/engine.js';
import { registry } from '../../.test-build/support/engine/registry.js';
import { createRun, removeRun, runVariable } from '../../.test-build/support/engine/run.js';
import { scratchTree } from '../../.test-build/support/scratch.js';
import { shop } from './shop.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const user = { robot: 'a password' };

/** The recording as asciicast v2: a header, then `[seconds, "o", text]` a line. */
export async function record({ columns, rows }) {
  const missing = await prepareEngines();
  if (missing !== undefined) {
    throw new Error(missing);
  }
  const run = createRun();
  process.env[runVariable] = run;
  try {
    const engine = await privateEngine();
    await loadBase(engine, 'debian:trixie-slim');
    const store = await registry({ users: user });
    const tree = scratchTree({ 'home/': '', 'tmp/': '', 'locks/': '' });
    for (const [path, text] of Object.entries(shop())) {
      tree.write({ [`shop/${path}`]: { text, mode: path.endsWith('.sh') ? 0o755 : 0o644 } });
    }
    tree.write({
      'shop/generate-bake.toml': `registry = "${store.host}"\nnamespace = "acme"\nversion = "1.4.0"\n`,
    });
    const events = await recorded('generate-bake build --publish', {
      size: { columns, rows },
      cwd: tree.at('shop'),
      env: {
        ...engine.env,
        HOME: tree.at('home'),
        TMPDIR: tree.at('tmp'),
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        GENERATE_BAKE_LOCK_DIRECTORY: tree.at('locks'),
        GENERATE_BAKE_REGISTRY: store.host,
        GENERATE_BAKE_USERNAME: 'robot',
        GENERATE_BAKE_PASSWORD: user.robot,
      },
    });
    const header = {
      version: 2,
      width: columns,
      height: rows,
      command: 'generate-bake build --publish',
    };
    return [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
  } finally {
    await removeRun(run);
  }
}

/** Runs it in a terminal of util-linux's script(1); each piece of output with its time. */
async function recorded(command, { size, cwd, env }) {
  const program = command.replace(
    /^generate-bake/,
    `'${process.execPath}' '${join(root, 'bin/generate-bake.js')}'`,
  );
  const inTerminal = `stty cols ${size.columns} rows ${size.rows}; exec ${program}`;
  const child = spawn('script', ['-qfec', inTerminal, '/dev/null'], {
    cwd,
    env: { ...env, SHELL: '/bin/sh', FORCE_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const start = performance.now();
  const events = [];
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => {
    events.push([Math.round(performance.now() - start) / 1000, 'o', text]);
  });
  const [status] = await once(child, 'close');
  if (status !== 1) {
    throw new Error(
      `the build ended with status ${status}, not with 1:\n${events.map((event) => event[2]).join('')}`,
    );
  }
  return events;
}
