/** A list of packages that apt knows: what `apt-cache policy` calls a package file. */
export interface PackageList {
  /** As `apt-cache policy` names it below a version. */
  readonly name: string;
  /** Of its Release file; absent: it does not say. */
  readonly origin?: string;
  readonly label?: string;
  readonly archive?: string;
  readonly codename?: string;
}

/** A version of a package that apt knows. */
export interface KnownVersion {
  readonly version: string;
  readonly priority: number;
  /** The one that dpkg's database has: another build may have the same version. */
  readonly isInstalled: boolean;
  /** The names of the lists that have it. */
  readonly lists: readonly string[];
}

export interface PackagePolicy {
  readonly installed: string;
  readonly candidate: string;
  /** The newest first. */
  readonly versions: readonly KnownVersion[];
}

/** The lists in what `apt-cache policy` prints without a package, by name. */
export function readLists(text: string): ReadonlyMap<string, PackageList> {
  const lists = new Map<string, PackageList>();
  let name: string | undefined;
  for (const line of text.split('\n')) {
    const head = /^ {1,4}-?\d+ (.+)$/.exec(line);
    const release = /^ {5}release (.*)$/.exec(line);
    if (/^\S/.test(line) && line !== 'Package files:') {
      break;
    }
    if (head !== null) {
      name = head[1] ?? '';
      lists.set(name, { name });
    } else if (release !== null && name !== undefined) {
      // Values may have commas: a name of one letter and `=` begins the next.
      const parts = (release[1] ?? '').split(/,(?=[a-z]=)/);
      const of = (letter: string) =>
        parts.find((part) => part.startsWith(`${letter}=`))?.slice(2) || undefined;
      const named = { origin: of('o'), label: of('l'), archive: of('a'), codename: of('n') };
      const said = Object.entries(named).filter(([, value]) => value !== undefined);
      lists.set(name, { name, ...Object.fromEntries(said) });
    }
  }
  return lists;
}

/**
 * What `apt-cache policy NAME…` prints, by the name that it prints: `bash`, `libc6:i386`. Undefined where it
 * is in another form.
 */
export function readPolicies(text: string): ReadonlyMap<string, PackagePolicy> | undefined {
  const policies = new Map<string, PackagePolicy>();
  for (const part of text.split(/^(?=\S)/m)) {
    if (part === '') {
      continue;
    }
    const [head = '', installed = '', candidate = '', ...table] = part.trimEnd().split('\n');
    const name = /^(\S+):$/.exec(head)?.[1];
    const has = /^ {2}Installed: (\S+|\(none\))$/.exec(installed)?.[1];
    const takes = /^ {2}Candidate: (\S+|\(none\))$/.exec(candidate)?.[1];
    const versions = readTable(table);
    if (name === undefined || has === undefined || takes === undefined || versions === undefined) {
      return undefined;
    }
    policies.set(name, { installed: has, candidate: takes, versions });
  }
  return policies;
}

function readTable(lines: readonly string[]): KnownVersion[] | undefined {
  const found: (KnownVersion & { readonly lists: string[] })[] = [];
  let inTable = false;
  for (const line of lines) {
    const version = /^ (\*\*\*| {3}) (\S+) (-?\d+)(?: \(phased \d+%\))?$/.exec(line);
    const list = /^ {5,}-?\d+ (.+)$/.exec(line);
    if (line === '  Version table:') {
      inTable = true;
    } else if (!inTable) {
      // A pin on this package alone.
      if (!/^ {2}Package pin: /.test(line)) {
        return undefined;
      }
    } else if (version !== null) {
      const [, mark, name = '', priority] = version;
      const isInstalled = mark === '***';
      found.push({ version: name, priority: Number(priority), isInstalled, lists: [] });
    } else if (list !== null && found.length > 0) {
      found.at(-1)?.lists.push(list[1] ?? '');
    } else {
      return undefined;
    }
  }
  return inTable ? found : undefined;
}
