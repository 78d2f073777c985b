import {
  type Docker,
  type DockerOptions,
  type DockerOutcome,
  runDocker,
} from '#adapters/docker/docker.js';
import { removeImages } from '#adapters/docker/images.js';
import type { ResolvedImage } from '#compiler/resolve/graph.js';
import { groupBy } from '#core/data/groups.js';
import type { Repository } from '#core/reference/brands.js';
import { judge, type Rule } from './judge.js';
import type { LocalTag } from './localImages.js';

export interface LocalPruneOptions {
  /** So many images stay beside the current one of each name. */
  readonly keep: number;
  /** The suffix of the nightly builds that stay in place of the current versions. */
  readonly nightly?: string;
}

export interface LocalPrunePlan {
  /** Children before parents. */
  readonly remove: readonly LocalTag[];
  /** What stays although it is not the current version, with the rule that keeps it. */
  readonly kept: readonly { readonly tag: LocalTag; readonly rule: Rule }[];
}

/**
 * What is outdated among the local images of these definitions (parents first, as in the graph):
 * every name of their repositories but the current version's, whoever built it.
 */
export function planLocalPrune(
  images: readonly ResolvedImage[],
  local: ReadonlyMap<Repository, readonly LocalTag[]>,
  { keep, nightly }: LocalPruneOptions,
): LocalPrunePlan {
  const remove: LocalTag[] = [];
  const kept: { tag: LocalTag; rule: Rule }[] = [];
  for (const { rendered } of images.toReversed()) {
    const { repository, version } = rendered.definition;
    const tags = local.get(repository) ?? [];
    // Under another name of the registry the same tag is there twice.
    const byTag = groupBy(tags, ({ tag }) => tag);
    const distinct = [...byTag.values()].flatMap(
      (same) => same.find(({ inUse }) => inUse) ?? same[0] ?? [],
    );
    const current = nightly === undefined ? version : `${version}-${nightly}`;
    const rules = { repository, current, keepLatest: false, newest: keep, keepLines: [] };
    for (const { tag, rule } of judge(distinct, rules)) {
      for (const named of byTag.get(tag) ?? []) {
        if (rule.kind === 'outdated') {
          remove.push(named);
        } else if (rule.kind !== 'current') {
          kept.push({ tag: named, rule });
        }
      }
    }
  }
  return { remove, kept };
}

export interface Pruned {
  readonly removed: readonly LocalTag[];
  /** What docker would not take, with its reason. */
  readonly refused: ReadonlyMap<string, string>;
  /** What the engine's images take less than before, in bytes, to the three digits that docker
   * tells; absent where it does not tell. */
  readonly bytes?: number;
}

/** Removes what the plan says. */
export async function pruneLocal(
  docker: Docker,
  remove: readonly LocalTag[],
  options: DockerOptions = {},
): Promise<DockerOutcome<Pruned>> {
  const before = await imageBytes(docker, options);
  const references = remove.map(({ reference }) => reference);
  const refused = await removeImages(docker, references, options);
  if (refused.kind === 'failed') {
    return refused;
  }
  const after = await imageBytes(docker, options);
  const removed = remove.filter(({ reference }) => !refused.value.has(reference));
  const bytes =
    before === undefined || after === undefined ? {} : { bytes: Math.max(0, before - after) };
  return { kind: 'done', value: { removed, refused: refused.value, ...bytes } };
}

/** What all images of the engine take together, layers that they share counted once. */
async function imageBytes(docker: Docker, options: DockerOptions): Promise<number | undefined> {
  const format = '{{.Type}}\t{{.Size}}';
  const told = await runDocker(docker, ['system', 'df', '--format', format], options);
  if (told.kind === 'failed') {
    return undefined;
  }
  const size = /^Images\t(.*)$/m.exec(told.value)?.[1];
  return size === undefined ? undefined : parseSize(size);
}

const units = new Map([
  ['B', 1],
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
]);

/** A size as docker writes it, `1.234GB`, in bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kMGT]?B)$/.exec(text.trim());
  const unit = units.get(match?.[2] ?? '');
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** Bytes for people: `1.2 GB`. */
export function sizeText(bytes: number): string {
  for (const [name, unit] of [...units].toReversed()) {
    if (bytes >= unit && unit > 1) {
      return `${(bytes / unit).toFixed(1)} ${name}`;
    }
  }
  return `${Math.round(bytes)} B`;
}
