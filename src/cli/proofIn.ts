import { arch } from 'node:os';
import type { Reference } from '#core/reference/brands.js';
import { withAllAncestors } from '#fleet/outdated/findOutdated.js';
import { type Proof, proofOf, type Seen } from '#fleet/proof/proof.js';
import type { PublishedImage } from '#fleet/proof/published.js';
import { readSeen } from '#fleet/proof/readSeen.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import type { AskedFleet } from './askFleet.js';
import { type OutdatedFiles, outdatedIn } from './outdatedIn.js';
import { layerCache } from './places.js';
import type { Io } from './terminal/io.js';
import { readingSigns } from './terminal/readingSigns.js';

/** Reads what a run published once more, and asks what is newer now; undefined where it was interrupted. */
export async function proofIn(
  fleet: AskedFleet,
  published: readonly PublishedImage[],
  files: OutdatedFiles,
  io: Io,
  signal: AbortSignal,
): Promise<{ readonly proof: Proof; readonly hasFailed: boolean } | undefined> {
  const { graph, registries } = fleet;
  const signs = readingSigns(io);
  const platform = { name: platformOfMachine(arch()), isRequired: false };
  const seen = await readSeen(published, {
    graph,
    accesses: registries.accesses,
    platform,
    cache: layerCache(io),
    progress: signs.progress,
    signal,
  });
  signs.end();
  const everything = new Set(graph.images.map(({ reference }) => reference));
  const selected = withAllAncestors(graph, everything);
  const found = await outdatedIn(fleet, selected, {}, files, io, signal);
  if (found.kind === 'cancelled' || signal.aborted) {
    return undefined;
  }
  const current = new Map(
    found.inventories.flatMap(({ reference, found: one }): [Reference, Seen][] =>
      one.kind === 'read' && one.image.origin === 'registry'
        ? [[reference, { inventory: one.inventory, layers: one.image.settings.diffIds }]]
        : [],
    ),
  );
  const proof = proofOf({ graph, published, seen, current, outdated: found.result });
  return {
    proof,
    hasFailed: found.hasFailed || [...seen.values()].some((one) => typeof one === 'string'),
  };
}
