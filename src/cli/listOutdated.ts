import { resolve } from 'node:path';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import { error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readText } from '#core/files/readBytes.js';
import { ruleText } from '#upkeep/prune/judge.js';
import { type KeepLine, readKeepFile } from '#upkeep/prune/keepFile.js';
import { outdatedTags } from '#upkeep/prune/outdatedTags.js';
import type { CompiledTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import { registriesOf } from './openRegistries.js';
import { registryCache } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { shownNames } from './terminal/shownNames.js';
import { type Column, table } from './terminal/table.js';

export interface ListOutdatedInput {
  /** How many versions stay beside the current one. */
  readonly keep: number;
  readonly nightly?: string;
  readonly keepYoungerMs?: number;
  readonly keepFile?: string;
  readonly credentials: CredentialUse;
}

const columns: readonly Column[] = [
  { head: 'TAG', wraps: true },
  { head: 'MADE', leaves: 1 },
  { head: 'VERDICT' },
  { head: 'RULE', least: 16 },
];

/**
 * Prints every tag of the selected repositories with the rule that decided about it. 3 where a
 * repository's tags cannot be listed.
 */
export async function listOutdated(
  input: ListOutdatedInput,
  { graph, selected, workspace }: CompiledTrees,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const keep = keepLines(input.keepFile, io);
  if (report(io, keep.diagnostics)) {
    return exit.wrong;
  }
  const registries = await registriesOf(workspace.trees, 'never', input.credentials, io, signal);
  if (registries === undefined) {
    return signal.aborted ? exit.interrupted : exit.wrong;
  }
  const { accesses } = registries;
  if (accesses.size === 0) {
    const hint = 'set registry in the configuration of a tree';
    report(io, [error('no-registry', 'no tree has a registry, so nothing is published', { hint })]);
    return exit.wrong;
  }
  const cache = registryCache(io);
  const common = { graph, selected, accesses, cache, now: io.now(), signal };
  const { tags, problems } = await outdatedTags({ ...input, ...common, keepLines: keep.value });
  if (signal.aborted) {
    return exit.interrupted;
  }
  report(io, problems);
  const width = io.outWidth();
  const { short, heading } = shownNames(
    tags.map(({ repository, tag }) => `${repository}:${tag}`),
    width,
  );
  const rows = tags.map(({ repository, tag, created, rule }) => [
    short(`${repository}:${tag}`),
    dateOf(created),
    rule.kind === 'outdated' ? 'outdated' : 'keep',
    ruleText(rule),
  ]);
  io.write(heading + table(columns, rows, width));
  const outdated = tags.filter(({ rule }) => rule.kind === 'outdated').length;
  io.say(`${tags.length} tags, ${outdated} of them outdated; nothing was removed`);
  return problems.length > 0 ? exit.unusable : exit.done;
}

function dateOf(time: number | undefined): string {
  return time === undefined ? '-' : new Date(time).toISOString().slice(0, 10);
}

function keepLines(file: string | undefined, io: Io): Outcome<readonly KeepLine[]> {
  if (file === undefined) {
    return { value: [], diagnostics: [] };
  }
  try {
    return readKeepFile(file, readText(resolve(io.cwd, file)));
  } catch (cause) {
    const problem = error('keep-file-unreadable', `${file} cannot be read: it ${whyNot(cause)}`);
    return { value: [], diagnostics: [problem] };
  }
}
