import { resolve } from 'node:path';
import { type Revision, revisionOf } from '#adapters/git/revision.js';
import type { SignsOfLife } from '#adapters/registry/waits.js';
import type { BuildEnding } from '#builder/execute.js';
import { expectedRun } from '#builder/expectedRun.js';
import type { OpenedRun } from '#builder/opened.js';
import type { PipelineEnding } from '#builder/pipeline.js';
import { criticalPath } from '#builder/report/criticalPath.js';
import { type RunFacts, reportDocument } from '#builder/report/document.js';
import type { BuildEvent, Listener } from '#builder/report/event.js';
import { writeReports } from '#builder/report/files.js';
import { logFileOf } from '#builder/report/logFile.js';
import { ImageLogs } from '#builder/report/logs.js';
import type { MetricsInput } from '#builder/report/metrics.js';
import { type ImageRecord, knownBefore, Recorder } from '#builder/report/record.js';
import { type EventStream, type StreamCounts, streamCounts } from '#builder/report/stream.js';
import { unpublishedFor } from '#builder/unpublished.js';
import { leftForEngine } from '#builder/withoutEngine.js';
import { findOwners } from '#compiler/owners/owners.js';
import type { BrokenNode } from '#compiler/resolve/graph.js';
import { reasonOf, tellBroken } from '#compiler/tellBroken.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { writeFile } from '#core/files/writeFile.js';
import type { Reference } from '#core/reference/brands.js';
import type { Decision } from '#fleet/status/decide.js';
import { type ExitCode, exit } from '../exit.js';
import { logDirectory } from '../places.js';
import { writeSummary } from '../stepSummary.js';
import { unpublishedLines } from '../terminal/hints.js';
import { imagesTable } from '../terminal/imagesTable.js';
import type { Io } from '../terminal/io.js';
import { lastScreen, type RunEnd, type Screen } from '../terminal/lastScreen.js';
import { report } from '../terminal/report.js';
import { statusTable } from '../terminal/statusTable.js';
import { lackingCount, reportStopped } from '../terminal/stopped.js';
import type { BuildInput } from './build.command.js';
import { type View, viewOf } from './buildView.js';

/** What a run shows while it continues, and what it leaves: logs, a summary, reports. */
export class Reporting {
  readonly #input: BuildInput;
  readonly #broken: readonly BrokenNode[];
  readonly #io: Io;
  readonly #signal: AbortSignal;
  readonly #stream: EventStream | undefined;
  #run: Run | undefined;
  #owed: number | undefined;

  constructor(
    input: BuildInput,
    broken: readonly BrokenNode[],
    io: Io,
    { signal, stream }: { readonly signal: AbortSignal; readonly stream: EventStream | undefined },
  ) {
    this.#input = input;
    this.#broken = broken;
    this.#io = io;
    this.#signal = signal;
    this.#stream = stream;
  }

