/** A package that dpkg's database has as installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** `amd64`, or `all`. */
  readonly architecture: string;
}

/** What dpkg has no files of any more: only its configuration is left, or nothing. */
const gone: ReadonlySet<string> = new Set(['config-files', 'not-installed']);

/** The same with all that its paragraph says of it. */
export interface DatabasePackage extends InstalledPackage {
  /** The source package that it is built from, with that one's version. */
  readonly source: string;
  readonly sourceVersion: string;
  /** Want, flag and state: `install ok installed`, `hold ok installed`; absent: in distroless images. */
  readonly status?: string;
}

/**
 * The packages of a `var/lib/dpkg/status`, or of a file of `status.d` as distroless images have them,
 * which says of no package that it is installed. As `dpkg-query --show` lists them without those that
 * were removed. A paragraph without a name or a version is none.
 */
export function installedPackages(database: string): InstalledPackage[] {
  return databasePackages(database).map(({ name, version, architecture }) => ({
    name,
    version,
    architecture,
  }));
}

/** As `installedPackages`. */
export function databasePackages(database: string): DatabasePackage[] {
  const found: DatabasePackage[] = [];
  for (const paragraph of database.split(/\n(?:[ \t\r]*\n)+/)) {
    const name = field(paragraph, 'Package');
    const version = field(paragraph, 'Version');
    const status = field(paragraph, 'Status');
    const state = status?.split(/[ \t]+/)[2];
    if (name !== undefined && version !== undefined && !gone.has(state ?? '')) {
      found.push({
        name,
        version,
        architecture: field(paragraph, 'Architecture') ?? '',
        ...sourceOf(field(paragraph, 'Source'), { name, version }),
        ...(status === undefined ? {} : { status }),
      });
    }
  }
  return found;
}

/** `Source: glibc (2.36-9)`; what is not said is as that of the package itself. */
function sourceOf(
  written: string | undefined,
  { name, version }: { readonly name: string; readonly version: string },
): Pick<DatabasePackage, 'source' | 'sourceVersion'> {
  const match = /^(\S+?)(?:[ \t]*\(([^)]*)\))?$/.exec(written ?? '');
  return { source: match?.[1] ?? name, sourceVersion: match?.[2]?.trim() || version };
}

const patterns = {
  Package: /^Package:[ \t]*(\S.*?)[ \t\r]*$/im,
  Version: /^Version:[ \t]*(\S.*?)[ \t\r]*$/im,
  Source: /^Source:[ \t]*(\S.*?)[ \t\r]*$/im,
  Status: /^Status:[ \t]*(\S.*?)[ \t\r]*$/im,
  Architecture: /^Architecture:[ \t]*(\S.*?)[ \t\r]*$/im,
};

function field(paragraph: string, name: keyof typeof patterns): string | undefined {
  return patterns[name].exec(paragraph)?.[1];
}
