import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import { compareVersions } from '#formats/debian/version.js';

/** Vulnerabilities that releases of Debian have fixed, as the file of Debian's security tracker says. */
export interface Tracker {
  /** Releases that it knows, by codename. */
  readonly releases: ReadonlySet<string>;
  /** By source package. */
  readonly fixes: ReadonlyMap<string, readonly Fix[]>;
}

export interface Fix {
  /** `CVE-2024-5535`. */
  readonly id: string;
  readonly release: string;
  /** The version of the source package that has the fix. */
  readonly version: string;
}

export type ReadTracker =
  | { readonly kind: 'read'; readonly tracker: Tracker }
  | { readonly kind: 'wrong'; readonly problem: Diagnostic };

/** In bytes; the whole file has about 70 MB. */
export const longestTracker = 400 * 1024 ** 2;
const hint = 'name a copy of the file data/json of the Debian security tracker';

/**
 * Reads the JSON of Debian's security tracker: package → vulnerability → `releases` → `fixed_version`. A fixed version `0` is one
 * that was never affected. Errors: `cve-file` for what is something else. `shown` is the file as it was named.
 */
export function readTracker(path: string, shown: string): ReadTracker {
  const wrong = (message: string): ReadTracker => ({
    kind: 'wrong',
    problem: error('cve-file', message, { place: { file: shown }, hint }),
  });
  let content: unknown;
  try {
    const bytes = readBytes(path, longestTracker + 1);
    if (bytes.length > longestTracker) {
      return wrong(`the file is larger than ${longestTracker / 1024 ** 2} MiB`);
    }
    content = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    return wrong(cause instanceof SyntaxError ? 'not JSON' : `the file ${whyNot(cause)}`);
  }
  const releases = new Set<string>();
  const fixes = new Map<string, Fix[]>();
  for (const [source, vulnerabilities] of entriesOf(content)) {
    for (const [id, vulnerability] of entriesOf(vulnerabilities)) {
      for (const [release, state] of entriesOf(valueIn(vulnerability, 'releases'))) {
        releases.add(release);
        const version = valueIn(state, 'fixed_version');
        if (typeof version === 'string' && version !== '0') {
          const known = fixes.get(source) ?? [];
          known.push({ id, release, version });
          fixes.set(source, known);
        }
      }
    }
  }
  return releases.size === 0
    ? wrong('not a file of the Debian security tracker: it names no release')
    : { kind: 'read', tracker: { releases, fixes } };
}

/** What is fixed in a release and not in this version of a source package, by name. */
export function fixesFor(
  { fixes }: Tracker,
  release: string,
  { source, sourceVersion }: { readonly source: string; readonly sourceVersion: string },
): readonly Fix[] {
  return (fixes.get(source) ?? [])
    .filter((fix) => fix.release === release && compareVersions(sourceVersion, fix.version) < 0)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : [];
}

function valueIn(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
