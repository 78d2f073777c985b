import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Registry } from '#adapters/registry/registry.js';
import { error, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { judge, ruleText } from '#upkeep/prune/judge.js';
import { type KeepLine, readKeepFile } from '#upkeep/prune/keepFile.js';
import { readTags } from '#upkeep/prune/registryTags.js';
import type { CompiledTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import { registriesOf } from './openRegistries.js';
import { registryCache } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { table } from './terminal/table.js';

export interface ListOutdatedInput {
  /** So many versions stay beside the current one. */
  readonly keep: number;
  readonly nightly?: string;
  readonly keepYoungerMs?: number;
  readonly keepFile?: string;
}

/**
 * Lists every tag of the selected repositories on stdout with the rule that decided about it;
 * nothing in a registry is changed. 3 where a repository's tags cannot be listed.
 */
export async function listOutdated(
  input: ListOutdatedInput,
  { graph, selected, workspace }: CompiledTrees,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const keep = keepLines(input.keepFile, io);
  if (report(io, keep.diagnostics) || hasErrors(keep.diagnostics)) {
    return exit.wrong;
  }
  const registries = await registriesOf(workspace.trees, 'never', io);
  if (registries === undefined) {
    return exit.wrong;
  }
  if (registries.accesses.size === 0) {
    const hint = 'set registry in the configuration of a tree';
    report(io, [error('no-registry', 'no tree has a registry, so nothing is published', { hint })]);
    return exit.wrong;
  }
  const madeAfter =
    input.keepYoungerMs === undefined
      ? {}
      : { madeAfter: io.now().getTime() - input.keepYoungerMs };
  const cache = registryCache(io);
  const rows: string[][] = [['TAG', 'MADE', 'VERDICT', 'RULE']];
  let outdated = 0;
  let unread = 0;
  for (const { reference, rendered } of graph.images) {
    const { tree, repository, version } = rendered.definition;
    const access = registries.accesses.get(tree);
    if (!selected.has(reference) || access === undefined) {
      continue;
    }
    const registry = new Registry(access, { signal });
    const tags = await readTags(registry, repository, cache);
    registry.close();
    if (signal.aborted) {
      return exit.interrupted;
    }
    if (!tags.ok) {
      const { reason, hint } = registry.explain(tags.fault);
      const message = `the tags of ${repository} cannot be listed: ${reason}`;
      report(io, [error('registry', message, hint === undefined ? {} : { hint })]);
      unread++;
      continue;
    }
    const made = new Map(tags.value.map(({ tag, created }) => [tag, created]));
    const verdicts = judge(tags.value, {
      repository,
      current: input.nightly === undefined ? version : `${version}-${input.nightly}`,
      keepLatest: true,
      newest: input.keep,
      ...madeAfter,
      keepLines: keep.value,
    });
    for (const { tag, rule } of verdicts) {
      const goes = rule.kind === 'outdated';
      if (goes) {
        outdated++;
      }
      const verdict = goes ? 'outdated' : 'keep';
      rows.push([`${repository}:${tag}`, dateOf(made.get(tag)), verdict, ruleText(rule)]);
    }
  }
  cache.save();
  io.write(table(rows));
  io.say(`${rows.length - 1} tags, ${outdated} of them outdated; nothing was removed`);
  return unread > 0 ? exit.unusable : exit.done;
}

function dateOf(time: number | undefined): string {
  return time === undefined ? '-' : new Date(time).toISOString().slice(0, 10);
}

function keepLines(file: string | undefined, io: Io): Outcome<readonly KeepLine[]> {
  if (file === undefined) {
    return { value: [], diagnostics: [] };
  }
  try {
    return readKeepFile(file, readFileSync(resolve(io.cwd, file), 'utf8'));
  } catch (cause) {
    const problem = error('keep-file-unreadable', `${file} cannot be read: it ${whyNot(cause)}`);
    return { value: [], diagnostics: [problem] };
  }
}
