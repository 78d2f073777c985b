import { resolve } from 'node:path';
import { detectEngine } from '#adapters/docker/detect.js';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { openDurations } from '#builder/durations/store.js';
import { whyUnwritable, writeFile } from '#core/files/writeFile.js';
import type { Reference } from '#core/reference/brands.js';
import { recipeRemarks } from '#fleet/outdated/recipeText.js';
import { upgradeDocument } from '#fleet/upgrade/document.js';
import type { ChangelogEdit, EditContext } from '#upkeep/update/changelogEdit.js';
import { editContext } from '#upkeep/update/changelogRun.js';
import { reasonProblems } from '#upkeep/update/planUpdate.js';
import { inGit } from '#upkeep/upgrade/committed.js';
import {
  type Bumped,
  firstStep,
  planUpgradeEdits,
  upgradeMessage,
} from '#upkeep/upgrade/planEdits.js';
import { type OpenedBranch, pushCommits } from '#upkeep/upgrade/repository.js';
import { imagesOf, mayBegin, tellLeftOut, writeEdits } from '../changelogRun.js';
import { compileTrees } from '../compileTrees.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import { parse } from '../line/parse.js';
import { sayNext } from '../nextStep.js';
import { type OutdatedFiles, readOutdatedFiles } from '../outdatedIn.js';
import { durationsFile } from '../places.js';
import { isStopped } from '../stopFile.js';
import type { Io } from '../terminal/io.js';
import { unknownLines } from '../terminal/outdatedText.js';
import { report, reportFolded } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import { upgradeMarkdown } from '../terminal/upgradeMarkdown.js';
import { keptBackLines, upgradeLines } from '../terminal/upgradeText.js';
import { branchFor } from '../upgradeBranch.js';
import { UpgradeNotes } from '../upgradeNotes.js';
import { proveReport } from '../upgradeProof.js';
import { joined, type UpgradeRound, upgradeRound } from '../upgradeRound.js';
import { spec as buildSpec } from './build.command.js';
import type { UpgradeInput } from './upgrade.command.js';

/**
 * Gives new versions to the images that newer packages reach. Ends with 1 where images are left out because of changes
 * without a version, where a push was refused, or where something was built in vain; with 3 where an image could not be read.
 */
export function run(input: UpgradeInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => upgrade(input, io, signal));
}

async function upgrade(input: UpgradeInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const files = await readOutdatedFiles(input, io, signal);
  if (typeof files === 'number') {
    return files;
  }
  if (input.prove !== undefined) {
    return proveReport(input.prove, input.json ? 'json' : 'table', input, files, io, signal);
  }
  if (!input.dryRun && isStopped(input.trees, io)) {
    return exit.failed;
  }
  if (!mayBegin(io, input)) {
    return exit.wrong;
  }
  const context = editContext(io);
  const problems = input.reason === undefined ? [] : reasonProblems(input.reason);
  const shown = input.summaryFile;
  const unwritable =
    shown === undefined
      ? []
      : (trackedLink(resolve(io.cwd, shown), shown) ??
        whyUnwritable(resolve(io.cwd, shown), shown) ??
        []);
  if (
    report(io, [...context.diagnostics, ...problems, ...[unwritable].flat()]) ||
    context.value === undefined
  ) {
    return exit.wrong;
  }
  const branch = await branchFor(input, io, signal);
  if (typeof branch === 'number') {
    return branch;
  }
  return new UpgradeRun({ input, files, context: context.value, branch, io, signal }).run();
}

interface RunParts {
  readonly input: UpgradeInput;
  readonly files: OutdatedFiles;
  readonly context: EditContext;
  readonly branch: OpenedBranch | undefined;
  readonly io: Io;
  readonly signal: AbortSignal;
}

