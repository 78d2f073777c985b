import { arch } from 'node:os';
import { resolve } from 'node:path';
import { answerCache } from '#adapters/apt/answerCache.js';
import { ListStore } from '#adapters/apt/listStore.js';
import { withoutLogin } from '#adapters/apt/sources.js';
import { download } from '#adapters/download/download.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readText } from '#core/files/readBytes.js';
import type { Reference } from '#core/reference/brands.js';
import {
  type FoundOutdated,
  findOutdated,
  type OutdatedRequest,
} from '#fleet/outdated/findOutdated.js';
import type { WantedPackages } from '#fleet/outdated/outdated.js';
import { longestTracker, readTracker } from '#fleet/outdated/tracker.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import type { AskedFleet } from './askFleet.js';
import { dockerOf } from './dockerOf.js';
import { type ExitCode, exit } from './exit.js';
import { aptCaches, downloadCache, layerCache } from './places.js';
import type { Io } from './terminal/io.js';
import { readingSigns } from './terminal/readingSigns.js';
import { report } from './terminal/report.js';

/** Which packages are asked about, and how; as the command line has it. */
export interface OutdatedQuestion {
  readonly security: boolean;
  /** Names of binary packages; empty: all. */
  readonly packages: readonly string[];
  /** The tracker's file, or its URL, as written; absent: all updates count. */
  readonly cve?: string;
  /** A file with the logins of archives, as written. */
  readonly aptAuth?: string;
  /** As written; absent: this machine's where there is such an image. */
  readonly platform?: string;
}

/** The files that the command line names, read. */
export interface OutdatedFiles {
  readonly wanted: WantedPackages;
  readonly auth?: string;
}

/** The exit status, and reported, where one cannot be read. */
export async function readOutdatedFiles(
  input: OutdatedQuestion,
  io: Io,
  signal: AbortSignal,
): Promise<OutdatedFiles | ExitCode> {
  const { security, packages, cve, aptAuth } = input;
  const auth = aptAuth === undefined ? undefined : readAuth(aptAuth, io);
  if (auth === 'unreadable') {
    return exit.wrong;
  }
  const file = cve === undefined ? undefined : await trackerFile(cve, io, signal);
  if (typeof file === 'number') {
    return file;
  }
  const tracker = file === undefined ? undefined : readTracker(file, cve ?? '');
  if (tracker?.kind === 'wrong') {
    report(io, [tracker.problem]);
    return exit.wrong;
  }
  return {
    wanted: {
      security,
      ...(packages.length === 0 ? {} : { names: new Set(packages) }),
      ...(tracker === undefined ? {} : { tracker: tracker.tracker }),
    },
    ...(auth === undefined ? {} : { auth }),
  };
}

/** Where the tracker's file is on this machine; fetched where a URL names it. */
async function trackerFile(cve: string, io: Io, signal: AbortSignal): Promise<string | ExitCode> {
  if (!/^https?:\/\//i.test(cve)) {
    return resolve(io.cwd, cve);
  }
  const url = URL.canParse(cve) ? new URL(cve) : undefined;
  const hint = 'fetch it by other means, and name the file';
  const shown = withoutLogin(cve);
  const say = (reason: string) =>
    report(io, [error('cve-file', `${shown} cannot be fetched: ${reason}`, { hint })]);
  if (url === undefined) {
    say('it is not a URL');
    return exit.wrong;
  }
  const signs = readingSigns(io);
  const fetched = await download(url, {
    directory: downloadCache(io),
    environment: io.env,
    mostBytes: longestTracker,
    signal,
    onBytes: (bytes) => signs.progress(url.host, bytes, undefined),
  });
  signs.end();
  switch (fetched.kind) {
    case 'done':
      return fetched.path;
    case 'cancelled':
      return exit.interrupted;
    case 'refused':
      say(fetched.reason);
      return exit.wrong;
    case 'failed':
      say(fetched.reason);
      return exit.unusable;
  }
}

function readAuth(file: string, io: Io): string | 'unreadable' {
  try {
    return readText(resolve(io.cwd, file));
  } catch (cause) {
    report(io, [error('apt', `${file} cannot be read: it ${whyNot(cause)}`, { place: { file } })]);
    return 'unreadable';
  }
}

/**
 * What is outdated of the selected images, with signs of life; `fleet` was asked about all that they are built on. Where apt
 * cannot be asked that is reported.
 */
export async function outdatedIn(
  { graph, prepared, registries }: Pick<AskedFleet, 'graph' | 'prepared' | 'registries'>,
  selected: ReadonlySet<Reference>,
  { platform }: Pick<OutdatedQuestion, 'platform'>,
  { wanted, auth }: OutdatedFiles,
  io: Io,
  signal: AbortSignal,
): Promise<FoundOutdated> {
  const signs = readingSigns(io);
  try {
    const found = await findOutdated({
      graph,
      selected,
      facts: prepared.facts,
      accesses: registries.accesses,
      docker: dockerOf(io),
      platform: {
        name: platform ?? platformOfMachine(arch()),
        isRequired: platform !== undefined,
      },
      cache: layerCache(io),
      progress: signs.progress,
      signal,
      wanted,
      now: io.now(),
      ...askingApt(io, auth),
    });
    if (found.kind === 'found' && found.problem !== undefined) {
      report(io, [found.problem]);
    }
    return found;
  } finally {
    signs.end();
  }
}

/** How apt is asked, with what it keeps from one run to the next and signs of life. */
export function askingApt(
  io: Io,
  auth: string | undefined,
): Pick<OutdatedRequest, 'apt' | 'onAsked'> {
  const caches = aptCaches(io);
  return {
    apt: {
      env: io.env,
      lists: new ListStore(caches.lists),
      answers: answerCache(caches.answers),
      docker: dockerOf(io),
      ...(auth === undefined ? {} : { auth }),
      onUpdate: (uris) => {
        const line = `fetching what ${[...new Set(uris)].join(', ')} has`;
        io.inPlace(line);
        io.info(line);
      },
    },
    onAsked: (done, of) => io.inPlace(`asking apt: ${done} of ${of} images`),
  };
}
