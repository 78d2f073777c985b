/**
 * Runs the tests (`node:test`, compiled by plain tsc) and closes with the plain line
 * `N passed, N failed`. `--unit` leaves out what needs a Docker engine (`*.engine.test.ts`), `--fast`
 * also what takes seconds (`*.slow.test.ts`: whole command lines, random thousands, registries); with `--long`
 * tests take every engine, request and kind where a usual run takes some (test/support/long.ts);
 * further arguments are parts of paths to run only those files: `npm test -- jinja/lexer`.
 */
import { setMaxListeners } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { prepareEngines } from './support/engine/engine.js';
import { prepareRegistry } from './support/engine/registry.js';
import { createRun, removeRun, runVariable } from './support/engine/run.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);
const fastOnly = words.includes('--fast');
const unitOnly = fastOnly || words.includes('--unit');
if (words.includes('--long')) {
  process.env.GENERATE_BAKE_LONG_TESTS = '1';
}
const parts = words.filter((word) => !word.startsWith('--'));

const selected = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => !(unitOnly && ofEngine(file)))
  .filter((file) => !fastOnly || isFast(file))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort();

if (selected.length === 0) {
  console.error(`no test file below ${relative('.', here)} matches ${parts.join(' ')}`);
  process.exit(2);
}

const noRegistry = selected.some(needsRegistry) ? await prepareRegistry() : undefined;
const left = noRegistry === undefined ? [] : selected.filter(needsRegistry);
const needsEngine = selected.some(ofEngine);
const missing = needsEngine ? await prepareEngines() : undefined;
const runnable = selected
  .filter((file) => missing === undefined || !ofEngine(file))
  .filter((file) => !left.includes(file));
const folder = needsEngine && missing === undefined ? createRun() : undefined;
if (folder !== undefined) {
  process.env[runVariable] = folder;
}

const stopping = new AbortController();
// The runner listens to it once for each file.
setMaxListeners(0, stopping.signal);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => stopping.abort());
}

let passed = 0;
let failed = 0;
let skipped = left.length;
// Two cores, and most tests wait for processes: files side by side, tests of one file in order.
const stream = run({
  files: [
    ...batched(runnable.filter(isFast)),
    ...runnable.filter((file) => !isFast(file)).map((file) => join(here, file)),
  ],
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
    if (noRegistry !== undefined) {
      console.log(`\n${left.length} files of tests skipped: ${noRegistry}`);
    }
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

/**
 * Two files that import the others, where they are many: starting a process for each of a hundred files takes
 * longer than the quick ones take to run.
 */
function batched(files: readonly string[]): string[] {
  if (files.length < 10) {
    return files.map((file) => join(here, file));
  }
  return [0, 1].map((half) => {
    const imports = files.filter((_, at) => at % 2 === half).map((file) => `import './${file}';\n`);
    const batch = join(here, `fast-${half + 1}.js`);
    writeFileSync(batch, imports.join(''));
    return batch;
  });
}

/** Tests without an engine that start a registry. */
function needsRegistry(file: string): boolean {
  const starts = readFileSync(join(here, file), 'utf8').includes('/engine/registry.js');
  return starts && !ofEngine(file);
}

function isFast(file: string): boolean {
  return !ofEngine(file) && !file.endsWith('.slow.test.js');
}

function ofEngine(file: string): boolean {
  return file.endsWith('.engine.test.js');
}
