import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import type { SignsOfLife } from '#adapters/registry/waits.js';
import type { Durations } from '#builder/durations/durations.js';
import { addDurations, openDurations } from '#builder/durations/store.js';
import { runPipeline } from '#builder/pipeline.js';
import { measuredIn } from '#builder/report/measured.js';
import { writeMetrics } from '#builder/report/metrics.js';
import { EventStream, streamCounts } from '#builder/report/stream.js';
import type { BuildRequest } from '#builder/request.js';
import { type RootfsEvent, refreshRootfs, usualMode } from '#builder/rootfs.js';
import { lock } from '#builder/run/lock.js';
import { checkedGraph } from '#compiler/checkedGraph.js';
import { withGraph } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import type { BrokenNode } from '#compiler/resolve/graph.js';
import { tellBroken } from '#compiler/tellBroken.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { whyUnwritable } from '#core/files/writeFile.js';
import type { Reference } from '#core/reference/brands.js';
import { concerned } from '#fleet/status/decide.js';
import { findNamed } from '#upkeep/update/names.js';
import { withoutHeld } from '../broken.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { isPatterned } from '../line/options.js';
import { jobProblems, ofJob, readJob } from '../matrixJob.js';
import {
  awaitingOf,
  durationsFile,
  frontendRecordOf,
  layerCache,
  lockDirectory,
  recordOf,
  registryCache,
  stateDirectory,
  testedOf,
} from '../places.js';
import { isStopped } from '../stopFile.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import { rootfsListener } from '../terminal/rootfsLines.js';
import { withSignals } from '../terminal/signals.js';
import { signsOfLife, silent } from '../terminal/signs.js';
import { version } from '../version.js';
import type { BuildInput } from './build.command.js';
import { dryRunBuild } from './buildDryRun.js';
import { Reporting } from './buildReporting.js';

export async function run(input: BuildInput, plain: Io): Promise<ExitCode> {
  const started = plain.now();
  const isStreamed = input.json && input.dryRun === undefined;
  const stream = isStreamed
    ? new EventStream(plain.write, plain.now, plain.level === 'debug')
    : undefined;
  stream?.begin(version());
  const io: Io = stream === undefined ? plain : { ...plain, hear: stream.diagnostics };
  let reporting: Reporting | undefined;
  const work = (signal: AbortSignal) => {
    const begin = (broken: readonly BrokenNode[]): Reporting => {
      reporting = new Reporting(input, broken, io, { signal, stream });
      return reporting;
    };
    return runBuild(input, io, { durations, signal, begin, stream });
  };
  const { durations, problems } = openDurations(durationsFile(io, input.timingsFile));
  const unwritable = input.dryRun !== undefined ? [] : unwritablePlaces(input, io);
  const isWrong = report(io, [...problems, ...unwritable]);
  const built = isWrong ? exit.wrong : await withSignals(work);
  const ended = await withDurations(input, io, built, reporting);
  const isTold = unwritable.some(({ place }) => place?.file === input.metricsFile);
  const code = isTold ? ended : withMetrics(input, io, started, ended, reporting);
  stream?.end({
    exitCode: code,
    interrupted: code === exit.interrupted,
    milliseconds: io.now().getTime() - started.getTime(),
    counts: reporting?.counts() ?? streamCounts([], 0, 0),
  });
  return code;
}

/** The exit status once the metrics are written, where they are wanted. */
function withMetrics(
  { metricsFile, dryRun }: BuildInput,
  io: Io,
  started: Date,
  code: ExitCode,
  reporting: Reporting | undefined,
): ExitCode {
  if (metricsFile === undefined || dryRun !== undefined) {
    return code;
  }
  const run = { started, ended: io.now(), exitCode: code, ...reporting?.images() };
  const problem = writeMetrics(resolve(io.cwd, metricsFile), metricsFile, run);
  return report(io, problem === undefined ? [] : [problem]) && code === exit.done
    ? exit.wrong
    : code;
}

