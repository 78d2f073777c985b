import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';

/**
 * What a hold stops: that builds move `latest`; that versions are published; that they are built; that
 * `refresh` gives the image a new one.
 */
export const holdStops = ['latest', 'publish', 'build', 'refresh'] as const;
export type HoldStop = (typeof holdStops)[number];

/** A `[[hold]]` of a workspace file. */
export interface Hold {
  /** Globs and names, as `--select` takes them. */
  readonly images: readonly Found<string>[];
  readonly stops: readonly HoldStop[];
  /** When it begins; absent: it has begun. */
  readonly from?: HoldTime;
  /** When it ends; absent: when it is removed. */
  readonly until?: HoldTime;
  readonly reason: string;
  /** What it does not stop: images whose newest changelog block fixes a vulnerability. */
  readonly unless?: 'security';
  /** Where it begins. */
  readonly place: Place;
}

export interface HoldTime {
  /** As written. */
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** What a workspace file says that keeps runs from doing something. */
export interface HoldKeys {
  readonly holds: readonly Hold[];
  /** While this file is there, nobody who is not at a terminal begins; as written. */
  readonly stopFile?: Found<string>;
}

/** Each is tried on every image. */
const mostHolds = 1_000;

/** Reads `[[hold]]` and `stop_file`. Complains of whatever would make a hold hold something else. */
export function readHoldKeys(table: TableReader): HoldKeys {
  const stopFile = readStopFile(table);
  const list = table.tables('hold') ?? [];
  if (list.length > mostHolds) {
    table.complain(`there are more than ${mostHolds} holds`, table.keyPlace('hold'));
    return { holds: [], ...stopFile };
  }
  return { holds: list.flatMap(readHold), ...stopFile };
}

function readStopFile(table: TableReader): Pick<HoldKeys, 'stopFile'> {
  const value = table.string('stop_file');
  if (value === '') {
    table.complain('stop_file must not be empty', table.valuePlace('stop_file'));
    return {};
  }
  if (value !== undefined && (value.startsWith('/') || value.split('/').includes('..'))) {
    const message = 'stop_file leads out of the directory of the workspace file';
    const hint = 'the environment variable GENERATE_BAKE_STOP may name a file elsewhere';
    table.complain(message, table.valuePlace('stop_file'), hint);
    return {};
  }
  return value === undefined ? {} : { stopFile: { value, place: table.valuePlace('stop_file') } };
}

function readHold(table: TableReader): Hold[] {
  const before = table.diagnostics.length;
  const images = readImages(table);
  const stops = readStops(table);
  const from = readTime(table, 'from', 'start');
  const until = readTime(table, 'until', 'end');
  const reason = readReason(table);
  const unless = table.choice('unless', ['security']);
  if (from !== undefined && until !== undefined && until.time <= from.time) {
    table.complain('the hold ends before it begins', table.valuePlace('until'));
  }
  table.finish();
  return table.diagnostics.length > before
    ? []
    : [
        {
          images,
          stops,
          ...(from === undefined ? {} : { from }),
          ...(until === undefined ? {} : { until }),
          reason,
          ...(unless === undefined ? {} : { unless }),
          place: table.place,
        },
      ];
}

function readImages(table: TableReader): readonly Found<string>[] {
  const images = table.strings('images', 'a glob') ?? [];
  if (!table.has('images')) {
    const hint = 'add images = ["name"], or images = ["*"] for all of them';
    table.complain('a hold needs images', table.place, hint);
  } else if (images.length === 0 && Array.isArray(table.raw('images'))) {
    const hint = 'name them, or remove the hold';
    table.complain('the hold is about no images', table.valuePlace('images'), hint);
  }
  for (const { value, place } of images) {
    if (value.trim() === '') {
      table.complain('an entry of images is empty', place);
    }
  }
  return images;
}

function readStops(table: TableReader): readonly HoldStop[] {
  const words = table.strings('stops', 'a word');
  if (words === undefined) {
    return holdStops;
  }
  const known = `the words are: ${holdStops.join(', ')}`;
  if (words.length === 0) {
    table.complain('the hold stops nothing', table.valuePlace('stops'), known);
  }
  return words.flatMap(({ value, place }) => {
    const stop = holdStops.find((each) => each === value);
    if (stop === undefined) {
      table.complain(`a hold cannot stop "${value}"`, place, known);
    }
    return stop ?? [];
  });
}

function readReason(table: TableReader): string {
  const reason = table.string('reason') ?? '';
  if (!table.has('reason')) {
    table.complain('a hold needs a reason', table.place, 'add reason = "…": every run says it');
  } else if (reason.trim() === '' && typeof table.raw('reason') === 'string') {
    table.complain('the reason is empty', table.valuePlace('reason'), 'every run says it');
  } else {
    const unfit = whyUnfit(reason);
    if (unfit !== undefined) {
      table.complain(unfit, table.valuePlace('reason'));
    }
  }
  return reason;
}

/** Why a text cannot be the reason of a hold, which every run says in a line; undefined where it can. */
export function whyUnfit(reason: string): string | undefined {
  if (/[\n\r]/.test(reason)) {
    return 'the reason is more than one line';
  }
  return /\p{Cc}/u.test(reason) ? 'the reason contains a control character' : undefined;
}

function readTime(table: TableReader, key: 'from' | 'until', edge: Edge): HoldTime | undefined {
  const text = table.string(key);
  if (text === undefined) {
    return undefined;
  }
  const time = holdTime(text, edge);
  if (time === undefined) {
    const message = `${key} is not a day or a time: ${JSON.stringify(text)}`;
    table.complain(message, table.valuePlace(key), timeHint);
  }
  return time;
}

export const timeHint = 'write it as 2026-12-31 (a whole day, UTC) or 2026-12-31T18:00:00+01:00';

type Edge = 'start' | 'end';

/**
 * A day, which counts whole in UTC, or a time of RFC 3339 with its zone. Undefined where it is neither, or
 * where there is no such day.
 */
export function holdTime(text: string, edge: Edge): HoldTime | undefined {
  const parts =
    /^(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d)))?$/.exec(
      text,
    );
  if (parts === null) {
    return undefined;
  }
  const [, year, month, day, hour, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = parts;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  const isReal =
    date.getUTCDate() === Number(day) &&
    Number(hour ?? 0) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    Number(zoneHour) < 24 &&
    Number(zoneMinute) < 60;
  if (!isReal) {
    return undefined;
  }
  if (hour === undefined) {
    return { text, time: date.getTime() + (edge === 'end' ? dayMs : 0) };
  }
  return { text, time: Date.parse(text.toUpperCase()) };
}

const dayMs = 86_400_000;
