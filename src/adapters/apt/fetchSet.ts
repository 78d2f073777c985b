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
import { isYes, withoutLogin } from './sources.js';
import { failureOf, problemIn, textOf } from './updateText.js';

export interface FetchSettings {
  readonly lists: ListStore;
  /** The text of an auth.conf(5) with the logins of archives. */
  readonly auth?: string;
  readonly proxy?: string;
  /** Hears of each set of sources that is fetched. */
  readonly onUpdate?: (uris: readonly string[]) => void;
  /** Hosts that said nothing in this run: nobody waits for them again. */
  readonly silent: Set<string>;
  /** An archive that says nothing for so long is given up, in milliseconds; 15 seconds when absent. */
  readonly silenceMs?: number;
  /** How long fetching one set may take, in milliseconds; 5 minutes when absent. */
  readonly updateMs?: number;
}

const usualMs = 5 * 60_000;
const usualSilenceMs = 15_000;
/** What it has fetched is only read where there is a question. */
const updateArgs = ['update', '-o', 'pkgCacheFile::Generate=false'];

/** Lists that were fetched, and what they are; or why they were not. */
export type FetchedSet =
  | {
      readonly kind: 'fetched';
      readonly root: string;
      /** Whose lists these are. */
      readonly runner: AptRunner;
      /** The digest of what was asked for, and of all Release files. */
      readonly digest: string;
      /** What the archives are, by the names that apt gives them; asked for where no answer is known yet. */
      readonly lists: () => Promise<ReadLists>;
    }
  /** `isOfImage`: no archive was asked, since no container of the image could be had. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly isOfImage?: true }
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
  {
    lists,
    auth,
    proxy,
    onUpdate,
    silent,
    updateMs = usualMs,
    silenceMs = usualSilenceMs,
  }: FetchSettings,
): Promise<FetchedSet> {
  const { sources } = asked;
  if (proxy !== undefined && !isWritable(proxy)) {
    return { kind: 'unknown', reason: 'the proxy for apt is not a URL' };
  }
  const dead = sources.flatMap(({ uris }) => uris).find((uri) => silent.has(hostOf(uri) ?? ''));
  if (dead !== undefined) {
    const reason = `its sources cannot be fetched: ${hostOf(dead)} did not answer a moment ago`;
    return { kind: 'unknown', reason };
  }
  const { root, config, listed } = prepareSet(runner.work, digest, asked, {
    silenceMs,
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
  const isTrusting = sources.every(({ fields }) => isYes(fields.get('trusted')));
  const began = Date.now();
  let updated = await runner.run('apt-get', updateArgs, config, updateMs);
  let problem = failureOf(updated) ?? problemIn(textOf(updated), isTrusting);
  if (problem !== undefined && isBrief(problem) && Date.now() - began < againMs) {
    updated = await runner.run('apt-get', updateArgs, config, updateMs);
    problem = failureOf(updated) ?? problemIn(textOf(updated), isTrusting);
  }
  if (updated.kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  if (problem !== undefined) {
    const host = Date.now() - began < silenceMs ? undefined : hostThatHangs(problem);
    if (host !== undefined) {
      silent.add(host);
    }
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
  return { kind: 'fetched', root, runner, digest: generation, lists: readAll };
}

/** Only what failed sooner is asked for once more, in milliseconds. */
const againMs = 5_000;

/** What may be over at once: an archive that is written anew, a connection that was closed. */
function isBrief(problem: string): boolean {
  return /Hash Sum mismatch|unexpected size|Connection (?:reset|closed|failed)|Connection was|temporar|5\d\d /i.test(
    problem,
  );
}

/** The host that apt waited for in vain. */
function hostThatHangs(problem: string): string | undefined {
  return /timed out|Could not connect|Connection failed/i.test(problem)
    ? hostOf(/https?:\/\/[^\s'"]+/.exec(problem)?.[0] ?? '')
    : undefined;
}

function hostOf(uri: string): string | undefined {
  return URL.canParse(uri) ? new URL(uri).host : undefined;
}

/** apt goes on with the configuration of this machine where it cannot read the one that it is given. */
async function checkConfiguration(
  runner: AptRunner,
  root: string,
  config: string,
): Promise<Exclude<FetchedSet, { kind: 'fetched' }> | undefined> {
  const args = ['shell', 'DIRECTORY', 'Dir'];
  const asked = await runner.run('apt-config', args, config);
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
  const shown = await runner.run('apt-cache', ['policy'], config);
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
