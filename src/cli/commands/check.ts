import { realpathSync } from 'node:fs';
import { nearestWorkTree } from '#adapters/git/ask.js';
import { withContexts } from '#compiler/checkedGraph.js';
import { withGraph } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { blubberOf } from '#compiler/definitions/definition.js';
import { soundPlan } from '#compiler/plan/soundPlan.js';
import { policyFindings } from '#compiler/policy/findings.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { findingsOf } from '#compiler/rules/imageRules.js';
import { withLevels } from '#compiler/rules/levels.js';
import { versionFindings } from '#compiler/rules/versionRules.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { countDiagnostics, sortDiagnostics } from '#core/diagnostics/format.js';
import { rememberDirectories } from '#core/files/directories.js';
import { brokenReport } from '../broken.js';
import { compileTrees } from '../compileTrees.js';
import { sayDriftBefore } from '../driftBefore.js';
import { type ExitCode, exit } from '../exit.js';
import { checkDocument } from '../findings/document.js';
import type { Findings } from '../findings/findings.js';
import { githubCommands } from '../findings/github.js';
import { gitlabReport } from '../findings/gitlab.js';
import { sarifLog } from '../findings/sarif.js';
import { type LintedImages, lintWith } from '../lintWith.js';
import { findingsFrom, policyFrom, sourcesFrom } from '../policyFrom.js';
import type { Io } from '../terminal/io.js';
import { report } from '../terminal/report.js';
import { withSignals } from '../terminal/signals.js';
import type { CheckFormat, CheckInput } from './check.command.js';

/**
 * Says all that `plan` would find, and what the rules of `check` find, and makes nothing: reads files alone, no registry,
 * no engine, unless `--with` names what is asked. Ends with 1 where something is an error, with 2 where the whole is wrong.
 */
export function run(input: CheckInput, io: Io): Promise<ExitCode> {
  return input.with.length === 0
    ? write(input, io, new AbortController().signal)
    : withSignals((signal) => write(input, io, signal));
}

async function write(input: CheckInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  if (input.format === 'text') {
    return (await check(input, io, signal)).code;
  }
  const found: Diagnostic[] = [];
  const heard: Io = {
    ...io,
    raw: () => {},
    hear: (some) => {
      io.hear?.(some);
      found.push(...some);
    },
  };
  const { code, images, policy } = await check(input, heard, signal);
  if (code === exit.interrupted) {
    return code;
  }
  const cwd = realpathSync(io.cwd);
  const top = nearestWorkTree(cwd) ?? cwd;
  io.write(writers[input.format]({ found, images, cwd, top, ...(policy && { policy }) }));
  return code;
}

/** What other linters read. */
function isOfDockerfile({ rendered }: ResolvedImage): boolean {
  return blubberOf(rendered.definition) === undefined;
}

const writers: Readonly<Record<Exclude<CheckFormat, 'text'>, (findings: Findings) => string>> = {
  json: checkDocument,
  sarif: sarifLog,
  github: githubCommands,
  gitlab: gitlabReport,
};

interface Checked {
  readonly code: ExitCode;
  readonly images: number;
  /** With `--policy-from`: which one counts. */
  readonly policy?: Findings['policy'];
}

