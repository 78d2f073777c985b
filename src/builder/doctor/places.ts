import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { phaseOf } from '#compiler/select/heldBy.js';
import type { Hold } from '#compiler/workspace/holdKeys.js';
import { whyNot } from '#core/files/paths.js';
import { holdersIn } from '../run/lock.js';
import { freeSpace, gibibytes } from '../run/space.js';
import { type Check, lacking, missing, ok } from './check.js';

/** In bytes: as `build --min-free` has it, and what contexts, logs and tests take. */
const leastOfEngine = 1024 ** 3;
const leastElsewhere = 100 * 1024 ** 2;

export interface PlacesQuestion {
  readonly cwd: string;
  /** The check of each engine, and where that keeps images; undefined: it does not say, or there is none. */
  readonly engines: readonly { readonly name: string; readonly folder: string | undefined }[];
  readonly lockDirectory: string;
  readonly holds: readonly Hold[];
  readonly now: Date;
  readonly trees: readonly string[];
}

/** Disks, locks and holds. */
export function placeChecks(question: PlacesQuestion): readonly Check[] {
  const { engines, cwd, trees } = question;
  return [
    ...engines.map(({ name, folder }) =>
      folder !== undefined && !existsSync(folder)
        ? lacking(name, `${folder} is not on this machine`, { hint: '', trees: [] })
        : diskCheck(name, folder, leastOfEngine, trees),
    ),
    diskCheck('disk of this directory', cwd, leastElsewhere, trees),
    diskCheck('temporary directory', tmpdir(), leastElsewhere, trees),
    locksCheck(question),
    holdsCheck(question),
  ];
}

function diskCheck(
  name: string,
  folder: string | undefined,
  least: number,
  trees: readonly string[],
): Check {
  if (folder === undefined) {
    return lacking(name, 'not known', { hint: '', trees: [] });
  }
  let free: number;
  try {
    free = freeSpace(folder);
  } catch (cause) {
    return missing(name, `${folder} ${whyNot(cause)}`, { hint: 'make the directory', trees });
  }
  const detail = `${gibibytes(free)} free in ${folder}`;
  const hint =
    'make room: generate-bake prune removes old images, and --cache-older-than old cache';
  return free < least ? missing(name, detail, { hint, trees }) : ok(name, detail);
}

function locksCheck({ lockDirectory }: PlacesQuestion): Check {
  const [first, ...others] = holdersIn(lockDirectory);
  if (first === undefined) {
    return ok('locks', `none in ${lockDirectory}`);
  }
  const { pid, host, directory, since } = first;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return ok('locks', `process ${pid} on ${host} builds in ${directory} since ${since}${more}`);
}

function holdsCheck({ holds, now }: PlacesQuestion): Check {
  const [first, ...others] = holds.filter((hold) => phaseOf(hold, now) === 'on');
  if (first === undefined) {
    return ok('holds', 'none');
  }
  const { place, stops, reason } = first;
  const at = [place.file, place.line].filter(Boolean).join(':');
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return ok(
    'holds',
    `${stops.join(', ')} of ${first.images.map(({ value }) => value).join(', ')}: ${reason} (${at})${more}`,
  );
}
