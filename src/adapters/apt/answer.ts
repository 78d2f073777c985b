import { compareVersions } from '#formats/debian/version.js';
import type { KnownVersion, PackageList, PackagePolicy } from './policy.js';
import type { ImageFiles } from './sources.js';

/** A package that dpkg's database of an image has as installed. */
export interface AskedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Want, flag and state. */
  readonly status?: string;
}

/** One image, as apt is asked about it. */
export interface AptQuestion {
  /** dpkg's database, sources, preferences, keyrings, and apt.conf, which is never used. */
  readonly files: ImageFiles;
  /** As dpkg names it. */
  readonly architecture: string;
  readonly foreignArchitectures: readonly string[];
  /** All that the database has. */
  readonly packages: readonly AskedPackage[];
  /** A URL; it may have a password. Absent: that of the environment, if there is one. */
  readonly proxy?: string;
  /** What the engine may know it by, or pull; where this machine has no apt, a container of it is asked. */
  readonly image?: string;
  /** The sources are those of a recipe: whoever wrote it wants them as they are. */
  readonly isChosen?: boolean;
}

/** Where a version of a package comes from, as the Release file of its archive says. */
export interface Archive {
  /** `Debian`. */
  readonly origin?: string;
  /** `Debian-Security`. */
  readonly label?: string;
  /** `stable-security`. */
  readonly archive?: string;
  /** `bookworm-security`. */
  readonly codename?: string;
}

/**
 * A package of which its image's own sources have a newer version that apt would take, or another build of the
 * same version.
 */
export interface Candidate {
  readonly name: string;
  readonly architecture: string;
  readonly installed: string;
  readonly candidate: string;
  /** That have the candidate. */
  readonly archives: readonly Archive[];
  /** An archive labelled Debian-Security has a version that is newer than the installed one. */
  readonly isSecurity: boolean;
  /** dpkg holds it: `upgrade` would leave it. */
  readonly isHeld: boolean;
}

/** A package of which there is a newer version, and that the image's own preferences keep. */
export interface PinnedPackage {
  readonly name: string;
  readonly architecture: string;
  readonly installed: string;
  readonly newest: string;
  /** That the newest has. */
  readonly priority: number;
}

export type AptAnswer =
  | {
      readonly kind: 'known';
      /** As `apt list --upgradable` has them, by name. */
      readonly candidates: readonly Candidate[];
      readonly pinned: readonly PinnedPackage[];
    }
  /** Nobody may call the image up to date. The reason is a clause about it. */
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'cancelled' };

/** The name that apt prints for a package. */
function nameInApt({ name, architecture }: AskedPackage, own: string): string {
  return architecture === own || architecture === 'all' ? name : `${name}:${architecture}`;
}

/** The same for a command line: a pattern of apt is none of these. */
export function nameForApt({ name, architecture }: AskedPackage, own: string): string {
  return `${name}:${architecture === 'all' ? own : architecture}`;
}

/** Names that are what they seem on a command line of apt. */
export function isPlain({ name, architecture }: AskedPackage): boolean {
  return /^[a-z0-9][a-z0-9+.-]*$/i.test(name) && /^[a-z0-9][a-z0-9-]*$/.test(architecture);
}

/** Priorities of archives that ask not to be taken by themselves (backports, experimental): no pin made them. */
const ofArchives: ReadonlySet<number> = new Set([1, 100]);

/** What apt says of all packages of an image. Unknown where it does not say it of each, as it is installed. */
export function answerOf(
  { packages, architecture }: Pick<AptQuestion, 'packages' | 'architecture'>,
  policies: ReadonlyMap<string, PackagePolicy>,
  lists: ReadonlyMap<string, PackageList>,
): AptAnswer {
  const candidates: Candidate[] = [];
  const pinned: PinnedPackage[] = [];
  /** Whether an archive has any of the packages, in whatever version. */
  let isKnownAnywhere = false;
  for (const each of packages) {
    const policy = policies.get(nameInApt(each, architecture));
    if (policy === undefined || policy.installed !== each.version) {
      const what = `${each.name} ${each.version} (${each.architecture})`;
      return { kind: 'unknown', reason: `apt does not see its package ${what} as it is installed` };
    }
    isKnownAnywhere ||= policy.versions.some(({ lists: from }) =>
      from.some((name) => lists.has(name)),
    );
    const newer = policy.versions.filter(
      ({ version, lists: from }) =>
        from.some((name) => lists.has(name)) && compareVersions(version, each.version) > 0,
    );
    const archivesOf = (names: readonly string[]) => names.flatMap((name) => lists.get(name) ?? []);
    const { name, version: installed } = each;
    const { candidate } = policy;
    const rebuilt = candidate === installed ? rebuiltIn(policy) : undefined;
    if (
      rebuilt !== undefined ||
      (candidate !== '(none)' && compareVersions(candidate, installed) > 0)
    ) {
      const taken = rebuilt ?? newer.find(({ version }) => version === candidate);
      candidates.push({
        name,
        architecture: each.architecture,
        installed,
        candidate,
        archives: archivesOf(taken?.lists ?? []).map(withoutName),
        isSecurity: newer.some(({ lists: from }) =>
          archivesOf(from).some(({ label }) => label === 'Debian-Security'),
        ),
        isHeld: /^hold\b/.test(each.status ?? ''),
      });
      continue;
    }
    const kept = newer.find(({ priority }) => !ofArchives.has(priority));
    if (kept !== undefined) {
      const { version: newest, priority } = kept;
      pinned.push({ name, architecture: each.architecture, installed, newest, priority });
    }
  }
  // An archive that is empty, or of another architecture, has nothing newer either.
  return isKnownAnywhere || packages.length === 0
    ? { kind: 'known', candidates, pinned }
    : { kind: 'unknown', reason: 'its sources have none of its packages' };
}

/**
 * Another build of the installed version, of other dependencies or another size, which apt takes in its place:
 * of two that are preferred alike it is the one of an archive.
 */
function rebuiltIn({ installed, versions }: PackagePolicy): KnownVersion | undefined {
  const own = versions.find(({ isInstalled }) => isInstalled);
  return versions.find(
    ({ version, isInstalled, priority }) =>
      version === installed && !isInstalled && own !== undefined && priority >= own.priority,
  );
}

function withoutName({ name: _, ...archive }: PackageList): Archive {
  return archive;
}
