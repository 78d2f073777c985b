const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

const rfc2822 =
  /^\s*(?:\p{L}+,\s*)?(\d{1,2})\s+(\p{L}{3,})\s+(\d{4})\s+(\d{1,2}):(\d\d):(\d\d)\s+([-+])(\d\d)(\d\d)\s*$/u;

/**
 * The date of a changelog's trailer (`Sun, 16 Aug 2026 06:00:34 +0000`) in RFC 3339, in its own
 * time zone (`Z` for +0000); undefined where it is no such date, or one that no calendar has. The
 * day of the week is not compared with the date, as in docker-pkg.
 */
export function toRfc3339(date: string): string | undefined {
  const match = rfc2822.exec(date);
  if (match === null) {
    return undefined;
  }
  const [, day = '', name = '', year = '', hour = '', minute = '', second = ''] = match;
  const [sign = '+', zoneHour = '', zoneMinute = ''] = match.slice(7);
  const month = months.findIndex((known) => known.startsWith(name.toLowerCase()));
  if (month === -1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) {
    return undefined;
  }
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) {
    return undefined;
  }
  const lastDay = new Date(Date.UTC(Number(year), month + 1, 0)).getUTCDate();
  if (Number(day) < 1 || Number(day) > lastDay) {
    return undefined;
  }
  const zone = zoneHour === '00' && zoneMinute === '00' ? 'Z' : `${sign}${zoneHour}:${zoneMinute}`;
  const two = (text: string | number) => String(text).padStart(2, '0');
  return `${year}-${two(month + 1)}-${two(day)}T${two(hour)}:${minute}:${second}${zone}`;
}
