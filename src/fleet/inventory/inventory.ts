import type { LayerListing } from '#adapters/layers/listing.js';
import { type DatabasePackage, readDatabase } from '#formats/debian/installed.js';
import { FileTree, ImpossibleImage } from '../contents/fileTree.js';
import { type UnreadDatabase, unreadDatabases } from '../contents/packages.js';
import { aptFilesOf } from './aptFiles.js';
import { type Distribution, readOsRelease } from './osRelease.js';
import { type FileReader, filesIn } from './readFile.js';

/** What one image has of packages, and what its apt would look for newer ones with. */
export interface Inventory {
  /** As dpkg names it (`amd64`, `armhf`): the one that packages are of where they do not say. */
  readonly architecture: string;
  /** Those that `dpkg --add-architecture` added. */
  readonly foreignArchitectures: readonly string[];
  /** Absent: it does not say which it is. */
  readonly distribution?: Distribution;
  /** Debian packages, by name and then architecture, in the order of characters. */
  readonly packages: readonly DatabasePackage[];
  /**
   * What apt reads, byte for byte, by its path in the image without the first `/`: dpkg's database (the files of
   * `var/lib/dpkg/status.d` in distroless images), sources, preferences, keyrings, `extended_states`, apt.conf. What is a
   * link in the image has the content that it leads to.
   */
  readonly aptFiles: ReadonlyMap<string, Uint8Array>;
  /** Databases of other packages, which are not read. */
  readonly other: readonly UnreadDatabase[];
  /** It has a configuration of apt, which nobody may use: its hooks are programs. */
  readonly hasAptConf: boolean;
  /** What could not be read of it, as clauses: `etc/apt/sources.list is larger than 1 MiB`. */
  readonly unread: readonly string[];
}

/**
 * The inventory of an image by its layers, lowest first: excerpts of them are enough.
 *
 * @param platform as the image's configuration has it: `linux/amd64`
 * @throws ImpossibleImage for layers that no engine could unpack, and where a database of dpkg is there and cannot be
 *   read: what is not known must not look like a package that is not there
 */
export function inventoryOf(layers: readonly LayerListing[], platform: string): Inventory {
  const tree = new FileTree(layers);
  const unread: string[] = [];
  const files = filesIn(tree, unread);
  const distribution = distributionOf(files);
  const databases = databasesOf(tree);
  const packages = [...databases].flatMap(([path, bytes]) => packagesIn(path, bytes));
  const [native, ...foreign] = linesOf(files.read('var/lib/dpkg/arch'));
  const other = [...unreadDatabases].flatMap(([path, kind]) => (files.has(path) ? [kind] : []));
  return {
    architecture: native ?? debianArchitecture(platform),
    foreignArchitectures: foreign,
    ...(distribution === undefined ? {} : { distribution }),
    packages: distinct(packages).sort(byNameAndArchitecture),
    aptFiles: new Map([...databases, ...aptFilesOf(files)]),
    other: [...new Set(other)],
    hasAptConf: files.has('etc/apt/apt.conf') || files.namesIn('etc/apt/apt.conf.d').length > 0,
    unread,
  };
}

const database = 'var/lib/dpkg/status';

function databasesOf(tree: FileTree): ReadonlyMap<string, Uint8Array> {
  const unread: string[] = [];
  const files = filesIn(tree, unread);
  const names = files.namesIn(`${database}.d`).filter((name) => !name.endsWith('.md5sums'));
  const paths = [database, ...names.map((name) => `${database}.d/${name}`)];
  const found = new Map(
    paths.flatMap((path) => {
      const bytes = files.read(path);
      return bytes === undefined ? [] : [[path, bytes] as const];
    }),
  );
  if (!found.has(database) && files.has(database)) {
    unread.push(`${database} is not a regular file`);
  }
  // dpkg reads them as a part of its database, in which it writes them when it is done.
  if (tree.namesIn('var/lib/dpkg/updates').some((name) => /^\d+$/.test(name))) {
    unread.push('var/lib/dpkg/updates has changes of a dpkg that was interrupted');
  }
  const [clause] = unread;
  if (clause !== undefined) {
    throw new ImpossibleImage(clause);
  }
  return found;
}

function packagesIn(path: string, bytes: Uint8Array): readonly DatabasePackage[] {
  const text = Buffer.from(bytes).toString('utf8');
  const { packages, problem } = readDatabase(text, path === database ? 'status' : 'status.d');
  if (problem !== undefined) {
    throw new ImpossibleImage(`${path}:${problem.line}: ${problem.message}`);
  }
  return packages;
}

/** Of a package that several files have alike, the first one. */
function distinct(packages: readonly DatabasePackage[]): DatabasePackage[] {
  const found = new Map<string, DatabasePackage>();
  for (const each of packages) {
    const key = `${each.name} ${each.version} ${each.architecture}`;
    if (!found.has(key)) {
      found.set(key, each);
    }
  }
  return [...found.values()];
}

function distributionOf(files: FileReader): Distribution | undefined {
  // os-release(5): the first of them that is there.
  const bytes = files.read('etc/os-release') ?? files.read('usr/lib/os-release');
  return bytes === undefined ? undefined : readOsRelease(Buffer.from(bytes).toString('utf8'));
}

function linesOf(bytes: Uint8Array | undefined): string[] {
  const text = Buffer.from(bytes ?? []).toString('utf8');
  return text.split('\n').flatMap((line) => line.trim() || []);
}

/** What Debian calls the architectures that OCI has other words for (dpkg's cputable and Go's GOARCH). */
const debianNames: ReadonlyMap<string, string> = new Map([
  ['386', 'i386'],
  ['arm', 'armhf'],
  ['arm/v5', 'armel'],
  ['arm/v6', 'armel'],
  ['arm/v7', 'armhf'],
  ['arm64/v8', 'arm64'],
  ['loong64', 'loong64'],
  ['mips64le', 'mips64el'],
  ['mipsle', 'mipsel'],
  ['ppc64le', 'ppc64el'],
]);

function debianArchitecture(platform: string): string {
  const [, machine = '', variant] = platform.split('/');
  const whole = variant === undefined ? machine : `${machine}/${variant}`;
  return debianNames.get(whole) ?? debianNames.get(machine) ?? machine;
}

function byNameAndArchitecture(a: DatabasePackage, b: DatabasePackage): number {
  return compared(a.name, b.name) || compared(a.architecture, b.architecture);
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
