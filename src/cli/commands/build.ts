import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { reportDocument } from '#builder/report/document.js';
import type { Listener } from '#builder/report/event.js';
import { junit } from '#builder/report/junit.js';
import { lineListener } from '#builder/report/lines.js';
import { ImageLogs } from '#builder/report/logs.js';
import { Recorder } from '#builder/report/record.js';
import {
  type BuildEnding,
  type BuildRequest,
  build,
  buildDryRun,
  lockFor,
  rebuildKey,
} from '#builder/run/build.js';
import { Contexts } from '#compiler/context/contexts.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { whyUnwritable, writeFile } from '#core/files/writeFile.js';
import type { Decision } from '#fleet/status/decide.js';
import { type Prepared, prepare, toBuild } from '#fleet/status/prepare.js';
import { bakeArgProblems } from '../bakeArgsFit.js';
import { type CompiledTrees, compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import { openEngine } from '../openEngine.js';
import { openRegistries } from '../openRegistries.js';
import { lockDirectory, logDirectory, registryCache, stateDirectory } from '../places.js';
import { BuildRootfs } from '../rootfsRun.js';
import { logsOfFailed, summaryCounts, summaryTable } from '../terminal/buildSummary.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import { tellStopped } from '../terminal/tellDecisions.js';
import type { BuildInput } from './build.command.js';

export async function run(input: BuildInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => buildAll(input, io, signal));
}