/** The exit status once what the run measured is kept for the next one. */
async function withDurations(
  { timingsFile, dryRun }: BuildInput,
  io: Io,
  code: ExitCode,
  reporting: Reporting | undefined,
): Promise<ExitCode> {
  const { images } = reporting?.images() ?? {};
  const measured = measuredIn(images ?? [], io.now());
  if (dryRun !== undefined || images === undefined || measured.size === 0) {
    return code;
  }
  const file = durationsFile(io, timingsFile);
  const take = () => lock('durations', [file.path], io.cwd, io.now(), lockDirectory(io));
  const problem = await addDurations(file, measured, take);
  return report(io, problem === undefined ? [] : [problem]) && code === exit.done
    ? exit.wrong
    : code;
}

interface RunParts {
  readonly durations: Durations;
  readonly signal: AbortSignal;
  readonly begin: (broken: readonly BrokenNode[]) => Reporting;
  readonly stream: EventStream | undefined;
}

async function runBuild(input: BuildInput, io: Io, parts: RunParts): Promise<ExitCode> {
  const { durations, signal, begin, stream } = parts;
  if (input.dryRun === undefined && isStopped(input.trees, io)) {
    return exit.failed;
  }
  const rootfs = rootfsListenerOf(input, io, stream);
  const whole = await compileAndRefresh(input, io, signal, rootfs);
  if (signal.aborted) {
    return exit.interrupted;
  }
  if (whole === undefined || report(io, unnamedTrees(whole, input))) {
    return exit.wrong;
  }
  const { matrixJob } = input;
  const job = matrixJob === undefined ? undefined : readJob(matrixJob, io.cwd);
  const ofIt = job?.value === undefined ? undefined : ofJob(whole, job.value);
  if (report(io, [...(job?.diagnostics ?? []), ...(ofIt?.diagnostics ?? [])])) {
    return exit.wrong;
  }
  const compiled = ofIt?.value ?? whole;
  const contexts = new Contexts(io.cwd);
  const wanted = concerned(compiled.graph, compiled.selected);
  const checked = {
    ...compiled,
    ...withGraph(compiled, checkedGraph(compiled.graph, wanted, contexts)),
  };
  const { others: selected, held } = withoutHeld(checked.broken.selected, io.now());
  if (input.strict && selected.length > 0) {
    reportFolded(io, [...checked.diagnostics, ...tellBroken(checked.graph, selected)]);
    return exit.wrong;
  }
  // What has a reference is told with the decisions.
  const unnamed = held.filter(({ node }) => node.image.reference === undefined);
  report(
    io,
    unnamed.map(({ told }) => told),
  );
  const signs = signsOfLife(io);
  if (input.quiet) {
    signs.listener = silent;
  }
  if (job?.value !== undefined && report(io, jobProblems(checked.graph, contexts, job.value))) {
    return exit.wrong;
  }
  const approved = approvedOf(input, checked);
  if (report(io, approved.diagnostics)) {
    return exit.wrong;
  }
  const request = {
    ...requestOf(input, checked, contexts, io, signs, signal),
    approved: approved.value,
    durations,
    ...(job?.value === undefined ? {} : { job: job.value }),
  };
  if (input.dryRun !== undefined) {
    return dryRunBuild(request, selected, input, io);
  }
  const reporting = begin(selected);
  const ending = await runPipeline(request, {
    diagnostics: (found) => report(io, found),
    definitions: (found) => reportFolded(io, found),
    info: io.info,
    rootfs,
    decided: (decisions, build) => reporting.begin(decisions, build, signs),
  });
  return reporting.end(ending);
}

/** The images that the user approves, by their names. */
function approvedOf(
  { approve }: BuildInput,
  { graph, selected }: CompiledTrees,
): Outcome<ReadonlySet<Reference>> {
  const approved = new Set<Reference>();
  const diagnostics: Diagnostic[] = [];
  for (const name of approve) {
    const named = findNamed(graph, name, selected);
    if (named.kind === 'image') {
      approved.add(named.image.reference);
    } else if (named.kind === 'unknown') {
      diagnostics.push(named.problem);
    } else {
      const message = `--approve ${name}: it is not an image of the trees`;
      diagnostics.push(
        error('approve', message, { hint: 'generate-bake status shows what awaits' }),
      );
    }
  }
  return { value: approved, diagnostics };
}

