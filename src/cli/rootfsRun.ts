import type { RootfsImage } from '#compiler/definitions/rootfsImage.js';
import { readRootfsImages } from '#compiler/definitions/rootfsImages.js';
import type { Workspace } from '#compiler/workspace/open.js';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { isWithin } from '#core/files/paths.js';
import type { Reference } from '#core/reference/brands.js';
import type { Mode } from '#rootfs/bootstrap.js';
import { type Making, makeRootfs } from '#rootfs/make.js';
import { dateOf, midnight } from '#rootfs/timestamp.js';
import type { CompiledTrees } from './compileTrees.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

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
export function usualMode({ uid }: Io): Mode {
  return uid === 0 || uid === undefined ? 'root' : 'unshare';
}

/** Whether a build makes a newer one: where it has no timestamp and is as old as the recipe allows. */
function isStale({ recipe, epoch, made }: RootfsImage, now: Date): boolean {
  if (recipe.timestamp !== undefined || !made) {
    return false;
  }
  return midnight(now) - epoch >= recipe.refreshDays * 86_400;
}

/** Makes one and says so; what went wrong is left to the caller to tell. */
async function makeOne(
  image: RootfsImage,
  epoch: number,
  mode: Mode,
  io: Io,
  signal: AbortSignal,
): Promise<Making> {
  const { recipe, directory, shown, definition } = image;
  const name = `${definition.repository}:${dateOf(epoch)}`;
  const proxy = definition.tree.config.aptOnlyProxy;
  io.say(`making the root filesystem ${name} (${shown})`);
  const started = io.now().getTime();
  const making = await makeRootfs({
    recipe,
    imageDirectory: directory,
    shownDirectory: shown,
    epoch,
    mode,
    env: io.env,
    ...(proxy === undefined ? {} : { proxy }),
    signal,
    onProgress: (line) => io.info(`${name}: ${line}`),
  });
  if (making.kind === 'made') {
    const seconds = ((io.now().getTime() - started) / 1000).toFixed(0);
    io.say(`made ${name}: ${(making.bytes / 1e6).toFixed(0)} MB in ${seconds} s`);
  }
  return making;
}

export type Makings =
  | { readonly kind: 'done'; readonly problems: readonly Diagnostic[] }
  | { readonly kind: 'cancelled' };

/** Makes several, one after the other (each uses all cores), whatever becomes of the others. */
export async function makeAll(
  images: readonly { readonly image: RootfsImage; readonly epoch: number }[],
  mode: Mode,
  io: Io,
  signal: AbortSignal,
  onMade: (image: RootfsImage, making: Extract<Making, { kind: 'made' }>) => void = () => {},
): Promise<Makings> {
  const problems: Diagnostic[] = [];
  for (const { image, epoch } of images) {
    const making = await makeOne(image, epoch, mode, io, signal);
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

/** The root filesystems that a build has to do with: none are looked for where there are none. */
export class BuildRootfs {
  readonly #mode: Mode;
  readonly #io: Io;
  readonly #signal: AbortSignal;
  #images: readonly RootfsImage[];

  constructor({ graph, workspace }: CompiledTrees, io: Io, signal: AbortSignal) {
    this.#mode = usualMode(io);
    this.#io = io;
    this.#signal = signal;
    const any = graph.images.some(
      ({ rendered }) => rendered.definition.contextDigest !== undefined,
    );
    this.#images = any ? readRootfsImages(workspace.trees, io.now()).value : [];
  }

  /**
   * Makes today's of the selected ones that are as old as their recipes allow. One that cannot be
   * made is a warning: the last good one stays in use. True where there is something new.
   */
  async refresh(selected: ReadonlySet<Reference>): Promise<boolean> {
    const now = this.#io.now();
    const stale = this.#images.filter(
      (image) => selected.has(image.definition.reference) && isStale(image, now),
    );
    let fresh = false;
    const all = stale.map((image) => ({ image, epoch: midnight(now) }));
    const makings = await makeAll(all, this.#mode, this.#io, this.#signal, () => {
      fresh = true;
    });
    if (makings.kind === 'done') {
      report(
        this.#io,
        makings.problems.map((problem) => ({ ...problem, severity: 'warning' })),
      );
    }
    return fresh;
  }

  /** Makes those that are to be built and are not there. False, with the reasons told, where one cannot be made. */
  async make(toBuild: ReadonlySet<Reference>): Promise<boolean> {
    const missing = this.#images
      .filter(({ definition, made }) => !made && toBuild.has(definition.reference))
      .map((image) => ({ image, epoch: image.epoch }));
    const makings = await makeAll(missing, this.#mode, this.#io, this.#signal);
    return makings.kind === 'done' && !report(this.#io, makings.problems);
  }
}