async function check(input: CheckInput, io: Io, signal: AbortSignal): Promise<Checked> {
  const list = rememberDirectories();
  const compiled = compileTrees({ ...input, words: 'images', list }, io);
  if (compiled === undefined) {
    return { code: exit.wrong, images: 0 };
  }
  const { graph: whole, selected, workspace } = compiled;
  const read =
    input.policyFrom === undefined
      ? undefined
      : policyFrom(input.policyFrom, input.trees, workspace.variables, io);
  if (read?.kind === 'refused') {
    report(io, [read.problem]);
    return { code: exit.wrong, images: 0 };
  }
  const from = read?.from;
  if (from !== undefined) {
    io.say(`policy: ${from.file} (${from.commit.slice(0, 12)})`);
  }
  const contexts = new Contexts(io.cwd, list);
  const checked = { ...compiled, ...withGraph(compiled, withContexts(whole, selected, contexts)) };
  const references = checked.graph.images.map(({ reference }) => reference);
  const sound = new Set(references.filter((reference) => selected.has(reference)));
  const { plan, graph, leftOut } = soundPlan(checked.graph, sound, {
    context: contexts.of,
    outside: new Map(),
    rebuildKey: '',
    waveSize: 0,
    pull: false,
    proxyCredentials: 'refuse',
    pushesTags: true,
    // What a printed plan cannot hold, `build` can.
    converts: true,
  });
  const now = io.now();
  const broken = brokenReport(checked, now, graph, leftOut);
  const images = graph.images.filter(({ reference }) => selected.has(reference));
  const { owners, since } = compiled;
  for (const { rendered } of images) {
    owners.of(rendered.definition);
  }
  const rules = findingsOf({ graph, images, contexts, owners, now });
  const versions = since === undefined ? [] : versionFindings(images, since.changes);
  const all = [
    ...compiled.diagnostics,
    ...contexts.diagnostics,
    ...plan.diagnostics,
    ...broken.diagnostics,
    ...owners.takeWarnings(),
    ...rules,
    // The blocks of a changelog say it themselves.
    ...versions.filter(
      (one) => one.code !== 'version-lower' || !rules.some((other) => isOfOneFile(one, other)),
    ),
  ];
  const linted: LintedImages =
    input.with.length === 0
      ? { kind: 'done', found: [] }
      : await lintWith(input.with, images.filter(isOfDockerfile), io, signal);
  if (linted.kind === 'cancelled') {
    return { code: exit.interrupted, images: 0 };
  }
  const others = linted.kind === 'done' ? linted.found : [linted.problem];
  const ofPolicy = (
    some: readonly ResolvedImage[],
    ofSettings: readonly ResolvedImage[] = [],
  ): readonly Diagnostic[] =>
    from === undefined
      ? withLevels(
          policyFindings({ policy: workspace.policy, graph, images: some, ofSettings, now }),
          workspace.trees,
        )
      : findingsFrom(
          from,
          { graph, images: some, ofSettings, now },
          workspace.trees,
          workspace.policy,
        );
  const rest = graph.images.filter(({ reference }) => !selected.has(reference));
  const policyOfRest = since === undefined ? [] : ofPolicy(rest);
  const ofSettings = graph.images.filter(({ reference }) => since?.otherSettings.has(reference));
  const sources = from === undefined ? [] : sourcesFrom(from, workspace, graph.images);
  const found = [
    ...withLevels(all, workspace.trees),
    ...ofPolicy(images, ofSettings),
    ...policyOfRest.filter((one) => isInDockerfiles(one, images)),
    ...sources,
    ...others,
  ];
  const isWrong = report(io, found);
  const count = checked.broken.selected.length + sound.size;
  if (found.length === 0) {
    io.say(`${count} image${count === 1 ? '' : 's'}: no problems`);
  }
  if (since !== undefined) {
    const warnings = rest.flatMap((image) => image.warnings ?? []);
    const ofRest = findingsOf({ graph, images: rest, contexts, owners, now });
    const levelled = withLevels([...warnings, ...ofRest], workspace.trees);
    sayOthers(io, found, [...levelled, ...policyOfRest]);
    sayDriftBefore(since, graph.images, contexts, io);
  }
  if (linted.kind === 'unusable') {
    return { code: exit.unusable, images: count };
  }
  const isFailed = isWrong || broken.isPartial || (input.failOnWarnings && found.length > 0);
  const policy = from && { policy: { file: from.file, commit: from.commit } };
  return { code: isFailed ? exit.failed : exit.done, images: count, ...policy };
}

/** Whether this is where images say it, though others are meant: their ONBUILDs run in these. */
function isInDockerfiles({ place }: Diagnostic, images: readonly ResolvedImage[]): boolean {
  return images.some(({ rendered }) => rendered.definition.dockerfile.file === place?.file);
}

function isOfOneFile(one: Diagnostic, other: Diagnostic): boolean {
  return one.code === other.code && one.place?.file === other.place?.file;
}

/** Of the images that a change does not touch only the number of findings is said: they are not its own. */
function sayOthers(io: Io, shown: readonly Diagnostic[], others: readonly Diagnostic[]): void {
  const told = sortDiagnostics(shown);
  const all = sortDiagnostics([...told, ...others]);
  const left = all.filter((one) => !told.includes(one));
  if (left.length > 0) {
    io.say(`${countDiagnostics(left)} in other images (generate-bake check shows them)`);
  }
}
