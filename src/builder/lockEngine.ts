import type { EngineIdentity } from '#adapters/docker/identity.js';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { BuildEnding } from './execute.js';
import type { BuildRequest } from './request.js';
import { lock } from './run/lock.js';

export type EngineLock =
  | { readonly kind: 'held'; release(): void }
  | { readonly kind: 'refused'; readonly ending: BuildEnding };

/**
 * Takes the lock of the engine for the registries (`host[:port]`) that are published to. An engine
 * that does not say which one it is cannot be locked, and is used without.
 */
export function lockEngine(
  identity: EngineIdentity | undefined,
  hosts: readonly string[],
  { host, lockDirectory }: Pick<BuildRequest, 'host' | 'lockDirectory'>,
): EngineLock {
  if (identity === undefined) {
    return { kind: 'held', release: () => {} };
  }
  const registries = hosts.length === 0 ? [''] : hosts;
  const locking = lock(identity.id, registries, host.cwd, host.now(), lockDirectory);
  switch (locking.kind) {
    case 'held':
      return locking;
    case 'taken': {
      const { pid, host: machine, directory, since } = locking.by;
      const message = `another build is running on this engine: process ${pid} on ${machine}, in ${directory}, since ${since}`;
      const hint = 'wait until it has ended, or stop it';
      return refused('unusable', 'locked', message, hint);
    }
    case 'impossible': {
      const message = `cannot create a lock in ${locking.folder}: it ${locking.why}`;
      const hint =
        'set GENERATE_BAKE_LOCK_DIRECTORY to a directory for all who build on this engine';
      return refused('wrong', 'unwritable', message, hint);
    }
  }
}

function refused(
  kind: 'unusable' | 'wrong',
  code: DiagnosticCode,
  message: string,
  hint: string,
): EngineLock {
  return { kind: 'refused', ending: { kind, diagnostics: [error(code, message, { hint })] } };
}
