/**
 * What a plan costs: `npm run bench`. Generates throw-away trees, runs the real program on them
 * several times and prints times as ratios to `node -e 0` of the same run, since machines differ.
 * `npm run bench -- --rounds 9 136 1000` chooses rounds and trees. It judges nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, median, type Scenario } from './measure.js';
import { startScenarios } from './startup.js';
import { table } from './table.js';
import { writeRealShape, writeTree } from './trees.js';

const program = fileURLToPath(new URL('../bin/generate-bake.js', import.meta.url));
const { rounds, chosen } = argumentsOf(process.argv.slice(2));
const directory = mkdtempSync(join(tmpdir(), 'generate-bake-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.exit(130));
}

const scenarios: Scenario[] = [
  { name: 'node -e 0', args: ['-e', '0'], cwd: directory },
  { name: '--version', args: [program, '--version'], cwd: directory },
  ...(await startScenarios(directory)),
  ...chosen.map(scenarioOf),
];
process.stderr.write(`${rounds} rounds on node ${process.version}\n`);
console.log(table(measure(scenarios, rounds), median));

function scenarioOf(tree: string): Scenario {
  process.stderr.write(`making the tree of ${tree}\n`);
  const cwd = join(directory, tree);
  if (tree === 'sample') {
    const made = spawnSync(process.execPath, [program, 'init', cwd], { encoding: 'utf8' });
    if (made.status !== 0) {
      throw new Error(made.stderr);
    }
    const args = [program, '-c', 'config.yaml', 'images'];
    return { name: 'plan, the sample', args, cwd, images: 3 };
  }
  mkdirSync(cwd);
  const images = Number(tree);
  if (images === 136) {
    writeRealShape(cwd);
    return { name: "plan, the real tree's shape", args: [program], cwd, images };
  }
  writeTree(cwd, images);
  return { name: 'plan, one tree', args: [program, '-c', 'config.yaml', 'images'], cwd, images };
}

function argumentsOf(words: readonly string[]): { rounds: number; chosen: readonly string[] } {
  const at = words.indexOf('--rounds');
  const rounds = at === -1 ? 7 : Number(words[at + 1]);
  const trees = at === -1 ? words : words.toSpliced(at, 2);
  const unknown = trees.find((tree) => tree !== 'sample' && !/^[1-9][0-9]*$/.test(tree));
  if (unknown !== undefined || !(rounds > 0)) {
    throw new Error('usage: npm run bench -- [--rounds N] [sample | NUMBER OF IMAGES]...');
  }
  return { rounds, chosen: trees.length > 0 ? trees : ['sample', '136', '1000', '10000'] };
}
