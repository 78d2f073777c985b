import type { LayerListing } from '#adapters/layers/listing.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import type { Digest } from '#core/reference/brands.js';
import { repositoryOf } from '#core/reference/reference.js';
import { type FileChange, fileChanges, ownersIn } from './compareFiles.js';
import { FileTree, type ImageEntry, ImpossibleImage } from './fileTree.js';
import {
  type PackageChange,
  packageChanges,
  packageSetOf,
  type UnreadDatabase,
} from './packages.js';
import type { ImageSettings, Setting, SettingKey } from './settings.js';

/** An image, as far as it was read. */
export interface ImageContents {
  readonly settings: ImageSettings;
  /** What each layer is, by its digest; those that were not needed are missing. */
  readonly listings: ReadonlyMap<Digest, LayerListing>;
}

/** All that is different in the second of two images. */
export interface Differences {
  readonly verdict: Verdict;
  readonly packages: readonly PackageChange[];
  /** How many packages are the same in both; absent: their database is in a layer that both have, and was not read. */
  readonly unchanged?: number;
  /** Databases of packages that one of them has, and that are not read. */
  readonly unread: readonly UnreadDatabase[];
  readonly settings: readonly SettingChange[];
  readonly files: readonly FileChange[];
}

/** The most that must be said of two images. */
export type Verdict =
  | 'same'
  /** Only what each build of the same makes anew: our labels, logs, caches, the package manager's state. */
  | 'rebuilt'
  /** That, and packages of higher versions with their files. */
  | 'upgrades'
  | 'other';

export interface SettingChange {
  readonly key: SettingKey;
  readonly name?: string;
  /** Absent: it was not set. */
  readonly from?: string;
  readonly to?: string;
  /** It is a label that says which build this is. */
  readonly isExpected: boolean;
}

/**
 * Compares two images. Undefined: it cannot be told without their lowest layers, which both have and of
 * which `listings` lacks some.
 */
export function compare(from: ImageContents, to: ImageContents): Differences | undefined {
  const shared = sharedLayers(from.settings, to.settings);
  const isWhole = [from, to].every(({ settings, listings }) =>
    settings.diffIds.every((digest) => listings.has(digest)),
  );
  const skipped = isWhole ? 0 : shared;
  const left = new FileTree(layersOf(from, skipped));
  const right = new FileTree(layersOf(to, skipped));
  if (!isWhole && !left.hidesAlike(right)) {
    return undefined;
  }
  const dangling = isWhole ? (left.danglingLink() ?? right.danglingLink()) : undefined;
  if (dangling !== undefined) {
    const { path, target } = dangling;
    throw new ImpossibleImage(`one has a hard link ${path} to /${target}, which is not there`);
  }
  const found = differences(from, to, left, right);
  // Which files are a package's may depend on links of the layers below.
  const isUnclear = found.packages.length > 0 && found.files.some(isOther);
  return !isWhole && isUnclear ? undefined : withoutUnknown(found, isWhole);
}

/** How many of their lowest layers two images have in common. */
export function sharedLayers(from: ImageSettings, to: ImageSettings): number {
  const at = from.diffIds.findIndex((digest, index) => to.diffIds[index] !== digest);
  return at === -1 ? from.diffIds.length : at;
}

function layersOf({ settings, listings }: ImageContents, skipped: number): LayerListing[] {
  return settings.diffIds.slice(skipped).map((digest) => {
    const listing = listings.get(digest);
    if (listing === undefined) {
      throw new Error(`the layer ${digest} was not read`);
    }
    return listing;
  });
}

function differences(
  from: ImageContents,
  to: ImageContents,
  left: FileTree,
  right: FileTree,
): Differences {
  const [before, after] = [left.files(), right.files()];
  const [had, has] = [packageSetOf(before), packageSetOf(after)];
  const packages = packageChanges(had, has);
  const files = fileChanges(before, after, ownersOf(left, before, right, after, packages));
  const settings = settingChanges(from.settings, to.settings);
  const gone = packages.filter(({ change }) => change !== 'added').length;
  return {
    verdict: verdictOf({ packages, files, settings }),
    packages,
    unchanged: had.packages.size - gone,
    unread: [...new Set([...had.unread, ...has.unread])],
    settings,
    files,
  };
}

function ownersOf(
  left: FileTree,
  before: ReadonlyMap<string, ImageEntry>,
  right: FileTree,
  after: ReadonlyMap<string, ImageEntry>,
  packages: readonly PackageChange[],
): ReadonlyMap<string, string> {
  const names = new Set(packages.map(({ name }) => name));
  return new Map([...ownersIn(left, before, names), ...ownersIn(right, after, names)]);
}

/** A database that no upper layer has says nothing of how many packages there are. */
function withoutUnknown(found: Differences, isWhole: boolean): Differences {
  const { unchanged, ...known } = found;
  return isWhole || (unchanged ?? 0) > 0 ? found : known;
}

function settingChanges(from: ImageSettings, to: ImageSettings): SettingChange[] {
  const keys = [...new Set([...from.settings.keys(), ...to.settings.keys()])];
  return keys.flatMap((each): SettingChange[] => {
    const before = from.settings.get(each);
    const after = to.settings.get(each);
    const one = after ?? before;
    if (one === undefined || before?.value === after?.value) {
      return [];
    }
    const { key, name } = one;
    return [
      {
        key,
        ...(name === undefined ? {} : { name }),
        ...(before === undefined ? {} : { from: before.value }),
        ...(after === undefined ? {} : { to: after.value }),
        isExpected: isOfBuild(one) || isSameBase(one, before, after),
      },
    ];
  });
}

const oci = 'org.opencontainers.image.';
const ofBuild: ReadonlySet<string> = new Set([
  definitionLabel,
  // The author is that of the newest block of the changelog: whoever made this version.
  ...['version', 'created', 'revision', 'authors', 'base.digest'].map((key) => oci + key),
]);

function isOfBuild({ key, name }: Pick<Setting, 'key' | 'name'>): boolean {
  return key === 'label' && name !== undefined && ofBuild.has(name);
}

/** A base of another version is the same base. */
function isSameBase(
  { key, name }: Pick<Setting, 'key' | 'name'>,
  before: Setting | undefined,
  after: Setting | undefined,
): boolean {
  return (
    key === 'label' &&
    name === `${oci}base.name` &&
    before !== undefined &&
    after !== undefined &&
    repositoryOf(before.value) === repositoryOf(after.value)
  );
}

function isOther({ because }: FileChange): boolean {
  return because === 'other';
}

function verdictOf({
  packages,
  files,
  settings,
}: Pick<Differences, 'packages' | 'files' | 'settings'>): Verdict {
  const isMore =
    packages.some(({ change }) => change !== 'upgraded') ||
    files.some(isOther) ||
    settings.some(({ isExpected }) => !isExpected);
  if (isMore) {
    return 'other';
  }
  if (packages.length > 0) {
    return 'upgrades';
  }
  return files.length + settings.length > 0 ? 'rebuilt' : 'same';
}