async function buildAll(input: BuildInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  if (!input.dryRun && report(io, unwritablePlaces(input, io))) {
    return exit.wrong;
  }
  const compiled = await compileAndRefresh(input, io, signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  if (compiled === undefined) {
    return exit.wrong;
  }
  const { graph, selected, workspace } = compiled;
  if (workspace.file !== undefined && input.trees.directories.length === 0 && !input.all) {
    report(io, [
      error(
        'usage',
        `build wants to know which of the ${workspace.trees.length} trees of ${workspace.file}`,
        {
          hint: 'name their directories, or say --all',
        },
      ),
    ]);
    return exit.wrong;
  }
  const contexts = new Contexts(io.cwd);
  const trees = new Set(
    graph.images
      .filter((image) => selected.has(image.reference))
      .map((image) => image.rendered.definition.tree),
  );
  const engine = await openEngine(input, trees, io, signal);
  if (engine === undefined) {
    return signal.aborted ? exit.interrupted : exit.unusable;
  }
  const problems = bakeArgProblems(input.bakeArgs, graph, engine.engine);
  if (report(io, problems)) {
    return exit.wrong;
  }
  const registries = await openRegistries(workspace.trees, input.publish, io);
  if (registries === undefined) {
    return exit.wrong;
  }

  const request: BuildRequest = {
    graph,
    selected,
    context: contexts.of,
    ...engine,
    ...registries,
    pull: input.pull,
    rebuildKey: rebuildKey(input.rebuild, io.now()),
    waveSize: input.waveSize,
    jobs: input.jobs,
    retries: input.retries,
    failFast: input.failFast,
    verifyJobs: input.verifyJobs,
    verifyTimeoutMs: input.verifyTimeoutMs,
    transferTimeoutMs: input.transferTimeoutMs,
    latest: latestPolicy(input),
    overwritePublished: input.overwritePublished,
    minFree: input.minFree,
    bakeArgs: input.bakeArgs,
    readPaths: contexts.readPaths(workspace.trees),
    stateDirectory: stateDirectory(io),
    lockDirectory: lockDirectory(io),
    // A dry run touches nothing, not even what it learns.
    cache: input.dryRun ? { ...registryCache(io), save: () => {} } : registryCache(io),
    now: io.now,
    signal,
  };
  const lock = input.dryRun ? undefined : await lockFor(request);
  if (lock?.kind === 'taken') {
    const { pid, host, directory, since } = lock.by;
    const message = `another build holds this engine: process ${pid} on ${host}, in ${directory}, since ${since}`;
    report(io, [error('locked', message, { hint: 'wait for it, or stop it' })]);
    return exit.unusable;
  }
  if (lock?.kind === 'impossible') {
    const message = `no lock can be made in ${lock.folder}: it ${lock.why}`;
    report(io, [
      error('unwritable', message, {
        hint: 'set GENERATE_BAKE_LOCK_DIRECTORY to a directory for all who build on this engine',
      }),
    ]);
    return exit.wrong;
  }
  try {
    const prepared = await prepare({
      ...request,
      engine: { docker: request.docker, facts: request.engine },
      noPull: !input.pull,
    });
    if (signal.aborted) {
      return exit.interrupted;
    }
    if (prepared.kind === 'failed') {
      report(io, [error('engine', `the engine cannot be asked: ${prepared.message}`)]);
      return exit.unusable;
    }
    if (report(io, [...compiled.diagnostics, ...contexts.diagnostics])) {
      return exit.wrong;
    }
    if (!input.dryRun) {
      const building = toBuild(prepared.prepared.decisions).map(({ reference }) => reference);
      const made = await new BuildRootfs(compiled, io, signal).make(new Set(building));
      if (signal.aborted) {
        return exit.interrupted;
      }
      if (!made) {
        return exit.failed;
      }
    }
    return input.dryRun
      ? printPlans(request, prepared.prepared, io)
      : await execute(input, request, prepared.prepared, io);
  } finally {
    if (lock?.kind === 'held') {
      lock.release();
    }
  }
}

/** What could not be written: told now, and not when everything is built. */
function unwritablePlaces({ reportFile, junitFile }: BuildInput, { cwd }: Io): Diagnostic[] {
  const records = [reportFile, junitFile].flatMap((file) =>
    file === undefined ? [] : (whyUnwritable(resolve(cwd, file), file) ?? []),
  );
  const temporary = join(tmpdir(), 'generate-bake');
  const problem = whyUnwritable(temporary, temporary);
  const hint = 'set TMPDIR to a directory with room';
  return problem === undefined ? records : [...records, { ...problem, hint }];
}

/** The trees as they are once old root filesystems without a timestamp are refreshed. */
async function compileAndRefresh(
  input: BuildInput,
  io: Io,
  signal: AbortSignal,
): Promise<CompiledTrees | undefined> {
  const options = { ...input, today: io.now() };
  const compiled = compileTrees(options, io);
  if (compiled === undefined || input.dryRun || !input.pull) {
    return compiled;
  }
  const fresh = await new BuildRootfs(compiled, io, signal).refresh(compiled.selected);
  return fresh ? compileTrees(options, io) : compiled;
}

function printPlans(request: BuildRequest, prepared: Prepared, io: Io): ExitCode {
  const plans = buildDryRun(request, prepared);
  if (report(io, plans.diagnostics)) {
    return exit.wrong;
  }
  for (const plan of plans.value) {
    io.write(plan.endsWith('\n') ? plan : `${plan}\n`);
  }
  tellStopped(prepared.decisions, io);
  io.say(plans.value.length === 0 ? 'nothing to build' : `${plans.value.length} bake calls`);
  return exit.done;
}

async function execute(
  input: BuildInput,
  request: BuildRequest,
  prepared: Prepared,
  io: Io,
): Promise<ExitCode> {
  const started = request.now();
  const { decisions } = prepared;
  const active = decisions.some(({ action }) => action === 'build' || action === 'finish');
  const stopped = tellStopped(decisions, io);
  const recorder = new Recorder(decisions.map(recordOf));
  const view = await viewOf(input, io, active);
  const places = { ...logDirectory(io), fileOf: logFileOf(request) };
  const logs = new ImageLogs(places, (cause) => {
    const message = `no more logs are written: ${places.directory} ${whyNot(cause)}`;
    view.listen({ kind: 'warning', message });
  });
  const ending = await build(request, prepared, (event) => {
    recorder.listen(event);
    logs.listen(event);
    view.listen(event);
  });
  view.close();
  logs.close();
  for (const record of recorder.records.values()) {
    if (logs.has(record.reference)) {
      record.log = logs.pathOf(record.reference);
    }
  }
  const failed = [...recorder.records.values()].some(({ ending: how }) => how === 'failed');
  const code = exitCodeOf(ending, failed, stopped > 0);
  if (ending.kind === 'wrong' || ending.kind === 'unusable') {
    report(io, ending.diagnostics);
  }
  if (active || !input.quiet) {
    io.raw(summaryTable(recorder.records.values()));
    for (const line of logsOfFailed(recorder.records.values(), io.cwd)) {
      io.say(line);
    }
    io.say(summaryCounts(recorder.records.values(), stopped));
  }
  const problems = writeRecords(input, io, recorder, {
    started: started.toISOString(),
    ended: request.now().toISOString(),
    exitCode: code,
    interrupted: ending.kind === 'cancelled',
    engine: {
      docker: request.engine.dockerVersion,
      buildx: request.engine.buildxVersion,
      builder: request.engine.builder.name,
    },
    rebuildKey: request.rebuildKey ?? '',
  });
  return report(io, problems) && code === exit.done ? exit.wrong : code;
}

function exitCodeOf(ending: BuildEnding, failed: boolean, stopped: boolean): ExitCode {
  switch (ending.kind) {
    case 'cancelled':
      return exit.interrupted;
    case 'wrong':
      return exit.wrong;
    case 'unusable':
      return exit.unusable;
    case 'finished':
      if (failed) {
        return exit.failed;
      }
      return stopped || ending.latestFailed > 0 ? exit.unusable : exit.done;
  }
}

function recordOf({ reference, state, why, parents }: Decision) {
  return {
    reference,
    state,
    why,
    parents: parents.map((use) => ({
      reference: use.parent,
      ...(use.kind === 'pinned' ? { digest: use.digest } : {}),
      ...(use.kind === 'local' ? { digest: use.id } : {}),
    })),
  };
}

interface View {
  readonly listen: Listener;
  close(): void;
}

async function viewOf(input: BuildInput, io: Io, active: boolean): Promise<View> {
  if (input.quiet && !active) {
    return { listen: () => {}, close: () => {} };
  }
  if (io.terminal && io.level === 'normal') {
    const { liveListener } = await import('../terminal/live.js');
    const live = liveListener(process.stderr, () => io.now().getTime());
    return { listen: live, close: live.close };
  }
  return { listen: lineListener(io.say, io.level), close: () => {} };
}

function latestPolicy({ dating, latest }: BuildInput): BuildRequest['latest'] {
  if (latest) {
    return 'force';
  }
  return dating === 'none' ? 'forward' : 'never';
}

/** `<tree>/<name>.log`, with a number behind the name where another image has that file. */
function logFileOf({ graph }: BuildRequest): (reference: string) => string {
  const files = new Map<string, string>();
  const taken = new Set<string>();
  for (const { reference, rendered } of graph.images) {
    const { tree, name } = rendered.definition;
    const stem = `${folderName(tree.name)}/${name.replaceAll('/', '-')}`;
    let file = `${stem}.log`;
    for (let more = 2; taken.has(file); more++) {
      file = `${stem}.${more}.log`;
    }
    taken.add(file);
    files.set(reference, file);
  }
  return (reference) => files.get(reference) ?? 'other.log';
}

/** A tree that has no name is called after its directory, which may be `../images`. */
function folderName(tree: string): string {
  return tree.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'tree';
}

function writeRecords(
  { reportFile, junitFile }: BuildInput,
  { cwd }: Io,
  recorder: Recorder,
  facts: Parameters<typeof reportDocument>[1],
): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const write = (file: string | undefined, text: () => string): void => {
    if (file === undefined) {
      return;
    }
    const problem = writeFile(resolve(cwd, file), file, text());
    if (problem !== undefined) {
      problems.push(problem);
    }
  };
  write(reportFile, () => `${JSON.stringify(reportDocument(recorder, facts), null, 2)}\n`);
  write(junitFile, () => junit(recorder.records.values()));
  return problems;
}
