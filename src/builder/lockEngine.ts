import { setTimeout } from 'node:timers/promises';
import type { Tree } from '#compiler/workspace/tree.js';
import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import { error } from '#core/diagnostics/diagnostic.js';
import type { BuildEnding } from './execute.js';
import type { BuildRequest } from './request.js';
import { type LockHolder, lock } from './run/lock.js';

/** How often a lock that is waited for is tried, in milliseconds. */
const period = 500;

export type EngineLock =
  | { readonly kind: 'held'; release(): void }
  | { readonly kind: 'refused'; readonly ending: BuildEnding };

/** What is locked, an engine as a rule, by what is the same for everyone who uses it. */
interface Lockable {
  readonly id: string;
  /** For the middle of a sentence; absent: this engine. */
  readonly what?: string;
}

/** The registries of trees: two builds that publish to one under two of its names are in each other's way too. */
export function hostsOf(trees: Iterable<Tree>): readonly string[] {
  return [...trees].map(
    ({ config: { registry, registryNames } }) => registryNames?.canonical(registry) ?? registry,
  );
}

/** Takes the locks of several engines, each once, in the order of their ids: two builds never wait for each other. */
export async function lockEngines(
  identities: readonly (Lockable | undefined)[],
  hosts: readonly string[],
  request: Parameters<typeof lockEngine>[2],
): Promise<EngineLock> {
  const held: Extract<EngineLock, { kind: 'held' }>[] = [];
  const release = () => {
    for (const one of held) {
      one.release();
    }
  };
  const known = identities.flatMap((identity) => identity ?? []);
  const inOrder = [...new Map(known.map((one) => [one.id, one])).values()].sort((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  for (const identity of inOrder) {
    const lock = await lockEngine(identity, hosts, request);
    if (lock.kind === 'refused') {
      release();
      return lock;
    }
    held.push(lock);
  }
  return { kind: 'held', release };
}

/**
 * Takes the lock of the engine for the registries (`host[:port]`) that are published to. An engine
 * that does not say which one it is cannot be locked, and is used without. With `waitForLock`
 * one that is taken is waited for, until it is free or `signal` is aborted.
 */
async function lockEngine(
  identity: Lockable | undefined,
  hosts: readonly string[],
  request: Pick<BuildRequest, 'host' | 'lockDirectory' | 'waitForLock' | 'waits' | 'signal'>,
): Promise<EngineLock> {
  const { host, lockDirectory, waitForLock, waits, signal } = request;
  if (identity === undefined) {
    return { kind: 'held', release: () => {} };
  }
  const registries = hosts.length === 0 ? [''] : hosts;
  const take = () => lock(identity.id, registries, host.cwd, host.now(), lockDirectory);
  let locking = take();
  if (waitForLock && locking.kind === 'taken') {
    const wait = waits.begin('another build');
    while (locking.kind === 'taken' && !signal.aborted) {
      const { pid, directory, host, since } = locking.by;
      const by = `process ${pid} in ${directory} on ${host} since ${since}`;
      wait.because(`waiting for another build: ${by}`);
      await setTimeout(period, undefined, { signal }).catch(() => {});
      locking = take();
    }
    wait.end(true);
    if (signal.aborted) {
      if (locking.kind === 'held') {
        locking.release();
      }
      return { kind: 'refused', ending: { kind: 'cancelled' } };
    }
  }
  switch (locking.kind) {
    case 'held':
      return locking;
    case 'taken': {
      const hint = 'pass --wait to wait until it has ended, or stop it';
      return refused('unusable', 'locked', takenText(locking.by, identity.what), hint);
    }
    case 'impossible': {
      const message = `cannot create a lock in ${locking.folder}: it ${locking.why}`;
      const hint =
        'set GENERATE_BAKE_LOCK_DIRECTORY to a directory for all who build on this engine';
      return refused('wrong', 'unwritable', message, hint);
    }
  }
}

function takenText({ pid, host, directory, since }: LockHolder, what = 'this engine'): string {
  return `another build is running on ${what}: process ${pid} on ${host}, in ${directory}, since ${since}`;
}

function refused(
  kind: 'unusable' | 'wrong',
  code: DiagnosticCode,
  message: string,
  hint: string,
): EngineLock {
  return { kind: 'refused', ending: { kind, diagnostics: [error(code, message, { hint })] } };
}
