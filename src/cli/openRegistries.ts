import type { CredentialUse } from '#adapters/registry/credentials.js';
import { Allowance, shortAllowanceMs } from '#adapters/registry/patience.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type OpenRegistries, openRegistries, type Publish } from '#fleet/registries.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';
import { signsOfLife } from './terminal/signs.js';

/**
 * As `openRegistries`; undefined, with the reasons reported, where credentials are incomplete, and without
 * a word where `signal` ended it.
 */
export async function registriesOf(
  trees: readonly Tree[],
  publish: Publish,
  credentials: CredentialUse,
  io: Io,
  signal: AbortSignal,
): Promise<OpenRegistries | undefined> {
  const waits = signsOfLife(io);
  const sources = { environment: io.env, home: io.home, use: credentials, waits, signal };
  const opened = await openRegistries(trees, publish, sources, {
    waits,
    allowance: new Allowance(shortAllowanceMs),
  });
  if (signal.aborted) {
    return undefined;
  }
  return report(io, opened.diagnostics) ? undefined : opened.value;
}
