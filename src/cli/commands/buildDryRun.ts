import { type DryRunEnding, dryRunPipeline } from '#builder/pipeline.js';
import { approximate } from '#builder/report/time.js';
import type { BuildRequest } from '#builder/request.js';
import type { BrokenNode } from '#compiler/resolve/graph.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { statusDocument } from '#fleet/status/document.js';
import { shown, statusLine } from '#fleet/status/summary.js';
import { type ExitCode, exit } from '../exit.js';
import { forecastText } from '../terminal/forecastText.js';
import { hintLines, isUnusable } from '../terminal/hints.js';
import type { Io } from '../terminal/io.js';
import { keptNames } from '../terminal/keptNames.js';
import { report, reportFolded } from '../terminal/report.js';
import { lackingCount, reportStopped } from '../terminal/stopped.js';
import type { BuildInput } from './build.command.js';
import { driftedCount, endedEarly, reportDrift } from './buildReporting.js';

type Planned = Extract<DryRunEnding, { kind: 'planned' }>;

/** Says what a build would do (--dry-run), as data with --json, or prints its bake files (--print). */
export async function dryRunBuild(
  request: BuildRequest,
  broken: readonly BrokenNode[],
  input: BuildInput,
  io: Io,
): Promise<ExitCode> {
  const ending = await dryRunPipeline(request, {
    diagnostics: (found) => report(io, found),
    definitions: (found) => reportFolded(io, found),
    info: io.info,
  });
  if (ending.kind !== 'planned') {
    return endedEarly(ending, io);
  }
  const { failed, skipped, decisions } = ending;
  const { graph, selected } = request;
  const seen = shown(decisions, selected);
  if (input.dryRun === 'print') {
    printPlans(ending, io);
  } else if (input.json) {
    io.write(`${JSON.stringify(statusDocument(graph, seen, broken), null, 2)}\n`);
  } else if (!input.quiet || isActive(ending)) {
    const forced = request.latest === 'force';
    const references = graph.images.map(({ reference }) => reference);
    const screen = { references, width: io.outWidth() };
    io.write(forecastText(ending.forecast, { ...ending, forced }, screen));
  }
  report(io, tellBroken(graph, broken));
  if (input.dryRun === 'print') {
    reportStopped(decisions, io);
  }
  report(io, failed);
  for (const reference of skipped) {
    io.say(`${reference}: not built: an image that it is built on cannot be planned`);
  }
  if (!input.quiet || isActive(ending)) {
    for (const line of keptNames(ending.kept)) {
      io.say(line);
    }
    for (const line of lastLines(ending, input, statusLine(seen))) {
      io.say(line);
    }
  }
  for (const hint of input.dryRun === 'print' ? [] : hintLines(seen)) {
    io.say(hint);
  }
  const drifted = input.failOnDrift ? driftedCount(decisions, selected) : 0;
  if (drifted > 0) {
    reportDrift(drifted, io);
  }
  const lacking = broken.length + lackingCount(decisions) + failed.length + drifted;
  if (lacking > 0) {
    return exit.failed;
  }
  return decisions.some(isUnusable) ? exit.unusable : exit.done;
}

function printPlans({ plans }: Planned, io: Io): void {
  for (const plan of plans) {
    io.write(plan.endsWith('\n') ? plan : `${plan}\n`);
  }
}

/** Whether a build would do something, or could not do what it should. */
function isActive({ forecast, kept: names }: Planned): boolean {
  const { built, finished, tagged, stopped, kept, latestHeld, unpublished } = forecast;
  const isHeld = kept.some(({ hold, heldBack }) => (hold ?? heldBack) !== undefined);
  const isLeft = isHeld || unpublished.size > 0 || names.size > 0;
  return isLeft || [built, finished, tagged, stopped, latestHeld].some(({ length }) => length > 0);
}

/** A run that is shorter than this, in milliseconds, nobody has to plan for. */
const leastTold = 10_000;

function lastLines(ending: Planned, { dryRun }: BuildInput, counts: string): readonly string[] {
  const { plans, forecast, kept, milliseconds } = ending;
  if (dryRun === 'print') {
    const calls = `${plans.length} bake call${plans.length === 1 ? '' : 's'}`;
    return [plans.length === 0 ? 'nothing to build' : calls];
  }
  const { built, finished, tagged } = forecast;
  const isLong = milliseconds !== undefined && milliseconds >= leastTold;
  const does = kept.size > 0 || [built, finished, tagged].some((group) => group.length > 0);
  return [
    ...(isLong ? [`it would take about ${approximate(milliseconds)} by earlier runs`] : []),
    `${counts}; nothing was changed (--dry-run)`,
    ...(does
      ? ['next: the same command without --dry-run; with --print it shows the bake files']
      : []),
  ];
}
