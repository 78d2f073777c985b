/** A moment with the time zone to show it in. Everything that dates something is given one. */
export interface Moment {
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

/**
 * The present in the machine's time zone, or `SOURCE_DATE_EPOCH`
 * (https://reproducible-builds.org/specs/source-date-epoch/) in UTC when it is set, so that the
 * same input gives the same bytes. Undefined when that variable is not a number of seconds.
 */
export function momentOf(
  env: Readonly<Record<string, string | undefined>>,
  now: Date,
): Moment | undefined {
  const fixed = env.SOURCE_DATE_EPOCH;
  if (fixed === undefined || fixed === '') {
    return { seconds: Math.floor(now.getTime() / 1000), offset: -now.getTimezoneOffset() };
  }
  // Beyond the year 9999 there is no date of four digits.
  const known = /^\d+$/.test(fixed) && Number(fixed) <= 253_402_300_799;
  return known ? { seconds: Number(fixed), offset: 0 } : undefined;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The date of a changelog's trailer as docker-pkg writes it: strftime's `%a, %e %b %Y %T %z` in C. */
export function changelogDate(moment: Moment): string {
  const local = localDate(moment);
  const day = String(local.getUTCDate()).padStart(2, ' ');
  const time = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(two);
  const minutes = Math.abs(moment.offset);
  const zone = `${moment.offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
  const date = `${day} ${months[local.getUTCMonth()]} ${year(local)}`;
  return `${days[local.getUTCDay()]}, ${date} ${time.join(':')} ${zone}`;
}

/** The local day as a version's suffix has it: `20260816`. */
export function dayStamp(moment: Moment): string {
  const local = localDate(moment);
  return `${year(local)}${two(local.getUTCMonth() + 1)}${two(local.getUTCDate())}`;
}

/** A date whose UTC fields are the moment's local ones. */
function localDate(moment: Moment): Date {
  return new Date((moment.seconds + moment.offset * 60) * 1000);
}

function year(date: Date): string {
  return String(date.getUTCFullYear()).padStart(4, '0');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
