import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import type { Digest, ImageName, Reference, Repository } from '#core/reference/brands.js';
import type { FrontendTakes } from '#formats/blubber/frontendTakes.js';
import type { MadeVariant } from '#formats/blubber/variant.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { BuildKeys } from '../workspace/buildKeys.js';
import type { CacheKey } from '../workspace/cacheKey.js';
import type { ExpectedChange } from '../workspace/gateKeys.js';
import type { Annotations, AttestKey } from '../workspace/manifestKeys.js';
import type { LatestMode } from '../workspace/publishKeys.js';
import type { Tree } from '../workspace/tree.js';

/** A file of ignore rules. */
export interface IgnoreRules {
  readonly text: string;
  /** As a person would open it. */
  readonly shown: string;
}

/**
 * One image as its files define it. Every reader (docker-pkg directories, plain Dockerfiles, root
 * filesystems, trees of stages, Blubber files) yields this, and nothing downstream knows which one did.
 */
export interface ImageDefinition {
  readonly tree: Tree;
  readonly name: ImageName;
  /** The tag, with the suffix of a nightly or snapshot build when one is asked for. */
  readonly version: string;
  readonly repository: Repository;
  readonly reference: Reference;
  /** The build context: an absolute path. */
  readonly directory: string;
  /** The build context relative to the working directory, `/`-separated (`.` for itself). */
  readonly context: string;
  /** Absolute: the directory that defines it; absent: the context. */
  readonly home?: string;
  /** The directory that defines it, as `list` shows it; absent: the context. */
  readonly definedIn?: string;
  readonly dockerfile: DockerfileSource;
  /** `<Dockerfile>.dockerignore`, where it says something: it replaces the context's own. */
  readonly ignoreRules?: IgnoreRules;
  /** Parents that control (or its like) declares; compared with the truth, never its source. */
  readonly depends: readonly DeclaredParent[];
  /** Where a file names it, or begins to say something of it; absent: none does. */
  readonly namedAt?: Place;
  /** Its name is made of its directory's: no file names it. */
  readonly namedByPath?: true;
  /** Absolute: the image.toml, or its like, that says something of it; absent: none does. */
  readonly settingsFile?: string;
  /** What it would be called, where a file names it otherwise than the convention does; absent: it does not. */
  readonly conventionalName?: string;
  /** How often it was rebuilt, where that is counted; absent: never. */
  readonly rebuilds?: number;
  /** Its version as it is written, where rebuilds are appended; absent: they are not. */
  readonly ownVersion?: string;
  /** How its version is computed from the definition; absent: it is written somewhere. */
  readonly computed?: ComputedVersion;
  /** Where name and version come from, for messages: the newest changelog block. */
  readonly place: Place;
  /** RFC 3339, from the newest changelog block; absent where it has no readable date. */
  readonly created?: string;
  /** `Name <address>` of the newest changelog block. */
  readonly author?: string;
  /** Its newest changelog block fixes a vulnerability; absent: it does not, or there is none. */
  readonly isSecurity?: true;
  readonly description?: string;
  /** Who answers for it, as its settings say (`owner`); else as control says. */
  readonly owner?: string;
  readonly maintainer?: string;
  /** Further tags beside the version, labels, build arguments, final stage and platforms that
   * the definition itself asks for. docker-pkg's know none of them. */
  readonly extraTags: readonly string[];
  /** The further tags of another version of it; absent: the same. */
  readonly tagsOf?: (version: string) => readonly string[];
  /** The further tags of a version that do not name the day; absent: all of them. */
  readonly lastingTags?: (version: string) => readonly string[];
  /** Who moves its `latest`; absent: as its tree says (`latestModeOf`). */
  readonly latest?: LatestMode;
  /** Whether it is private, and where a file says so of it; absent: as its tree says (`privacyOf`). */
  readonly private?: Found<boolean>;
  /** Which files each build of it may change, beside those that its tree names; absent: none. */
  readonly expectedChanges?: readonly ExpectedChange[];
  /** Where its cache is; absent: as its tree says (`cacheOf`). */
  readonly cache?: BuildKeys['cache'];
  /** Which secrets it may mount, beside those of its tree (`secretsOf`); absent: none. */
  readonly secrets?: BuildKeys['secrets'];
  /** The same of SSH. */
  readonly ssh?: BuildKeys['ssh'];
  /** What is attested of it; absent: as its tree says (`attestOf`). */
  readonly attest?: BuildKeys['attest'];
  /** What its manifests say, beside what its tree says (`annotationsOf`); absent: nothing. */
  readonly annotations?: BuildKeys['annotations'];
  /** What it is made of, in place of the files that COPY and ADD name; absent: those. */
  readonly inputs?: readonly NamedInput[];
  /** What it is made of besides; absent: nothing. */
  readonly moreInputs?: readonly NamedInput[];
  readonly labels: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string>;
  readonly stage?: string;
  /** What it is built for itself (`platformsOf`); empty with a place: what the engine is, whatever its tree says. */
  readonly platforms: readonly string[];
  /** Where it asks for them; absent: it does not, or its kind does so elsewhere. */
  readonly platformsPlace?: Place;
  /** Other references by which Dockerfiles mean this image (`debian:bookworm-slim`). */
  readonly aliases?: readonly string[];
  /** Stands for the context's digest where its files are made, not kept: they may not be there yet. */
  readonly contextDigest?: Digest;
  /** What its root filesystem is made of, where the definition says so: `debian`, `bookworm`. */
  readonly release?: { readonly distribution: string; readonly codename: string };
  /** Absent: the newest block of `<directory>/changelog`, or no file has it that can be edited. */
  readonly versionSpot?: VersionSpot;
  /** Where its version is written literally, for several images, so that `update` does not change it. */
  readonly sharedVersion?: Place;
  /** Absent: those of the context's directory on the host, and none inside the image. */
  readonly tests?: ImageTests;
  /** Of an image that is not its directory's only one, as a stage: its Dockerfile, absolute. */
  readonly stageFile?: string;
  /** Doubts about its files; absent: none. */
  readonly warnings?: readonly Diagnostic[];
}