class UpgradeRun {
  readonly #parts: RunParts;
  readonly #notes: UpgradeNotes;
  /** By the references that they had before. */
  readonly #bumped = new Set<Reference>();
  #hasUnreleased = false;
  #hasFailed = false;
  /** The worst exit status of what was built. */
  #built: ExitCode = exit.done;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { io } = parts;
    const { durations, problems } = openDurations(durationsFile(io));
    report(io, problems);
    this.#notes = new UpgradeNotes(durations);
  }

  async run(): Promise<ExitCode> {
    const { input, context, io, signal } = this.#parts;
    const first = await this.#round({});
    if (typeof first === 'number') {
      return first;
    }
    reportFolded(io, first.fleet.compiled.diagnostics);
    let last = first;
    const entering = first.plan.images.filter(({ role }) => role === 'entering');
    const isInSteps = input.builds && entering.length + first.plan.unbuilt.length > 0;
    if ((isInSteps || input.publish) && !(await this.#hasEngine())) {
      return signal.aborted ? exit.interrupted : exit.unusable;
    }
    const bumped = isInSteps
      ? firstStep(first.fleet.graph, first.plan.images, context)
      : first.plan.images;
    const wrote = await this.#write(first, bumped);
    if (wrote !== exit.done) {
      return this.#end(last, wrote);
    }
    if (isInSteps) {
      const looked = await this.#buildAndLook(first, bumped);
      if (typeof looked === 'number') {
        return this.#end(last, looked);
      }
      last = joined(first, looked);
      const below = await this.#write(last, looked.plan.images);
      if (below !== exit.done) {
        return this.#end(last, below);
      }
    }
    if (input.publish && !signal.aborted) {
      const published = await this.#publish(last);
      if (published !== exit.done) {
        return this.#end(last, published);
      }
    }
    return this.#end(last, signal.aborted ? exit.interrupted : exit.done);
  }

  async #round(options: { readonly room?: number; readonly only?: 'below' }) {
    const { input, files, context, io, signal } = this.#parts;
    const round = await upgradeRound(input, { files, context, ...options }, io, signal);
    if (typeof round !== 'number') {
      this.#hasFailed ||= round.found.hasFailed;
    }
    return round;
  }

  /** Before anything is written: what cannot be built would only wait. */
  async #hasEngine(): Promise<boolean> {
    const { io, signal } = this.#parts;
    const found = await detectEngine(dockerOf(io), signal);
    if (found.kind === 'unusable') {
      const { diagnostic } = found;
      report(io, [{ ...diagnostic, hint: 'nothing was written; --no-build needs no engine' }]);
    }
    return found.kind === 'found';
  }

  /** Writes the versions of images, and commits and pushes them where that is asked for. */
  async #write(round: UpgradeRound, images: readonly Bumped[]): Promise<ExitCode> {
    const { input, context, branch, io, signal } = this.#parts;
    const { graph } = round.fleet;
    const options = { ...context, ...(input.reason === undefined ? {} : { reason: input.reason }) };
    const { value: edits, diagnostics } = planUpgradeEdits(graph, images, options);
    if (report(io, diagnostics)) {
      return exit.wrong;
    }
    this.#notes.note(round, images, edits);
    for (const { reference } of images) {
      this.#bumped.add(reference);
    }
    if (edits.length === 0) {
      return exit.done;
    }
    const message = upgradeMessage(images, imagesOf(edits), input.reason);
    if (!this.#writeEdits(edits, message, round)) {
      return exit.wrong;
    }
    if (branch?.target === undefined) {
      return exit.done;
    }
    const problem = await pushCommits(branch, signal);
    if (problem !== undefined) {
      report(io, [problem]);
      return signal.aborted ? exit.interrupted : exit.failed;
    }
    io.say(`pushed to ${branch.target.remote}/${branch.target.branch}`);
    return exit.done;
  }

  /** A diff on stdout would be in the way of --json. */
  #writeEdits(edits: readonly ChangelogEdit[], message: string, { left }: UpgradeRound): boolean {
    const { input, io } = this.#parts;
    const quiet = input.json ? { ...io, write: () => {} } : io;
    return writeEdits(quiet, edits, input, message, left.pending);
  }

  /** Builds and tests the entering images, and plans what is below those that have the newer packages. */
  async #buildAndLook(
    first: UpgradeRound,
    bumped: readonly Bumped[],
  ): Promise<UpgradeRound | ExitCode> {
    const { io, signal } = this.#parts;
    const names = [...bumped.map(({ reference }) => reference), ...first.plan.unbuilt].map(
      (reference) => first.fleet.graph.byReference.get(reference)?.rendered.definition.repository,
    );
    const wanted = names.flatMap((name) => name ?? []);
    io.say(`building ${wanted.length} ${wanted.length === 1 ? 'image' : 'images'} to look at`);
    const code = await this.#build(wanted, ['--no-publish']);
    if (signal.aborted) {
      return exit.interrupted;
    }
    // What failed is not there, so that what is below waits; the others go on.
    if (code !== exit.done && code !== exit.failed) {
      return code;
    }
    this.#built = code;
    const room = this.#room(first, bumped.length);
    const round = await this.#round({ ...(room === undefined ? {} : { room }), only: 'below' });
    if (typeof round === 'number') {
      return round;
    }
    const built = new Set(wanted);
    const vain = round.plan.notCured.filter(({ update, because }) => {
      const { byReference } = round.fleet.graph;
      const image = byReference.get(update.enters.reference as Reference);
      const repository = image?.rendered.definition.repository;
      return because.kind === 'tried' && repository !== undefined && built.has(repository);
    });
    for (const { update } of vain) {
      const { enters, name, installed } = update;
      io.say(`${enters.reference} was built and still has ${name} ${installed}`);
    }
    if (vain.length > 0) {
      this.#built = exit.failed;
    }
    return round;
  }

  #room(first: UpgradeRound, taken: number): number | undefined {
    return first.most === Number.POSITIVE_INFINITY ? undefined : Math.max(0, first.most - taken);
  }

  /** Builds, tests and publishes exactly the images whose version was made by an upgrade and is pushed. */
  async #publish(last: UpgradeRound): Promise<ExitCode> {
    const { input, files, branch, io, signal } = this.#parts;
    const repositoryOf = (reference: Reference) =>
      last.fleet.graph.byReference.get(reference)?.rendered.definition.repository;
    const { selected } = last.fleet.compiled;
    const pending = [...last.pending, ...last.owing].filter((reference) => selected.has(reference));
    const names = new Set([...pending, ...this.#bumped].map(repositoryOf));
    // As they are after the last commit.
    const compiled = compileTrees({ ...input, words: 'images', named: 'shown' }, io);
    if (compiled === undefined) {
      return exit.wrong;
    }
    const images = compiled.graph.images.filter(({ rendered }) =>
      names.has(rendered.definition.repository),
    );
    const isPublished = (reference: Reference) =>
      last.fleet.prepared.facts.get(reference)?.registry.kind === 'published';
    const chosen = inGit(compiled.graph, images, branch?.root ?? '', isPublished);
    for (const [reference, culprit] of chosen.others) {
      const what = reference === culprit ? 'it' : culprit;
      io.say(`${reference} is not published: ${what} has changes that are not committed`);
    }
    const wanted = chosen.images.map(({ repository }) => repository);
    if (wanted.length === 0) {
      io.say('nothing to publish');
      return exit.done;
    }
    const { recordFile } = input;
    const record = recordFile === undefined ? [] : ['--report', recordFile];
    const code = await this.#build(wanted, ['--publish', '--gate', ...record]);
    if (signal.aborted) {
      return exit.interrupted;
    }
    const isThere = recordFile !== undefined && (code === exit.done || code === exit.failed);
    const proven = isThere
      ? await proveReport(recordFile, 'file', input, files, io, signal)
      : exit.done;
    return code === exit.done ? proven : code;
  }

  /** As `build` does it, with the trees of this command line. */
  async #build(names: readonly string[], options: readonly string[]): Promise<ExitCode> {
    const { input, io } = this.#parts;
    const select = names.flatMap((name) => ['--select', name]);
    const line = parse(buildSpec, [...options, ...input.secretWords, ...select]);
    if (line.kind !== 'parsed') {
      throw new Error(`build does not take ${options.join(' ')}`);
    }
    const { run: build } = await import('./build.js');
    return build({ ...buildSpec.read(line.parsed), trees: input.trees }, io);
  }

  #end(round: UpgradeRound, code: ExitCode): ExitCode {
    const { input, branch, io } = this.#parts;
    this.#hasUnreleased = tellLeftOut(io, round.left);
    const record = this.#notes.record(round, {
      isDryRun: input.dryRun,
      ...(branch === undefined ? {} : { branch: branch.branch }),
      ...(branch?.target === undefined
        ? {}
        : { pushedTo: `${branch.target.remote}/${branch.target.branch}` }),
    });
    const nameOf = this.#notes.nameOf(round);
    const lines = [
      ...upgradeLines(record.plan, nameOf),
      ...recipeRemarks(round.found.result.updates, nameOf),
      ...keptBackLines(round.found.result, nameOf),
      ...unknownLines(round.found.result.images, nameOf),
    ];
    for (const line of lines) {
      io.say(line);
    }
    if (input.json) {
      io.write(`${JSON.stringify(upgradeDocument(record), null, 2)}\n`);
    }
    const { images } = round.found.result;
    const unknown = images.filter(({ verdict }) => verdict === 'unknown').length;
    if (record.images.length === 0) {
      io.say(
        unknown === 0
          ? 'no image needs a new version'
          : `no image is known to need a new version; ${unknown} unknown`,
      );
    }
    const written = this.#writeSummary(round);
    if (code === exit.done && record.images.length > 0 && !input.dryRun && !input.publish) {
      sayNext(io, 'build --publish', input.trees, input.commit ? '' : 'git diff, and ');
    }
    if (code !== exit.done) {
      return code;
    }
    if (!written) {
      return exit.wrong;
    }
    if (this.#hasUnreleased || this.#built !== exit.done) {
      return exit.failed;
    }
    // As where no archive answers: a job that never does anything must not look like one that has nothing to do.
    const isBlind = unknown > 0 && unknown === images.length;
    return this.#hasFailed || isBlind ? exit.unusable : exit.done;
  }

  #writeSummary(round: UpgradeRound): boolean {
    const { input, io } = this.#parts;
    const { summaryFile: shown } = input;
    if (shown === undefined) {
      return true;
    }
    const { record, others } = this.#notes.forOthers(round);
    const text = upgradeMarkdown(record, others);
    const problem = writeFile(resolve(io.cwd, shown), shown, text);
    return !report(io, problem === undefined ? [] : [problem]);
  }
}
