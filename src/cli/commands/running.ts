import { arch } from 'node:os';
import { findOwners } from '#compiler/owners/owners.js';
import { Exceptions } from '#compiler/policy/exceptions.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import type { OpenedRegistries } from '#fleet/openedRegistries.js';
import type { TreeImage } from '#fleet/references/names.js';
import { type RunningRow, runningDocument } from '#fleet/running/document.js';
import type { RunningImage } from '#fleet/running/images.js';
import { type Verdict, verdicts } from '#fleet/running/judge.js';
import { type OutdatedPackages, outdatedRunning } from '#fleet/running/outdated.js';
import {
  exceptionFindings,
  policyLines,
  type RunningPolicy,
  runningBreaches,
} from '#fleet/running/policy.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import { runningColumns, runningPolicyColumns } from '../columns.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { missingPolicy } from '../missingPolicy.js';
import { askingApt, readOutdatedFiles } from '../outdatedIn.js';
import { layerCache } from '../places.js';
import { imagesIn, openForRunning, readClusterFiles, verdictsOf } from '../runningIn.js';
import type { Io } from '../terminal/io.js';
import { readingSigns } from '../terminal/readingSigns.js';
import { report, reportFolded } from '../terminal/report.js';
import { runningLines, runningTable } from '../terminal/runningTable.js';
import { withSignals } from '../terminal/signals.js';
import type { RunningLine } from './running.command.js';

/**
 * Shows what runs of the images, and what is to be done. Ends with 3 where a registry could not be asked about one, and, where
 * `--exit-code` asks for it, with 1 if something has to be done and with 3 if of one nobody knows.
 */
export function run(input: RunningLine, io: Io): Promise<ExitCode> {
  return withSignals((signal) => running(input, io, signal));
}

