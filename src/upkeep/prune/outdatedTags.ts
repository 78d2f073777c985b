import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { Answer } from '#adapters/registry/fault.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { addTo } from '#core/data/groups.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { judge, type Rule, type Tagged } from './judge.js';
import type { KeepLine } from './keepFile.js';
import { readAllTags } from './registryTags.js';

export interface OutdatedTagsRequest {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** How many versions stay beside the current one. */
  readonly keep: number;
  /** The suffix of the nightly build that is the current version. */
  readonly nightly?: string;
  readonly keepYoungerMs?: number;
  readonly keepLines: readonly KeepLine[];
  readonly cache: ConfigCache;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** One tag of a registry, and the rule that decided about it. */
interface JudgedTag {
  readonly repository: string;
  readonly tag: string;
  /** When the image was made, in milliseconds since 1970; absent where it does not say. */
  readonly created?: number;
  readonly rule: Rule;
}

export interface OutdatedTags {
  readonly tags: readonly JudgedTag[];
  /** Repositories whose tags could not be listed. */
  readonly problems: readonly Diagnostic[];
}

/** Judges every tag of the selected repositories; nothing in a registry is changed. */
export async function outdatedTags(request: OutdatedTagsRequest): Promise<OutdatedTags> {
  const { graph, keepYoungerMs, now, cache } = request;
  const madeAfter = keepYoungerMs === undefined ? {} : { madeAfter: now.getTime() - keepYoungerMs };
  const tags: JudgedTag[] = [];
  const problems: Diagnostic[] = [];
  const readings = await readEach(request);
  for (const { reference, rendered } of graph.images) {
    const { tree, repository, version } = rendered.definition;
    const { read, explain } = readings.get(reference) ?? {};
    if (read === undefined || explain === undefined) {
      continue;
    }
    if (!read.ok) {
      const { reason, hint } = explain(read.fault);
      const message = `cannot list the tags of ${repository}: ${reason}`;
      problems.push(error('registry', message, hint === undefined ? {} : { hint }));
      continue;
    }
    const made = new Map(read.value.map(({ tag, created }) => [tag, created]));
    const names = tree.config.registryNames?.all(repository);
    const verdicts = judge(read.value, {
      repository,
      ...(names === undefined ? {} : { names }),
      current: request.nightly === undefined ? version : `${version}-${request.nightly}`,
      keepLatest: true,
      newest: request.keep,
      ...madeAfter,
      keepLines: request.keepLines,
    });
    for (const { tag, rule } of verdicts) {
      const created = made.get(tag);
      tags.push({ repository, tag, ...(created === undefined ? {} : { created }), rule });
    }
  }
  cache.save();
  return { tags, problems };
}

interface Reading {
  readonly read: Answer<readonly Tagged[]>;
  readonly explain: Registry['explain'];
}

/** The tags of each selected image's repository; the registries, and in each the repositories, side by side. */
async function readEach({
  graph,
  selected,
  accesses,
  cache,
  signal,
}: OutdatedTagsRequest): Promise<ReadonlyMap<Reference, Reading>> {
  const groups = new Map<RegistryAccess, { reference: Reference; repository: Repository }[]>();
  for (const { reference, rendered } of graph.images) {
    const { tree, repository } = rendered.definition;
    const access = accesses.get(tree);
    if (selected.has(reference) && access !== undefined) {
      addTo(groups, access, { reference, repository });
    }
  }
  const readings = new Map<Reference, Reading>();
  await Promise.all(
    [...groups].map(async ([access, group]) => {
      const registry = new Registry(access, { signal });
      const repositories = group.map(({ repository }) => repository);
      const read = await readAllTags(registry, repositories, cache);
      registry.close();
      for (const [at, { reference }] of group.entries()) {
        const answer = read[at];
        if (answer !== undefined) {
          readings.set(reference, { read: answer, explain: (fault) => registry.explain(fault) });
        }
      }
    }),
  );
  return readings;
}
