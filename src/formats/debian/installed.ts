/** A package that dpkg's database has as installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** `amd64`, or `all`. */
  readonly architecture: string;
}

/** The same with all that its paragraph says of it. */
export interface DatabasePackage extends InstalledPackage {
  /** The source package that it is built from, with that one's version. */
  readonly source: string;
  readonly sourceVersion: string;
  /** Want, flag and state: `install ok installed`, `hold ok installed`; absent: in distroless images. */
  readonly status?: string;
}

/** What a file of dpkg's database has. */
export interface DatabaseReading {
  readonly packages: readonly DatabasePackage[];
  /** The first thing in it that dpkg would refuse to read; the packages are then not all of them. */
  readonly problem?: DatabaseProblem;
}

interface DatabaseProblem {
  /** From 1. */
  readonly line: number;
  /** A sentence without a full stop: `the package bash has no version`. */
  readonly message: string;
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
export function databasePackages(database: string): readonly DatabasePackage[] {
  return readDatabase(database).packages;
}

/**
 * Reads a file of dpkg's database, as far as it can be read. What is a problem is one for dpkg too (its
 * lib/dpkg/parse.c), which also refuses lines of spaces between paragraphs, and takes a package without a status
 * as not installed.
 *
 * @param form `status.d`: a file of that directory, which may end without a newline, or be none of a package at all
 */
export function readDatabase(
  database: string,
  form: 'status' | 'status.d' = 'status',
): DatabaseReading {
  const packages: DatabasePackage[] = [];
  let problem: DatabaseProblem | undefined;
  const note = (line: number, message: string) => {
    problem ??= { line, message };
  };
  let fields = new Map<Field, string>();
  let isInParagraph = false;
  let hasPackage = false;
  const endParagraph = (line: number) => {
    if (isInParagraph) {
      hasPackage ||= fields.has('Package');
      const found = packageOf(fields, (message) => note(line, message));
      packages.push(...(found === undefined ? [] : [found]));
      fields = new Map();
      isInParagraph = false;
    }
  };
  let line = 1;
  for (let at = 0; at < database.length; line++) {
    const newline = database.indexOf('\n', at);
    const end = newline === -1 ? database.length : newline;
    if (isBlank(database, at, end)) {
      endParagraph(line);
    } else {
      isInParagraph = true;
      const isContinued = database[at] === ' ' || database[at] === '\t';
      const colon = isContinued ? at : database.indexOf(':', at);
      if (colon === -1 || colon > end) {
        note(line, 'the line is not a field');
      } else if (colon - at <= longestField) {
        const field = known.get(database.slice(at, colon).trimEnd().toLowerCase());
        if (field !== undefined && fields.has(field)) {
          note(line, `a paragraph has ${field} twice`);
        } else if (field !== undefined) {
          fields.set(field, database.slice(colon + 1, end).trim());
        }
      }
    }
    at = end + 1;
  }
  endParagraph(line);
  if (form === 'status.d' && !hasPackage) {
    return { packages: [] };
  }
  if (form === 'status' && database !== '' && !database.endsWith('\n')) {
    note(line - 1, 'the file ends within a line');
  }
  const nul = database.indexOf('\0');
  if (nul !== -1) {
    const zeros = {
      line: database.slice(0, nul).split('\n').length,
      message: 'the line has a NUL byte',
    };
    problem = problem !== undefined && problem.line < zeros.line ? problem : zeros;
  }
  return { packages, ...(problem === undefined ? {} : { problem }) };
}

const fieldNames = ['Package', 'Version', 'Source', 'Status', 'Architecture'] as const;
type Field = (typeof fieldNames)[number];
const known: ReadonlyMap<string, Field> = new Map(
  fieldNames.map((name) => [name.toLowerCase(), name]),
);
/** Those that are looked at, with spaces before their colon, are not longer. */
const longestField = 32;

/** What dpkg has no files of any more: only its configuration is left, or nothing. */
const gone: ReadonlySet<string> = new Set(['config-files', 'not-installed']);
/** What it has some of: one that never was whole has no version. */
const half = 'half-installed';
const states: ReadonlySet<string> = new Set([
  ...gone,
  half,
  ...['unpacked', 'half-configured', 'triggers-awaited', 'triggers-pending', 'installed'],
]);

/** Undefined for one that is not there, or of which nobody can say which it is. */
function packageOf(
  fields: ReadonlyMap<Field, string>,
  note: (message: string) => void,
): DatabasePackage | undefined {
  const get = (field: Field) => fields.get(field) || undefined;
  const name = get('Package');
  const version = get('Version');
  const status = get('Status');
  if (name === undefined) {
    note('a paragraph has no Package');
    return undefined;
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(name)) {
    note(`${JSON.stringify(name.slice(0, 80))} is not the name of a package`);
  }
  const state = status?.split(/[ \t]+/)[2]?.toLowerCase();
  if (status !== undefined && !states.has(state ?? '')) {
    note(`the package ${name} has no state that dpkg knows`);
  }
  if (gone.has(state ?? '')) {
    return undefined;
  }
  if (version === undefined) {
    if (state !== half) {
      note(`the package ${name} has no version`);
    }
    return undefined;
  }
  if (/\s/.test(version)) {
    note(`the package ${name} has a version with spaces`);
  }
  return {
    name,
    version,
    architecture: get('Architecture') ?? '',
    ...sourceOf(get('Source'), { name, version }),
    ...(status === undefined ? {} : { status }),
  };
}

/** `Source: glibc (2.36-9)`; what is not said is as that of the package itself. */
function sourceOf(
  written: string | undefined,
  { name, version }: { readonly name: string; readonly version: string },
): Pick<DatabasePackage, 'source' | 'sourceVersion'> {
  const [source = name, rest = ''] = written?.split(/[ \t]+(.*)/s) ?? [];
  const sourceVersion = /^\(([^)]*)\)$/.exec(rest)?.[1]?.trim();
  return { source, sourceVersion: sourceVersion || version };
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const character = text[at];
    if (character !== ' ' && character !== '\t' && character !== '\r') {
      return false;
    }
  }
  return true;
}