/**
 * A version that follows from what the image is made of, so that nobody writes it: versions of this
 * kind have no order. It is found out once images are linked (`withComputedVersions`).
 */
export interface ComputedVersion {
  /** By a digest of the definition, or by the newest commit of what it is made of. */
  readonly kind: 'content' | 'commit';
  /**
   * Without the suffix of a nightly or snapshot build. Absent: it is not known yet, or what the image
   * is built on is broken; the definition then has the word `content` or `commit` as its version.
   */
  readonly version?: string;
  /** Of `content`: the definition digest, which the version is the beginning of. */
  readonly digest?: Digest;
  /** Of `commit`: something that it is made of is not as the commit has it. */
  readonly isDirty?: true;
}

/** A file, a directory or a glob of files that a definition says an image is made of. */
export interface NamedInput {
  /** Absolute. */
  readonly path: string;
  readonly shown: string;
  readonly place: Place;
}

/** Where the version of an image without a changelog is written, so that `update` can change it. */
export interface VersionSpot {
  /** Absolute. */
  readonly file: string;
  /** Its line, and where on it the text begins. */
  readonly place: Place;
  readonly text: string;
  /** A date is replaced by that of the update. */
  readonly kind: 'version' | 'date';
}

interface ImageTests {
  /** `{path}` of verify_args, absolute; absent: nothing is run on the host. */
  readonly directory?: string;
  /** What runs in a container of the image, and of every image that is built on it. */
  readonly inside: readonly InsideTest[];
}

export interface InsideTest {
  /** A file for goss, or a program that passes where it ends with status 0. */
  readonly kind: 'goss' | 'script';
  /** Absolute. */
  readonly file: string;
  readonly shown: string;
}

interface DeclaredParent {
  readonly name: string;
  readonly place: Place;
}

/** Who moves `latest` of an image. */
export function latestModeOf({
  latest,
  tree,
}: Pick<ImageDefinition, 'latest' | 'tree'>): LatestMode {
  return latest ?? tree.config.latest ?? 'auto';
}

/**
 * What an image is built for, and where a file says so; empty: what the engine is. Root filesystems are made for one
 * architecture, whatever their tree says.
 */
export function platformsOf({
  platforms,
  platformsPlace,
  contextDigest,
  tree,
}: Pick<ImageDefinition, 'platforms' | 'platformsPlace' | 'contextDigest' | 'tree'>): {
  readonly names: readonly string[];
  readonly place?: Place;
} {
  const isOwn = platforms.length > 0 || platformsPlace !== undefined || contextDigest !== undefined;
  if (isOwn) {
    return { names: platforms, ...(platformsPlace === undefined ? {} : { place: platformsPlace }) };
  }
  return tree.config.platforms ?? { names: [] };
}

/** Where the cache of an image is; undefined: it has none. */
export function cacheOf({
  cache,
  tree,
}: Pick<ImageDefinition, 'cache' | 'tree'>): CacheKey | undefined {
  const nearest = cache ?? tree.config.cache;
  return nearest === 'none' ? undefined : nearest;
}

/** What is attested of an image; undefined: nothing. */
export function attestOf({
  attest,
  tree,
}: Pick<ImageDefinition, 'attest' | 'tree'>): AttestKey | undefined {
  const nearest = attest ?? tree.config.attest;
  return nearest === 'none' ? undefined : nearest;
}

/** The annotations of an image: its own replace those of its tree, key by key. */
export function annotationsOf({
  annotations,
  tree,
}: Pick<ImageDefinition, 'annotations' | 'tree'>): Annotations {
  return new Map([...(tree.config.annotations ?? []), ...(annotations ?? [])]);
}

/** What the file that is nearest to an image says of whether it is private; undefined: none does. */
export function privacyOf({
  private: own,
  tree,
}: Pick<ImageDefinition, 'private' | 'tree'>): Found<boolean> | undefined {
  return own ?? tree.config.private;
}

type DockerfileSource =
  /** A Jinja2 template; includes are looked up below the image's directory. */
  | { readonly kind: 'template'; readonly file: string; readonly text: string }
  /** A Dockerfile, used unchanged. */
  | {
      readonly kind: 'plain';
      readonly file: string;
      readonly text: string;
      /** The first line (from 1) that is not the file's but was added to it. */
      readonly generatedFrom?: number;
      /** Present where it is a Blubber file, which only Blubber's frontend builds: the variant that the image is. */
      readonly blubber?: MadeVariant;
      /** What its tree says that this frontend takes; absent: nothing. */
      readonly frontendTakes?: FrontendTakes;
    };

/** The variant of a Blubber file that an image is; undefined: it is made of a Dockerfile. */
export function blubberOf({
  dockerfile,
}: Pick<ImageDefinition, 'dockerfile'>): MadeVariant | undefined {
  return dockerfile.kind === 'plain' ? dockerfile.blubber : undefined;
}
