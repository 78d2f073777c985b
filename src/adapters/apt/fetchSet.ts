// biome-ignore lint/style/noRestrictedImports: reads what apt has put into a temporary directory of ours.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWritable } from './configuration.js';
import { digestOf } from './digestOf.js';
import type { AskedSet } from './keys.js';
import type { ListStore } from './listStore.js';
import { type PackageList, readLists } from './policy.js';
import { prepareSet } from './prepareSet.js';
import type { AptRunner } from './runApt.js';
import { withoutLogin } from './sources.js';
import { failureOf, problemIn, textOf } from './updateText.js';

export interface FetchSettings {
  readonly lists: ListStore;
  /** The text of an auth.conf(5) with the logins of archives. */
  readonly auth?: string;
  readonly proxy?: string;
  /** Hears of each set of sources that is fetched. */
  readonly onUpdate?: (uris: readonly string[]) => void;
  /** How long fetching one set may take, in milliseconds; 5 minutes when absent. */
  readonly updateMs?: number;
}

const usualMs = 5 * 60_000;
/** What it has fetched is only read where there is a question. */
const updateArgs = ['update', '-o', 'pkgCacheFile::Generate=false'];

/** Lists that were fetched, and what they are; or why they were not. */
export type FetchedSet =
  | {
      readonly kind: 'fetched';
      readonly root: string;
      /** The digest of what was asked for, and of all Release files. */
      readonly digest: string;
      /** What the archives are, by the names that apt gives them; asked for where no answer is known yet. */
      readonly lists: () => Promise<ReadLists>;
    }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'cancelled' };

type ReadLists =
  | { readonly kind: 'read'; readonly lists: ReadonlyMap<string, PackageList> }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'cancelled' };

/** Fetches what a set of sources has, or asks whether what the last run fetched is still all. */
export async function fetchSet(
  runner: AptRunner,
  digest: string,
  asked: AskedSet,
  { lists, auth, proxy, onUpdate, updateMs = usualMs }: FetchSettings,
): Promise<FetchedSet> {
  const { sources } = asked;
  if (proxy !== undefined && !isWritable(proxy)) {
    return { kind: 'unknown', reason: 'the proxy for apt is not a URL' };
  }
  const { root, config, listed } = prepareSet(runner.work, digest, asked, {
    ...(proxy === undefined ? {} : { proxy }),
    ...(auth === undefined ? {} : { auth }),
  });
  lists.take(digest, listed);
  runner.work.giveAway(root);
  const unusable = await checkConfiguration(runner, root, config);
  if (unusable !== undefined) {
    return unusable;
  }
  onUpdate?.(sources.flatMap(({ uris }) => uris.map(withoutLogin)));
  const updated = await runner.run('get', updateArgs, config, updateMs);
  if (updated.kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  const problem = failureOf(updated) ?? problemIn(textOf(updated));
  if (problem !== undefined) {
    return { kind: 'unknown', reason: `its sources cannot be fetched: ${problem}` };
  }
  const releases = readdirSync(listed).filter((name) => /_(?:In)?Release$/.test(name));
  const wanted = new Set(
    sources.flatMap(({ uris, suites }) =>
      uris.flatMap((uri) => suites.map((suite) => `${uri.replace(/\/+$/, '')} ${suite}`)),
    ),
  );
  if (releases.length < wanted.size) {
    const reason = `its sources cannot be fetched: ${wanted.size} were asked for, and ${releases.length} came`;
    return { kind: 'unknown', reason };
  }
  const parts = releases.sort().flatMap((name) => [name, readFileSync(join(listed, name))]);
  const generation = digestOf([digest, ...parts]);
  lists.put(digest, generation, listed);
  let known: Promise<ReadLists> | undefined;
  const readAll = () => {
    known ??= readAllLists(runner, root, config);
    return known;
  };
  return { kind: 'fetched', root, digest: generation, lists: readAll };
}

/** apt goes on with the configuration of this machine where it cannot read the one that it is given. */
async function checkConfiguration(
  runner: AptRunner,
  root: string,
  config: string,
): Promise<Exclude<FetchedSet, { kind: 'fetched' }> | undefined> {
  const args = ['shell', 'DIRECTORY', 'Dir'];
  const asked = await runner.run('config', args, config);
  if (asked.kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  const why = failureOf(asked) ?? 'it takes another one';
  return textOf(asked).stdout.trim() === `DIRECTORY='${root}/'`
    ? undefined
    : { kind: 'unknown', reason: `apt cannot read the configuration that it is given: ${why}` };
}

/** Also makes the cache that all questions of a set share. */
async function readAllLists(runner: AptRunner, root: string, config: string): Promise<ReadLists> {
  const shown = await runner.run('cache', ['policy'], config);
  if (shown.kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  const failure = failureOf(shown);
  if (failure !== undefined) {
    const reason = `apt cannot read what its sources have: ${failure.replaceAll(root, '')}`;
    return { kind: 'unknown', reason };
  }
  const all = [...readLists(textOf(shown).stdout)];
  return { kind: 'read', lists: new Map(all.filter(([name]) => name.includes('://'))) };
}
