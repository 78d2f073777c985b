/**
 * Joins the compiled program and the packages it uses into one file, dist/bundle/main.cjs, and has
 * V8 compile what a plan needs of it. Node takes 0.7 ms to find, read and link a module, and a plan
 * needs 200 of them; another third of a short run is compiling. dist/bundle/start.cjs, made of
 * src/cli/start.ts, starts it: without Node's loader of ES modules, which takes 10 ms itself. Tests
 * import dist/ itself. Both are as deep as the modules of dist/*, so that paths relative to them
 * (package.json, templates/) stay right.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { apartOptions, joinOptions, startOptions } from './join.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const draft = mkdtempSync(join(dist, '.bundle-'));
try {
  await build({
    entryPoints: [join(dist, 'cli', 'main.js')],
    outfile: join(draft, 'main.cjs'),
    ...joinOptions(dist),
  });
  await build({
    entryPoints: [join(dist, 'cli', 'start.js')],
    outfile: join(draft, 'start.cjs'),
    ...startOptions,
  });
  for (const [file, options] of apartOptions(root)) {
    await build({ outfile: join(draft, file), ...options });
  }
  chmodSync(draft, 0o755);
  rmSync(join(dist, 'bundle'), { recursive: true, force: true });
  renameSync(draft, join(dist, 'bundle'));
} finally {
  rmSync(draft, { recursive: true, force: true });
}

// One run on the bundled sample, so that the functions which a plan calls are among the code.
const trained = spawnSync(
  process.execPath,
  [join(root, 'scripts', 'keepCode.js'), '-c', 'config.yaml', 'images'],
  { cwd: join(root, 'templates', 'init'), stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
);
if (trained.status !== 0) {
  throw new Error(`the sample does not compile:\n${trained.stderr}`);
}
