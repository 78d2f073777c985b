/**
 * Runs the tests (`node:test`, compiled by plain tsc) and closes with the plain line
 * `N passed, N failed`. `--unit` leaves out what needs a Docker engine (`*.engine.test.ts`); further
 * arguments are parts of paths to run only those files: `npm test -- jinja/lexer`.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { prepareEngines } from './support/engine/engine.js';
import { createRun, removeRun, runVariable } from './support/engine/run.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);
const unitOnly = words.includes('--unit');
const parts = words.filter((word) => !word.startsWith('--'));

const selected = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => !(unitOnly && ofEngine(file)))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort();

if (selected.length === 0) {
  console.error(`no test file below ${relative('.', here)} matches ${parts.join(' ')}`);
  process.exit(2);
}

const needsEngine = selected.some(ofEngine);
const missing = needsEngine ? await prepareEngines() : undefined;
const folder = needsEngine && missing === undefined ? createRun() : undefined;
if (folder !== undefined) {
  process.env[runVariable] = folder;
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => stopping.abort());
}

let passed = 0;
let failed = 0;
let skipped = 0;
// Two cores, and most tests wait for processes: files side by side, tests of one file in order.
const stream = run({
  files: selected
    .filter((file) => missing === undefined || !ofEngine(file))
    .map((file) => join(here, file)),
  concurrency: 2,
  signal: stopping.signal,
});
stream.on('test:pass', (test) => {
  if (test.details.type === 'suite') {
    return;
  }
  if (test.skip !== undefined) {
    skipped++;
  } else {
    passed++;
  }
});
stream.on('test:fail', (test) => {
  if (test.details.type === 'suite') {
    return;
  }
  failed++;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', async () => {
  if (folder !== undefined) {
    await removeRun(folder);
  }
  process.on('exit', () => {
    if (missing !== undefined) {
      console.log(`\n${missing}\n`);
    }
    if (stopping.signal.aborted) {
      console.log('interrupted');
    }
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    if (failed > 0 || passed === 0 || missing !== undefined) {
      process.exitCode = 1;
    }
    if (stopping.signal.aborted) {
      process.exitCode = 130;
    }
  });
});

function ofEngine(file: string): boolean {
  return file.endsWith('.engine.test.js');
}
