import type { Place } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import { normalPlatform, parsePlatform } from '#formats/dockerfile/platform.js';
import type { TableReader } from '#formats/settings/tableReader.js';
import { entryIn } from './inLanguage.js';

/** What images are built for, and where the first of it is. */
export interface PlatformsKey {
  /** Empty, of an image: what the engine is, whatever its tree says. */
  readonly names: readonly string[];
  readonly place: Place;
}

/** Go's names of what Linux runs on: BuildKit fails with others once it has begun. */
const ofLinux: ReadonlySet<string> = new Set([
  ...['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mips64', 'mips64le', 'mipsle'],
  ...['ppc64', 'ppc64le', 'riscv64', 's390x'],
]);

/** `platforms` of a tree, or of an image with `isImage`, which may also do without what its tree has. */
export function readPlatforms(table: TableReader, isImage = false): PlatformsKey | undefined {
  const written = table.strings('platforms', 'a platform');
  if (written === undefined) {
    return undefined;
  }
  const [first] = written;
  if (first === undefined) {
    const place = table.valuePlace('platforms');
    if (!isImage) {
      const hint = `write ${entryIn(place, 'platforms', ['linux/amd64', 'linux/arm64'])}, or remove it`;
      table.complain('platforms is empty', place, hint);
    }
    return { names: [], place };
  }
  const seen = new Map<string, string>();
  for (const { value, place } of written) {
    const platform = parsePlatform(value);
    const normal = normalPlatform(value);
    const earlier = seen.get(normal);
    if (platform === undefined) {
      table.complain(`"${value}" is not a platform: write it as linux/amd64`, place);
    } else if (platform.os === 'linux' && !ofLinux.has(platform.architecture)) {
      const hint = didYouMean(platform.architecture, ofLinux) ?? 'write it as linux/amd64';
      const message = `"${value}" is not a platform: "${platform.architecture}" is not an architecture`;
      table.complain(message, place, hint);
    } else if (earlier !== undefined) {
      table.complain(
        value === earlier
          ? `"${value}" is there twice`
          : `"${value}" is the same platform as "${earlier}"`,
        place,
        'remove one of them',
      );
    }
    seen.set(normal, earlier ?? value);
  }
  return { names: written.map(({ value }) => value), place: first.place };
}