async function running(input: RunningLine, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const { aptAuth, selection } = input;
  const auth = aptAuth === undefined ? {} : { aptAuth };
  const files = await readOutdatedFiles({ security: false, packages: [], ...auth }, io, signal);
  if (typeof files === 'number') {
    return files;
  }
  const compiled = compileTrees({ ...input, cycles: 'shown', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const read = await readClusterFiles(input.clusters, io, signal);
  if (typeof read === 'number') {
    return read;
  }
  const { workspace } = compiled;
  if (input.policy && report(io, missingPolicy('--policy', workspace))) {
    return exit.wrong;
  }
  reportFolded(io, compiled.diagnostics);
  const registries = await openForRunning(compiled, input, io, signal);
  if (typeof registries === 'number') {
    return registries;
  }
  try {
    const { images, names } = imagesIn(read.uses, compiled, registries);
    const judged = await verdictsOf({ images, names }, compiled, registries, io, signal);
    if (signal.aborted) {
      return exit.interrupted;
    }
    const isSelected = selectedBy(compiled, selection);
    const shown = [...judged].filter(([image, verdict]) => isSelected(image, verdict));
    const packages = input.packages
      ? await packagesOf(
          shown.map(([image]) => image),
          registries,
          files.auth,
          io,
          signal,
        )
      : new Map<RunningImage, OutdatedPackages>();
    if (packages === undefined || signal.aborted) {
      return exit.interrupted;
    }
    const policy = input.policy ? policyOf(compiled, io) : undefined;
    const rows = rowsOf(shown, packages, policy);
    if (input.json) {
      io.write(`${JSON.stringify(runningDocument(read.clusters, rows), null, 2)}\n`);
    } else {
      const references = names.images.map(({ repository }) => repository);
      const { columns = input.policy ? runningPolicyColumns : runningColumns } = input;
      const hasClusters = read.clusters.length > 1;
      io.write(
        runningTable({ rows, isWhole: input.all, hasClusters, references, columns }, io.outWidth()),
      );
    }
    for (const line of runningLines(rows, input.packages)) {
      io.say(line);
    }
    if (policy !== undefined) {
      report(io, exceptionFindings(policy));
      for (const line of policyLines(
        rows.map(({ breaches = [] }) => breaches),
        policy.policy,
      )) {
        io.say(line);
      }
    }
    return exitCodeOf(rows, input);
  } finally {
    registries.close();
  }
}

/** With a selection only its images count, and what is built on them. */
function selectedBy(
  { selected }: CompiledTrees,
  { select, exclude, owner, untested }: RunningLine['selection'],
): (image: RunningImage, verdict: Verdict) => boolean {
  if (select.length + exclude.length + (owner?.length ?? 0) === 0 && untested !== true) {
    return () => true;
  }
  const has = (image: TreeImage | undefined) =>
    image?.reference !== undefined && selected.has(image.reference);
  return ({ about }, { base }) => has(about.kind === 'own' ? about.image : base?.image);
}

/** Undefined: stopped. */
async function packagesOf(
  images: readonly RunningImage[],
  registries: OpenedRegistries,
  auth: string | undefined,
  io: Io,
  signal: AbortSignal,
): Promise<ReadonlyMap<RunningImage, OutdatedPackages> | undefined> {
  const signs = readingSigns(io);
  try {
    const found = await outdatedRunning(images, {
      registries,
      platform: { name: platformOfMachine(arch()), isRequired: false },
      cache: layerCache(io),
      progress: signs.progress,
      ...askingApt(io, auth),
      signal,
    });
    if (found?.problem !== undefined) {
      report(io, [found.problem]);
    }
    return found?.packages;
  } finally {
    signs.end();
  }
}

function policyOf({ workspace, graph }: CompiledTrees, io: Io): RunningPolicy | undefined {
  const { policy, trees } = workspace;
  return (
    policy && {
      policy,
      exceptions: new Exceptions(policy.exceptions, io.now()),
      trees,
      names: registryNamesOf(graph),
    }
  );
}

/** What breaks the policy, then the worst first; of one verdict those that are most behind, and then by name. */
function rowsOf(
  judged: readonly (readonly [RunningImage, Verdict])[],
  packages: ReadonlyMap<RunningImage, OutdatedPackages>,
  policy: RunningPolicy | undefined,
): readonly RunningRow[] {
  const owners = findOwners();
  const rows = judged.map(([image, verdict]): RunningRow => {
    const { about } = image;
    const definition = about.kind === 'own' ? about.image.definition : undefined;
    const owner = definition && owners.of(definition);
    const known = packages.get(image);
    return {
      image,
      verdict,
      ...(owner === undefined ? {} : { owner: owner.text }),
      ...(known === undefined ? {} : { packages: known }),
      ...(policy && { breaches: runningBreaches(image, policy) }),
    };
  });
  const behind = ({ verdict }: RunningRow) => verdict.behind?.versions ?? 0;
  const isAllowed = ({ breaches = [] }: RunningRow) => Number(breaches.length === 0);
  return rows.sort(
    (a, b) =>
      isAllowed(a) - isAllowed(b) ||
      verdicts.indexOf(a.verdict.kind) - verdicts.indexOf(b.verdict.kind) ||
      behind(b) - behind(a) ||
      (a.image.shown < b.image.shown ? -1 : a.image.shown > b.image.shown ? 1 : 0),
  );
}

function exitCodeOf(rows: readonly RunningRow[], { exitCode }: RunningLine): ExitCode {
  const has = (...kinds: readonly Verdict['kind'][]) =>
    rows.some(({ verdict }) => kinds.includes(verdict.kind));
  const breaksPolicy = rows.some(({ breaches = [] }) =>
    breaches.some(({ level }) => level === 'error'),
  );
  if (exitCode && (breaksPolicy || has('retired', 'redeploy', 'rebuild', 'restart'))) {
    return exit.failed;
  }
  const hasFailed = rows.some(({ verdict }) => verdict.hasFailed === true);
  return hasFailed || (exitCode && has('unknown')) ? exit.unusable : exit.done;
}