function requestOf(
  input: BuildInput,
  { graph, selected, workspace, diagnostics }: CompiledTrees,
  contexts: Contexts,
  io: Io,
  waits: SignsOfLife,
  signal: AbortSignal,
): Omit<BuildRequest, 'durations' | 'approved'> {
  const isDry = input.dryRun !== undefined;
  return {
    ...input,
    ...buildersIn(input, workspace),
    graph,
    selected,
    trees: workspace.trees,
    ...(workspace.policy && { policy: workspace.policy }),
    contexts,
    warnings: diagnostics,
    host: io,
    stateDirectory: stateDirectory(io),
    lockDirectory: lockDirectory(io),
    // A dry run touches nothing, not even what it learns.
    cache: isDry ? { ...registryCache(io), save: () => {} } : registryCache(io),
    frontendRecord: isDry ? { ...frontendRecordOf(io), save: () => {} } : frontendRecordOf(io),
    waits,
    dated: input.dating !== 'none',
    tested: testedOf(io),
    awaiting: awaitingOf(io),
    layers: layerCache(io),
    record: isDry ? { ...recordOf(io), save: () => {} } : recordOf(io),
    signal,
  };
}

/** The builders of the command line, else those of the workspace file. */
function buildersIn(
  { builders, staging }: BuildInput,
  { building }: Workspace,
): Pick<BuildRequest, 'builders' | 'staging'> {
  const named = building?.staging;
  const written = named && { repository: named.value, place: named.place };
  const repository = staging ?? written;
  return {
    builders: builders.length > 0 ? builders : (building?.builders ?? []).map(({ value }) => value),
    ...(repository === undefined ? {} : { staging: repository }),
  };
}

/** Says what root filesystems are made, on stderr and in the stream. */
function rootfsListenerOf(
  { json, quiet }: BuildInput,
  io: Io,
  stream: EventStream | undefined,
): (event: RootfsEvent) => void {
  const say = json && quiet ? () => {} : rootfsListener(io);
  return (event) => {
    stream?.listen(event);
    say(event);
  };
}

/** What could not be written: reported now, and not when everything is built. */
function unwritablePlaces(
  { reportFile, junitFile, metricsFile, timingsFile, pageFile }: BuildInput,
  { cwd }: Io,
): Diagnostic[] {
  const records = [reportFile, junitFile, metricsFile, timingsFile, pageFile].flatMap((file) =>
    file === undefined ? [] : (whyNotNamed(resolve(cwd, file), file) ?? []),
  );
  const temporary = join(tmpdir(), 'generate-bake');
  const problem = whyUnwritable(temporary, temporary);
  const hint = 'set TMPDIR to a directory with room';
  return problem === undefined ? records : [...records, { ...problem, hint }];
}

function whyNotNamed(path: string, shown: string): Diagnostic | undefined {
  return trackedLink(path, shown) ?? whyUnwritable(path, shown);
}

/** A workspace of several trees is built only where the user says what of them, or all. */
function unnamedTrees(
  { workspace }: CompiledTrees,
  { trees, selection, all, matrixJob }: BuildInput,
): Diagnostic[] {
  const isOne = workspace.trees.length === 1;
  const isNamed = trees.directories.length > 0 || workspace.within.length > 0;
  if (
    workspace.file === undefined ||
    isNamed ||
    isPatterned(selection) ||
    all ||
    isOne ||
    matrixJob
  ) {
    return [];
  }
  const names = workspace.trees.map(({ shownDirectory }) => shownDirectory).join(', ');
  const hint = 'name one, or images, or pass --all';
  return [error('usage', `several trees in ${workspace.file}: ${names}`, { hint })];
}

/** The trees as they are once old root filesystems without a timestamp are refreshed. */
async function compileAndRefresh(
  input: BuildInput,
  io: Io,
  signal: AbortSignal,
  listen: (event: RootfsEvent) => void,
): Promise<CompiledTrees | undefined> {
  const options = { ...input, words: 'images', today: io.now() } as const;
  const compiled = compileTrees(options, io);
  // The images of a job are those that the matrix has: a newer one would be of another version.
  const isFixed = input.dryRun !== undefined || input.matrixJob !== undefined || !input.pull;
  if (compiled === undefined || isFixed) {
    return compiled;
  }
  const { graph, workspace, selected } = compiled;
  const scope = { graph, trees: workspace.trees };
  const maker = { mode: usualMode(io), host: io, signal, listen };
  const { isNew, warnings } = await refreshRootfs(scope, selected, maker);
  report(io, warnings);
  return isNew ? compileTrees(options, io) : compiled;
}
