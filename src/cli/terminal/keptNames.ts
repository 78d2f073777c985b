import type { KeptImage } from '#builder/run/keptNames.js';
import type { Reference } from '#core/reference/brands.js';

/** So many names are told one by one. */
const most = 5;

/** What a build would put on images that it leaves as they are. */
export function keptNames(kept: ReadonlyMap<Reference, KeptImage>): readonly string[] {
  const lines = [...kept].flatMap(([reference, { names, isUntested }]) =>
    names.map((name) => {
      const first = isUntested ? ', once its test has passed' : '';
      return `${name} is not on ${reference}: build puts it there${first}`;
    }),
  );
  const more = lines.length - most;
  return more <= 1 ? lines : [...lines.slice(0, most), `and ${more} more names`];
}
