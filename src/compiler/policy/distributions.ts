import type { Found } from '#formats/settings/tableReader.js';

/** A release of a distribution: `debian`, `bookworm`, `12`. */
interface OfRelease {
  readonly distribution: string;
  readonly codename: string;
  readonly number?: string;
}

/** Whether a list of names (`debian`, `bookworm`, `debian:12`, `alpine`) has a release, or its distribution. */
export function allowsRelease(list: readonly Found<string>[], release: OfRelease): boolean {
  const { distribution, codename, number } = release;
  const names = new Set([
    distribution,
    codename,
    `${distribution}:${codename}`,
    ...(number === undefined ? [] : [`${distribution}:${number}`]),
  ]);
  return list.some(({ value }) => names.has(value.toLowerCase()));
}
