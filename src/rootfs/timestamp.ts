import type { Data } from '#core/data/data.js';

/**
 * The seconds since 1970 of `2026-03-01`, `20260301`, `2026-03-01T12:00:00Z`, `20260301T120000Z`
 * (always UTC) or `@1772323200`; undefined for anything else, the 30th of February too.
 */
export function parseTimestamp(written: Data): number | undefined {
  if (typeof written !== 'string') {
    return undefined;
  }
  const seconds = /^@(\d{1,11})$/.exec(written)?.[1];
  if (seconds !== undefined) {
    return Number(seconds);
  }
  const parts =
    /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)Z)?$/.exec(written)?.slice(1) ?? [];
  const [year, month, day, hour = '00', minute = '00', second = '00'] = parts;
  if (year === undefined) {
    return undefined;
  }
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== iso) {
    return undefined;
  }
  return date.getTime() / 1000;
}

/** `20260301`, in UTC. */
export function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10).replaceAll('-', '');
}

/** `20260301T120000Z`, as snapshot archives name their states. */
export function momentOf(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** Midnight of the day, UTC: two refreshes of one day make the same. */
export function midnight(now: Date): number {
  return Math.floor(now.getTime() / 86_400_000) * 86_400;
}
