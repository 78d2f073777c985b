import { parseReference } from '#core/reference/reference.js';
import type { TableReader } from '../settings/tableReader.js';

/** `major.minor.patch` of a frontend of Blubber; undefined where its reference has no such tag. */
export type FrontendVersion = readonly [number, number, number] | undefined;

export function versionOfFrontend(reference: string | undefined): FrontendVersion {
  const parsed = reference === undefined ? undefined : parseReference(reference);
  const tag = parsed?.kind === 'reference' ? parsed.tag : undefined;
  const match = /^v(\d+)\.(\d+)\.(\d+)$/.exec(tag ?? '');
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** In which releases of Blubber a key of version 4 is known: the format had no other changes. */
const releases: Readonly<Record<string, { readonly since?: string; readonly until?: string }>> = {
  'use-system-flag': { until: 'v0.23.0' },
  'use-system-site-packages': { since: 'v0.23.0' },
  exclude: { since: 'v1.2.0' },
  'signed-by': { since: 'v1.2.0' },
  mounts: { since: 'v1.2.0' },
  caches: { since: 'v1.2.0' },
  script: { since: 'v1.3.0' },
  'runs.in': { since: 'v1.4.0' },
  arguments: { since: 'v1.5.0' },
  only: { since: 'v1.6.0' },
  without: { since: 'v1.6.0' },
  venv: { since: 'v1.7.0' },
  'pip-version': { since: 'v1.8.0' },
  'setuptools-version': { since: 'v1.8.0' },
  'wheel-version': { since: 'v1.8.0' },
};

/** What is written in place of a key that is gone. */
const replacements: Readonly<Record<string, string>> = {
  'use-system-flag': 'write use-system-site-packages',
};

/** Complains of keys that the frontend of a file does not know yet, or not any more. */
export function checkReleases(table: TableReader, frontend: FrontendVersion, within = ''): void {
  if (frontend === undefined) {
    return;
  }
  const own = `v${frontend.join('.')}`;
  for (const key of table.data.keys()) {
    const { since, until } = releases[`${within}${String(key)}`] ?? {};
    if (since !== undefined && isBefore(frontend, since)) {
      const hint = `name a newer frontend, or leave ${String(key)} out`;
      const message = `${String(key)} is known since ${since} of Blubber, and the file is built by ${own}`;
      table.complain(message, table.keyPlace(String(key)), hint);
    }
    if (until !== undefined && !isBefore(frontend, until)) {
      const hint = replacements[String(key)] ?? `leave ${String(key)} out`;
      const message = `Blubber has no ${String(key)} since ${until}, and the file is built by ${own}`;
      table.complain(message, table.keyPlace(String(key)), hint);
    }
  }
}

function isBefore(version: readonly number[], other: string): boolean {
  const parts = other.slice(1).split('.').map(Number);
  const at = parts.findIndex((part, index) => part !== version[index]);
  return at !== -1 && (version[at] ?? 0) < (parts[at] ?? 0);
}
