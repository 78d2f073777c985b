import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { TreeImage } from '#fleet/references/names.js';
import { askPublished, type Published } from '#fleet/references/published.js';
import { type ExitCode, exit } from './exit.js';
import { registriesOf } from './openRegistries.js';
import { registryCache } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/**
 * What registries say of the current versions of these images, by repository; the exit status where they cannot
 * be opened. A registry that is in trouble is reported once.
 */
export async function publishedOf(
  images: Iterable<TreeImage>,
  trees: readonly Tree[],
  credentials: CredentialUse,
  io: Io,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Published> | ExitCode> {
  const registries = await registriesOf(trees, 'never', credentials, io, signal);
  if (registries === undefined) {
    return signal.aborted ? exit.interrupted : exit.wrong;
  }
  const asked = [...images].flatMap((image) =>
    image.version === undefined ? [] : [{ image, version: image.version }],
  );
  const cache = registryCache(io);
  const answers = await askPublished(asked, { ...registries, cache, signal });
  if (signal.aborted) {
    return exit.interrupted;
  }
  const reasons = new Map(
    [...answers.values()].flatMap((answer) =>
      answer.kind === 'unknown' ? [[answer.reason, answer] as const] : [],
    ),
  );
  report(
    io,
    [...reasons.values()].map(({ reason, hint }) =>
      error('registry', reason, hint === undefined ? {} : { hint }),
    ),
  );
  return answers;
}

/** Whether one of them could not be told. */
export function isUnknown(published: ReadonlyMap<string, Published> | undefined): boolean {
  return [...(published?.values() ?? [])].some(({ kind }) => kind === 'unknown');
}
