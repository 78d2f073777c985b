const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** `12h`, `30d` (minutes, hours, days, weeks) in milliseconds; undefined for anything else. */
export function parseAge(text: string): number | undefined {
  const match = /^([1-9]\d{0,5})([mhdw])$/.exec(text);
  if (match === null) {
    return undefined;
  }
  return Number(match[1]) * units[match[2] as keyof typeof units];
}
