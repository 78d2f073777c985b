import type { RootfsImage } from '#compiler/definitions/rootfsImage.js';
import { readRootfsImages } from '#compiler/definitions/rootfsImages.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Workspace } from '#compiler/workspace/workspace.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { isWithin } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import type { Mode } from '#rootfs/bootstrap.js';
import { type Making, makeRootfs } from '#rootfs/make.js';
import { RootfsStore } from '#rootfs/store.js';
import { dateOf, midnight } from '#rootfs/timestamp.js';
import type { Host } from './request.js';

/** What happens while root filesystems are made. `name` is `repository:date`. */
export type RootfsEvent =
  | { readonly kind: 'rootfs-started'; readonly name: string; readonly directory: string }
  /** A line of what the programs say. */
  | { readonly kind: 'rootfs-output'; readonly name: string; readonly line: string }
  | {
      readonly kind: 'rootfs-made';
      readonly name: string;
      readonly bytes: number;
      readonly milliseconds: number;
    };

export interface RootfsMaker {
  readonly mode: Mode;
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly listen: (event: RootfsEvent) => void;
}

/** The root filesystems in the directories that were named. */
export function withinWorkspace(
  { within }: Workspace,
  images: readonly RootfsImage[],
): readonly RootfsImage[] {
  if (within.length === 0) {
    return images;
  }
  return images.filter(({ directory }) => within.some((one) => isWithin(one, directory)));
}

/** root needs no user namespace, and everybody else has no other way. */
export function usualMode({ uid }: Host): Mode {
  return uid === 0 || uid === undefined ? 'root' : 'unshare';
}

/** Whether a build makes a newer one: where it has no timestamp and is as old as the recipe allows. */
function isStale({ recipe, epoch, made }: RootfsImage, now: Date): boolean {
  if (recipe.timestamp !== undefined || !made) {
    return false;
  }
  return midnight(now) - epoch >= recipe.refreshDays * 86_400;
}

async function makeOne(image: RootfsImage, epoch: number, maker: RootfsMaker): Promise<Making> {
  const { recipe, directory, shown, definition } = image;
  const { mode, host, signal, listen } = maker;
  const name = `${definition.repository}:${dateOf(epoch)}`;
  const proxy = definition.tree.config.aptOnlyProxy;
  listen({ kind: 'rootfs-started', name, directory: shown });
  const started = host.now().getTime();
  const making = await makeRootfs({
    recipe,
    imageDirectory: directory,
    shownDirectory: shown,
    epoch,
    mode,
    env: host.env,
    ...(proxy === undefined ? {} : { proxy }),
    signal,
    onProgress: (line) => listen({ kind: 'rootfs-output', name, line }),
  });
  if (making.kind === 'made') {
    const milliseconds = host.now().getTime() - started;
    listen({ kind: 'rootfs-made', name, bytes: making.bytes, milliseconds });
  }
  return making;
}

export type Makings =
  | { readonly kind: 'done'; readonly problems: readonly Diagnostic[] }
  | { readonly kind: 'cancelled' };

/** Makes several, one after the other (each uses all cores), whatever becomes of the others. */
export async function makeAll(
  images: readonly { readonly image: RootfsImage; readonly epoch: number }[],
  maker: RootfsMaker,
  onMade: (image: RootfsImage, making: Extract<Making, { kind: 'made' }>) => void = () => {},
): Promise<Makings> {
  const problems: Diagnostic[] = [];
  for (const { image, epoch } of images) {
    const making = await makeOne(image, epoch, maker);
    if (making.kind === 'cancelled') {
      return { kind: 'cancelled' };
    }
    if (making.kind === 'failed') {
      problems.push(making.problem);
    } else {
      onMade(image, making);
    }
  }
  return { kind: 'done', problems };
}

/** The root filesystems among the images; none are looked for where there are none. */
function rootfsImages(graph: Graph, trees: readonly Tree[], now: Date): readonly RootfsImage[] {
  const hasSome = graph.images.some(
    ({ rendered }) => rendered.definition.contextDigest !== undefined,
  );
  return hasSome ? readRootfsImages(trees, now).value : [];
}

/** What of the trees root filesystems are looked for in. */
export interface RootfsScope {
  readonly graph: Graph;
  readonly trees: readonly Tree[];
}

export interface Refreshed {
  /** Whether there is something new: the trees are then to be compiled again. */
  readonly isNew: boolean;
  /** One that cannot be made is a warning: the last good one stays in use. */
  readonly warnings: readonly Diagnostic[];
}

/** Makes today's root filesystem of the selected ones that are as old as their recipes allow. */
export async function refreshRootfs(
  { graph, trees }: RootfsScope,
  selected: ReadonlySet<Reference>,
  maker: RootfsMaker,
): Promise<Refreshed> {
  const now = maker.host.now();
  const stale = rootfsImages(graph, trees, now)
    .filter((image) => selected.has(image.definition.reference) && isStale(image, now))
    .map((image) => ({ image, epoch: midnight(now) }));
  let isNew = false;
  const makings = await makeAll(stale, maker, () => {
    isNew = true;
  });
  const problems = makings.kind === 'done' ? makings.problems : [];
  return { isNew, warnings: problems.map((problem) => ({ ...problem, severity: 'warning' })) };
}

/** Makes those that are to be built and are not there yet, or not as they were made. */
export async function makeMissingRootfs(
  scope: RootfsScope,
  toBuild: ReadonlySet<Reference>,
  maker: RootfsMaker,
): Promise<Makings> {
  return makeAll(await missingRootfs(scope, toBuild, maker.host.now()), maker);
}

/** Those that are to be built and are not there yet, or not as they were made. */
export async function missingRootfs(
  { graph, trees }: RootfsScope,
  toBuild: ReadonlySet<Reference>,
  now: Date,
): Promise<readonly { readonly image: RootfsImage; readonly epoch: number }[]> {
  const missing: { image: RootfsImage; epoch: number }[] = [];
  for (const image of rootfsImages(graph, trees, now)) {
    const { definition, directory, recipe, epoch } = image;
    if (!toBuild.has(definition.reference)) {
      continue;
    }
    if (!(await new RootfsStore(directory).isWhole(recipe, epoch))) {
      missing.push({ image, epoch });
    }
  }
  return missing;
}
