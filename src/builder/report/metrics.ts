import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import { lookBehind } from '#core/files/lookAt.js';
import { readBytes } from '#core/files/readBytes.js';
import { writeFile } from '#core/files/writeFile.js';
import { Exposition } from '#core/text/exposition.js';
import { criticalPath } from './criticalPath.js';
import type { ImageRecord } from './record.js';

/** What `build --metrics FILE` says of a run. */
export interface MetricsInput {
  readonly started: Date;
  readonly ended: Date;
  readonly exitCode: number;
  /** Absent: the run ended before it was known what is to be done. */
  readonly images?: readonly ImageRecord[];
  /** Tags that could not be moved, and are owed; absent: the run did not get that far. */
  readonly owed?: number;
  /** Broken images without a reference, which no record is of. */
  readonly unnamed?: number;
  /** What the file says of earlier runs; absent: there is none. */
  readonly earlier?: string;
}

const lastSuccess = 'generate_bake_last_success_time_seconds';

/**
 * The run in Prometheus' text format, for node_exporter's textfile collector.
 */
export function metrics(input: MetricsInput): string {
  const { started, ended, exitCode, images, owed, unnamed = 0, earlier = '' } = input;
  const text = new Exposition();
  text.gauge('generate_bake_run_exit_status', 'How the last run ended.', exitCode);
  text.gauge(
    'generate_bake_run_start_time_seconds',
    'When the last run started, in seconds since 1970.',
    seconds(started.getTime()),
  );
  text.gauge(
    'generate_bake_run_duration_seconds',
    'How long the last run took.',
    seconds(ended.getTime() - started.getTime()),
  );
  const success = exitCode === 0 ? seconds(ended.getTime()) : successIn(earlier);
  if (success !== undefined) {
    text.gauge(lastSuccess, 'When a run last ended well, in seconds since 1970.', success);
  }
  if (owed !== undefined) {
    text.gauge(
      'generate_bake_owed_tags',
      'Tags, latest among them, that the run could not move: the next one tries again.',
      owed,
    );
  }
  if (images !== undefined) {
    ofImages(text, images, unnamed);
  }
  return text.toString();
}

/** Writes them in place of the file (`shown` as the user named it), whole or not at all. */
export function writeMetrics(
  path: string,
  shown: string,
  input: Omit<MetricsInput, 'earlier'>,
): Diagnostic | undefined {
  return writeFile(path, shown, metrics({ ...input, earlier: earlierIn(path) }));
}

/** No file of ours is that long. */
const longest = 1024 * 1024;

function earlierIn(path: string): string {
  try {
    return lookBehind(path)?.isFile() === true ? readBytes(path, longest).toString() : '';
  } catch {
    return '';
  }
}

const states = ['published', 'local', 'absent', 'lost', 'drifted', 'unknown'] as const;
const endings = ['untouched', 'built', 'published', 'failed', 'skipped', 'unfinished'] as const;

function ofImages(text: Exposition, images: readonly ImageRecord[], unnamed: number): void {
  text.family(
    'generate_bake_images',
    'The images by what there is of them after the run.',
    'state',
    countsOf(states, images.map(stateAfter)),
  );
  text.family(
    'generate_bake_run_images',
    'The images by how their part of the run ended.',
    'ending',
    countsOf(
      endings,
      images.map(({ ending }) => ending),
    ),
  );
  const broken = images.filter(({ during }) => during === 'definition').length;
  text.gauge(
    'generate_bake_broken_images',
    'The images that are not built since their definition is broken.',
    broken + unnamed,
  );
  text.gauge(
    'generate_bake_held_images',
    'The images whose latest promote holds, or that a hold of the workspace file keeps back.',
    images.filter(({ held, hold }) => held !== undefined || hold !== undefined).length,
  );
  const sum = images.reduce((all, { buildMs = 0 }) => all + buildMs, 0);
  text.gauge('generate_bake_run_build_seconds', 'The time of all builds, added up.', seconds(sum));
  const records = new Map(images.map((image) => [image.reference, image]));
  text.gauge(
    'generate_bake_run_critical_path_seconds',
    'The time of the chain of images, each built on the one before, that took longest.',
    seconds(criticalPath(records).milliseconds),
  );
}

function stateAfter({ state, ending }: ImageRecord): string {
  if (ending === 'published') {
    return 'published';
  }
  return ending === 'built' ? 'local' : state;
}

function countsOf(
  names: readonly string[],
  values: readonly string[],
): ReadonlyMap<string, number> {
  return new Map(names.map((name) => [name, values.filter((value) => value === name).length]));
}

function successIn(earlier: string): number | undefined {
  const found = new RegExp(`^${lastSuccess} (\\d+(?:\\.\\d+)?)$`, 'm').exec(earlier)?.[1];
  return found === undefined ? undefined : Number(found);
}

const seconds = (milliseconds: number): number => milliseconds / 1000;
