import { arch } from 'node:os';
import { resolve } from 'node:path';
import { answerCache } from '#adapters/apt/answerCache.js';
import { ListStore } from '#adapters/apt/listStore.js';
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
import { readTracker } from '#fleet/outdated/tracker.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import type { AskedFleet } from './askFleet.js';
import { dockerOf } from './dockerOf.js';
import { aptCaches, layerCache } from './places.js';
import type { Io } from './terminal/io.js';
import { readingSigns } from './terminal/readingSigns.js';
import { report } from './terminal/report.js';

/** Which packages are asked about, and how; as the command line has it. */
export interface OutdatedQuestion {
  readonly security: boolean;
  /** Names of binary packages; empty: all. */
  readonly packages: readonly string[];
  /** A copy of the tracker's file, as written; absent: all updates count. */
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

/** Undefined, and reported, where one cannot be read. */
export function readOutdatedFiles(input: OutdatedQuestion, io: Io): OutdatedFiles | undefined {
  const { security, packages, cve, aptAuth } = input;
  const auth = aptAuth === undefined ? undefined : readAuth(aptAuth, io);
  if (auth === 'unreadable') {
    return undefined;
  }
  const tracker = cve === undefined ? undefined : readTracker(resolve(io.cwd, cve), cve);
  if (tracker?.kind === 'wrong') {
    report(io, [tracker.problem]);
    return undefined;
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
