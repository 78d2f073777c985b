import { arch } from 'node:os';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { Reference } from '#core/reference/brands.js';
import { some } from '#core/text/some.js';
import type { InventoryRow } from '#fleet/inventory/document.js';
import { type RunningImage, workloadsOf } from '#fleet/running/images.js';
import { runningInventories } from '#fleet/running/inventories.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import type { CompiledTrees } from './compileTrees.js';
import { type ExitCode, exit } from './exit.js';
import type { ClusterInput } from './line/clusters.js';
import { layerCache } from './places.js';
import { imagesIn, openForRunning, readClusterFiles } from './runningIn.js';
import type { Io } from './terminal/io.js';
import { readingSigns } from './terminal/readingSigns.js';

interface RunningQuestion {
  readonly clusters: readonly ClusterInput[];
  readonly registries: readonly string[];
  readonly credentials: CredentialUse;
  /** As written; absent: this machine's where there is such an image. */
  readonly platform?: string;
}

/** As many are named of what is not looked at. */
const mostNames = 3;

/**
 * The inventories of what runs: with a selection of its images, else also of images that no tree defines, whose registries
 * may be asked. The exit status where the files or the registries cannot be used.
 */
export async function runningRows(
  compiled: CompiledTrees,
  input: RunningQuestion,
  io: Io,
  signal: AbortSignal,
): Promise<readonly Omit<InventoryRow, 'otherSoftware'>[] | ExitCode> {
  const read = await readClusterFiles(input.clusters, io, signal);
  if (typeof read === 'number') {
    return read;
  }
  const registries = await openForRunning(compiled, input, io, signal);
  if (typeof registries === 'number') {
    return registries;
  }
  const signs = readingSigns(io);
  try {
    const { images, names } = imagesIn(read.uses, compiled, registries);
    const isSelected = (reference: Reference | undefined) =>
      reference !== undefined && compiled.selected.has(reference);
    const isWhole = names.images.every(({ reference }) => isSelected(reference));
    const wanted = images.filter(
      ({ about }) => isWhole || (about.kind === 'own' && isSelected(about.image.reference)),
    );
    const found = await runningInventories(wanted, {
      registries,
      platform: {
        name: input.platform ?? platformOfMachine(arch()),
        isRequired: input.platform !== undefined,
      },
      cache: layerCache(io),
      progress: signs.progress,
    });
    signs.end();
    if (signal.aborted) {
      return exit.interrupted;
    }
    const looked = new Set(found.map(({ image }) => image));
    tellLeftOut(
      wanted.filter((image) => !looked.has(image)),
      io,
    );
    const shown = shownOf(found.map(({ image }) => image));
    return found.map(({ image, found: inventory }) => {
      const { about } = image;
      const reference = about.kind === 'own' ? about.image.reference : undefined;
      return {
        reference: reference ?? (image.shown as Reference),
        shown: shown(image),
        alsoTagged: [],
        found: inventory,
        workloads: workloadsOf(image),
      };
    });
  } finally {
    signs.end();
    registries.close();
  }
}

/** Several builds of one tag have their digests. */
function shownOf(images: readonly RunningImage[]): (image: RunningImage) => string {
  const often = new Set<string>();
  const seen = new Set<string>();
  for (const { shown } of images) {
    (seen.has(shown) ? often : seen).add(shown);
  }
  return ({ shown, tag, running }) =>
    running !== undefined && (often.has(shown) || tag === undefined)
      ? `${shown}@${running.digest}`
      : shown;
}

function tellLeftOut(images: readonly RunningImage[], io: Io): void {
  const names = [...new Set(images.map(({ shown }) => shown))];
  if (names.length > 0) {
    io.say(
      `not looked at, in registries that nobody named: ${some(names, mostNames)} (--registry HOST)`,
    );
  }
}
