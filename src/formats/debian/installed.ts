/** A package that dpkg's database has as installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** `amd64`, or `all`. */
  readonly architecture: string;
}

/** What dpkg has no files of any more: only its configuration is left, or nothing. */
const gone: ReadonlySet<string> = new Set(['config-files', 'not-installed']);

/**
 * The packages of a `var/lib/dpkg/status`, or of a file of `status.d` as distroless images have them,
 * which says of no package that it is installed. As `dpkg-query --show` lists them without those that
 * were removed. A paragraph without a name or a version is none.
 */
export function installedPackages(database: string): InstalledPackage[] {
  const found: InstalledPackage[] = [];
  for (const paragraph of database.split(/\n(?:[ \t]*\n)+/)) {
    const name = field(paragraph, 'Package');
    const version = field(paragraph, 'Version');
    // want, flag, state: `install ok installed`.
    const state = field(paragraph, 'Status')?.split(/[ \t]+/)[2];
    if (name !== undefined && version !== undefined && !gone.has(state ?? '')) {
      found.push({ name, version, architecture: field(paragraph, 'Architecture') ?? '' });
    }
  }
  return found;
}

const patterns = {
  Package: /^Package:[ \t]*(\S.*?)[ \t\r]*$/im,
  Version: /^Version:[ \t]*(\S.*?)[ \t\r]*$/im,
  Status: /^Status:[ \t]*(\S.*?)[ \t\r]*$/im,
  Architecture: /^Architecture:[ \t]*(\S.*?)[ \t\r]*$/im,
};

function field(paragraph: string, name: keyof typeof patterns): string | undefined {
  return patterns[name].exec(paragraph)?.[1];
}
