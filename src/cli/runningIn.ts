import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { gitHistories } from '#adapters/git/history.js';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import { Allowance, shortAllowanceMs } from '#adapters/registry/patience.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { OpenedRegistries } from '#fleet/openedRegistries.js';
import { TreeNames } from '#fleet/references/names.js';
import { furtherRegistries } from '#fleet/registries.js';
import { judgeRunning } from '#fleet/running/ask.js';
import { type RunningImage, runningImages } from '#fleet/running/images.js';
import type { Verdict } from '#fleet/running/judge.js';
import { readCluster } from '#fleet/running/readFile.js';
import type { Use } from '#fleet/running/use.js';
import type { CompiledTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import type { ClusterInput } from './line/clusters.js';
import { registriesOf } from './openRegistries.js';
import { registryCache } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { signsOfLife } from './terminal/signs.js';

export interface ReadClusters {
  readonly uses: readonly Use[];
  readonly clusters: readonly {
    readonly cluster: string;
    readonly file: string;
    readonly leftOut: readonly string[];
  }[];
}

/** What the files say; the exit status, with the reasons reported, where one cannot be read. */
export async function readClusterFiles(
  inputs: readonly ClusterInput[],
  io: Io,
  signal: AbortSignal,
  stdin: Readable = process.stdin,
): Promise<ReadClusters | ExitCode> {
  const uses: Use[] = [];
  const clusters: { cluster: string; file: string; leftOut: readonly string[] }[] = [];
  let isWrong = false;
  for (const { cluster, file } of inputs) {
    const shown = file === '-' ? 'stdin' : file;
    io.inPlace(`reading ${shown}`);
    const path = file === '-' ? {} : { path: resolve(io.cwd, file) };
    const reading = await readCluster({ cluster, shown, ...path }, stdin, signal);
    io.inPlace('');
    if (reading.kind === 'cancelled') {
      return exit.interrupted;
    }
    if (reading.kind === 'wrong') {
      report(io, [reading.problem]);
      isWrong = true;
      continue;
    }
    // One by one: a list of a million is too much for the arguments of a call.
    for (const use of reading.uses) {
      uses.push(use);
    }
    const { leftOut } = reading;
    clusters.push({ cluster, file: shown, leftOut });
    if (leftOut.length > 0) {
      io.say(`${shown}: left out: ${leftOut.join(', ')}`);
    }
  }
  return isWrong ? exit.wrong : { uses, clusters };
}

interface OpenQuestion {
  readonly registries: readonly string[];
  readonly credentials: CredentialUse;
}

/** The registries that may be asked about what runs; the exit status where they cannot be opened. */
export async function openForRunning(
  { workspace }: Pick<CompiledTrees, 'workspace'>,
  { registries: hosts, credentials }: OpenQuestion,
  io: Io,
  signal: AbortSignal,
): Promise<OpenedRegistries | ExitCode> {
  const own = await registriesOf(workspace.trees, 'never', credentials, io, signal);
  if (own === undefined) {
    return signal.aborted ? exit.interrupted : exit.wrong;
  }
  const further = await furtherOf(hosts, credentials, io, signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  return further === undefined
    ? exit.wrong
    : new OpenedRegistries({ accesses: own.accesses, further, signal });
}

async function furtherOf(
  hosts: readonly string[],
  use: CredentialUse,
  io: Io,
  signal: AbortSignal,
): Promise<readonly RegistryAccess[] | undefined> {
  const waits = signsOfLife(io);
  const sources = { environment: io.env, home: io.home, use, waits, signal };
  const asking = { waits, allowance: new Allowance(shortAllowanceMs) };
  const opened = await furtherRegistries(hosts, io.cwd, sources, asking);
  return report(io, opened.diagnostics) ? undefined : opened.value;
}

/** What runs of the images, and whose it is. */
export function imagesIn(
  uses: readonly Use[],
  { graph }: Pick<CompiledTrees, 'graph'>,
  registries: OpenedRegistries,
): { readonly images: readonly RunningImage[]; readonly names: TreeNames } {
  const names = new TreeNames(graph);
  const isAsked = (repository: Parameters<OpenedRegistries['at']>[0]) =>
    registries.at(repository) !== undefined;
  return { images: runningImages(uses, names, isAsked), names };
}

/** How often a pipe hears how far it is, in milliseconds. */
const pipeEvery = 10_000;

/** A verdict for each, with signs of life. */
export async function verdictsOf(
  { images, names }: { readonly images: readonly RunningImage[]; readonly names: TreeNames },
  { workspace, graph }: Pick<CompiledTrees, 'workspace' | 'graph'>,
  registries: OpenedRegistries,
  io: Io,
  signal: AbortSignal,
): Promise<ReadonlyMap<RunningImage, Verdict>> {
  const nameless = graph.broken.find(({ image }) => image.repository === undefined);
  let told = performance.now();
  const judged = await judgeRunning(images, {
    names,
    trees: workspace.trees,
    ...(nameless === undefined ? {} : { unreadable: nameless.image.shown }),
    registries,
    cache: registryCache(io),
    histories: gitHistories(),
    progress: (what, done, of) => {
      const line = `asking registries: ${what}, ${done} of ${of}`;
      io.inPlace(line);
      const now = performance.now();
      if (!io.terminal && now - told > pipeEvery) {
        told = now;
        io.say(line);
      }
    },
    signal,
  });
  io.inPlace('');
  return judged;
}
