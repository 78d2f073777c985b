import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Scenario {
  readonly name: string;
  /** Arguments of node. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** Images in the tree, where there is one. */
  readonly images?: number;
}

export interface Measured {
  readonly scenario: Scenario;
  readonly milliseconds: readonly number[];
  readonly peakBytes: number;
  readonly stdoutBytes: number;
}

/**
 * Runs every scenario `rounds` times, one after the other within a round, so that all of them see
 * the same moods of the machine; the round that warms the file cache does not count.
 */
export function measure(scenarios: readonly Scenario[], rounds: number): Measured[] {
  const times = scenarios.map((): number[] => []);
  const last = scenarios.map((scenario) => runOnce(scenario));
  for (let round = 0; round < rounds; round++) {
    for (const [index, scenario] of scenarios.entries()) {
      times[index]?.push(runOnce(scenario).milliseconds);
    }
  }
  return scenarios.map((scenario, index) => ({
    scenario,
    milliseconds: times[index] ?? [],
    peakBytes: peakOf(scenario),
    stdoutBytes: last[index]?.stdoutBytes ?? 0,
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

interface Once {
  readonly milliseconds: number;
  readonly stdoutBytes: number;
}

/** stdout goes to a file, as that of `generate-bake … > bake.json` does. */
export function runOnce({ args, cwd, name }: Scenario, env: NodeJS.ProcessEnv = {}): Once {
  const file = join(tmpdir(), `generate-bake-bench.${process.pid}.out`);
  const out = openSync(file, 'w+');
  try {
    const start = process.hrtime.bigint();
    const done = spawnSync(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', out, 'pipe'],
      encoding: 'utf8',
    });
    const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
    if (done.status !== 0) {
      throw new Error(`${name} ended with ${done.status}\n${done.stderr}`);
    }
    return { milliseconds, stdoutBytes: readFileSync(file).length };
  } finally {
    closeSync(out);
    rmSync(file, { force: true });
  }
}

const peakModule = fileURLToPath(new URL('./peak.js', import.meta.url));

/** In a run of its own, since looking costs time: see peak.ts. */
function peakOf(scenario: Scenario): number {
  const file = join(tmpdir(), `generate-bake-bench.${process.pid}.peak`);
  try {
    const args = ['--import', peakModule, ...scenario.args];
    runOnce({ ...scenario, args }, { GENERATE_BAKE_BENCH_PEAK: file });
    return Number(readFileSync(file, 'utf8'));
  } finally {
    rmSync(file, { force: true });
  }
}