  /** How many images ended how, for the stream. */
  counts(): StreamCounts {
    const records = this.#run?.recorder.records.values() ?? [];
    return streamCounts(records, this.#run?.stopped ?? 0, unnamedOnes(this.#broken).length);
  }

  /** What is known of each image; nothing where the run ended before. */
  images(): Pick<MetricsInput, 'images' | 'owed' | 'unnamed'> {
    const unnamed = unnamedOnes(this.#broken).length;
    const owed = this.#owed === undefined ? {} : { owed: this.#owed };
    return this.#run === undefined
      ? { unnamed }
      : { images: [...this.#run.recorder.records.values()], ...owed, unnamed };
  }

  async begin(
    decisions: readonly Decision[],
    build: OpenedRun,
    signs: SignsOfLife,
  ): Promise<Listener> {
    const io = this.#io;
    report(io, tellBroken(build.request.graph, this.#broken));
    const failing = this.#broken.length;
    const active =
      failing > 0 ||
      decisions.some(
        ({ action, owed }) => (action !== 'skip' && action !== 'use') || owed !== undefined,
      );
    this.#stream?.decided(decisions);
    const stopped = reportStopped(decisions, io);
    const { byReference } = build.request.graph;
    // What is wrong with CODEOWNERS is reported by what asks for owners, and not by each build.
    const owners = findOwners();
    const recorder = new Recorder(
      decisions.map((decision) => {
        const image = byReference.get(decision.reference);
        return knownBefore(decision, image && owners.of(image.rendered.definition)?.text);
      }),
      () => io.now().getTime(),
    );
    const expected = expectedRun(build, decisions);
    const view = await viewOf(this.#input, io, { active, expected, signal: this.#signal });
    if (view.signs !== undefined) {
      signs.listener([]);
      signs.listener = view.signs;
    }
    const places = { ...logDirectory(io), fileOf: logFileOf(build.request) };
    const logs = new ImageLogs(places, (cause) => {
      const message = `no more logs are written: ${places.directory} ${whyNot(cause)}`;
      view.listen({ kind: 'warning', message });
    });
    const lacking = failing + lackingCount(decisions);
    const drifted = this.#input.failOnDrift ? driftedCount(decisions, build.request.selected) : 0;
    const told = toldBefore(decisions);
    const unasked = decisions.filter(({ isUnasked }) => isUnasked).length;
    const known = { active, lacking, stopped, unasked, drifted, told };
    const { reportFile, pageFile } = this.#input;
    const revision = (reportFile ?? pageFile) === undefined ? undefined : revisionOf(io.cwd);
    this.#run = {
      started: io.now(),
      ...(revision && { revision }),
      ...known,
      recorder,
      view,
      logs,
      build,
    };
    return (event) => {
      recorder.listen(event);
      logs.listen(event);
      this.#stream?.listen(event);
      if (!isTold(event, told)) {
        view.listen(event);
      }
    };
  }

  async end(ending: PipelineEnding): Promise<ExitCode> {
    const io = this.#io;
    const run = this.#run;
    if (run === undefined) {
      if (ending.kind === 'cancelled') {
        io.say('interrupted: nothing was built');
      }
      return ending.kind === 'finished' ? exit.done : endedEarly(ending, io);
    }
    const { recorder, view, logs, active, lacking, stopped } = run;
    this.#owed = ending.kind === 'finished' ? ending.latestFailed : undefined;
    view.close();
    logs.close();
    const records = [...recorder.records.values()];
    for (const record of records) {
      if (logs.has(record.reference)) {
        record.log = logs.pathOf(record.reference);
      }
    }
    const failures = records.filter(({ ending: how }) => how === 'failed');
    const failed = lacking > 0 || failures.some(({ during }) => during !== 'base');
    const waiting = records.some(({ awaits }) => awaits !== undefined);
    const left = lacksEngine(run.build) ? leftForEngine(records) : undefined;
    // A base that cannot be had is a registry that cannot be used, for what is built on it.
    const unasked = stopped + run.unasked + (failures.length > 0 ? 1 : 0) + (left?.count ?? 0);
    const code =
      ending.kind === 'finished'
        ? finishedCode(ending, failed || waiting || run.drifted > 0, unasked)
        : endedEarly(ending, io);
    const isIdle = !active && recorder.names.length === 0;
    const isUnsaid = this.#input.quiet && (this.#input.json || (isIdle && code === exit.done));
    if (isUnsaid) {
      for (const line of unpublishedLines(unpublishedFor(run.build, builtOnly(records)))) {
        io.say(line);
      }
    } else {
      for (const line of view.held) {
        io.say(line);
      }
      if (io.level !== 'normal') {
        io.raw(imagesTable(records, io.errWidth()));
      }
      for (const line of lastScreen(this.#runEnd(run, records, ending), screenOf(io))) {
        io.raw(`${line}\n`);
      }
    }
    if (run.drifted > 0 && ending.kind === 'finished') {
      reportDrift(run.drifted, io);
    }
    const facts = { ...factsOf(run, ending, code, io), unnamed: unnamedOnes(this.#broken) };
    report(io, writeSummary(this.#input.summaryFile, recorder.records.values(), facts, io));
    const problems = [
      ...writeReports(this.#input, io.cwd, recorder, facts),
      ...(await this.#writePage(recorder, facts)),
    ];
    return report(io, problems) && code === exit.done ? exit.wrong : code;
  }

  async #writePage(recorder: Recorder, facts: RunFacts): Promise<readonly Diagnostic[]> {
    const { pageFile } = this.#input;
    if (pageFile === undefined) {
      return [];
    }
    const [{ pageOf }, { renderShipped }] = await Promise.all([
      import('#builder/report/page/page.js'),
      import('#jinja/index.js'),
    ]);
    const { directory } = logDirectory(this.#io);
    const document = reportDocument(recorder, facts);
    const { html } = await pageOf(document, { directory, moved: false }, renderShipped);
    const problem = writeFile(resolve(this.#io.cwd, pageFile), pageFile, html);
    return problem === undefined ? [] : [problem];
  }

  #runEnd(
    { started, stopped, recorder, build, told }: Run,
    records: readonly ImageRecord[],
    ending: PipelineEnding,
  ): RunEnd {
    const isIdle =
      recorder.latest.length === 0 &&
      recorder.names.length === 0 &&
      records.every(({ ending, reference }) => ending === 'untouched' || told.has(reference));
    return {
      records,
      stopped,
      ...(isIdle ? { told } : {}),
      unpublished: unpublishedFor(build, builtOnly(records)),
      latestMoved: recorder.latest.length,
      namesPut: recorder.names.length,
      milliseconds: this.#io.now().getTime() - started.getTime(),
      criticalPath: criticalPath(recorder.records),
      interrupted: ending.kind === 'cancelled',
      isLastJob: build.request.job?.name === 'publish',
      ...(lacksEngine(build) ? { leftForEngine: leftForEngine(records).what } : {}),
      directory: this.#io.cwd,
    };
  }
}

function lacksEngine({ opened }: OpenedRun): boolean {
  return opened?.withoutEngine !== undefined;
}

/** What `reportFailing` and `reportStopped` say of images before anything is built. */
function toldBefore(decisions: readonly Decision[]): ReadonlySet<string> {
  const isLeft = ({ action, lost }: Decision): boolean =>
    action === 'fail' || action === 'blocked' || action === 'held' || lost !== undefined;
  return new Set(decisions.filter(isLeft).map(({ reference }) => reference));
}

function isTold(event: BuildEvent, told: ReadonlySet<string>): boolean {
  const isDefinition = event.kind === 'image-failed' && event.during === 'definition';
  return (isDefinition || event.kind === 'image-skipped') && told.has(event.reference);
}

/** What is built, now or before, passed, and was not pushed, neither to its place nor to staging. */
function builtOnly(records: readonly ImageRecord[]): readonly Reference[] {
  return records
    .filter(
      ({ ending, state, staged }) =>
        staged === undefined &&
        (ending === 'built' || (ending === 'untouched' && state === 'local')),
    )
    .map(({ reference }) => reference);
}

function screenOf({ terminal, size, paint }: Io): Screen {
  return { paint, ...(terminal ? { columns: size().columns } : {}) };
}

/** Broken images without a reference, which no record can be of. */
function unnamedOnes(broken: readonly BrokenNode[]): RunFacts['unnamed'] {
  return broken.flatMap(({ image }) =>
    image.reference === undefined
      ? [
          {
            ...(image.tree.config.private?.value === true ? { private: true as const } : {}),
            tree: image.tree.name,
            path: image.shown,
            reason: reasonOf(image),
          },
        ]
      : [],
  );
}

interface Run {
  readonly started: Date;
  readonly revision?: Revision;
  /** Whether anything is built or published. */
  readonly active: boolean;
  /** What is not built for a reason that was reported before the run. */
  readonly told: ReadonlySet<string>;
  /** How many images are not built since a definition is broken, or a version lost. */
  readonly lacking: number;
  /** How many selected images have drifted, where that is to fail. */
  readonly drifted: number;
  /** How many images are not built since their state is not known. */
  readonly stopped: number;
  /** How many images are not published since their registry could not be asked. */
  readonly unasked: number;
  readonly recorder: Recorder;
  readonly view: View;
  readonly logs: ImageLogs;
  readonly build: OpenedRun;
}

function factsOf(
  { started, build, revision }: Run,
  ending: PipelineEnding,
  exitCode: ExitCode,
  io: Io,
) {
  const engine = build.opened?.engine;
  return {
    started: started.toISOString(),
    ended: io.now().toISOString(),
    exitCode,
    interrupted: ending.kind === 'cancelled',
    ...(engine && {
      engine: {
        ...(engine.dockerVersion === undefined ? {} : { docker: engine.dockerVersion }),
        buildx: engine.buildxVersion,
        builder: engine.builder.name,
      },
    }),
    rebuildKey: build.rebuildKey ?? '',
    ...(revision && { revision }),
  };
}

function finishedCode(
  { latestFailed, unread = 0 }: Extract<BuildEnding, { kind: 'finished' }>,
  failed: boolean,
  stopped: number,
): ExitCode {
  if (failed) {
    return exit.failed;
  }
  return stopped + latestFailed + unread > 0 ? exit.unusable : exit.done;
}

/** How many selected images are left as they are although their definition has changed. */
export function driftedCount(
  decisions: readonly Decision[],
  selected: ReadonlySet<Reference>,
): number {
  return decisions.filter(
    ({ reference, state, action }) =>
      state === 'drifted' && action !== 'build' && selected.has(reference),
  ).length;
}

/** Says why a run in which all went well ends with 1. */
export function reportDrift(count: number, io: Io): void {
  const what = count === 1 ? '1 image has' : `${count} images have`;
  report(io, [
    error('drifted', `${what} changed without a new version (--fail-on-drift)`, {
      hint: 'generate-bake update NAME gives an image a new version',
    }),
  ]);
}

/** The exit status of a build that nothing came of, with the reasons reported. */
export function endedEarly(
  ending: Exclude<PipelineEnding, { kind: 'finished' }>,
  io: Io,
): ExitCode {
  switch (ending.kind) {
    case 'cancelled':
      return exit.interrupted;
    case 'failed':
      report(io, ending.diagnostics);
      return exit.failed;
    case 'too-many': {
      const { most, building } = ending;
      const rows = building.map((decision) => ({ decision }));
      const references = building.map(({ reference }) => reference);
      io.raw(statusTable(rows, references, io.errWidth()));
      const message = `${building.length} images would be built: --max-images allows ${most}`;
      const hint = 'nothing was built; raise --max-images, or select fewer images';
      report(io, [error('too-many-images', message, { hint })]);
      return exit.failed;
    }
    case 'wrong':
      report(io, ending.diagnostics);
      return exit.wrong;
    case 'unusable':
      report(io, ending.diagnostics);
      return exit.unusable;
  }
}
