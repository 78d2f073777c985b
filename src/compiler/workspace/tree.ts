import type { Data } from '#core/data/data.js';
import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Boundary } from '#core/files/boundary.js';
import type { PullThrough } from '#core/reference/pullThrough.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { Args } from './argKeys.js';
import type { BuildKeys } from './buildKeys.js';
import type { CheckKeys } from './checkKeys.js';
import type { DockerfileTree } from './dockerfileTree.js';
import type { ExcludePattern } from './exclude.js';
import type { GateKeys } from './gateKeys.js';
import type { Hold } from './holdKeys.js';
import type { AfterPublish, LatestMode } from './publishKeys.js';
import type { Rebuilds } from './rebuilds.js';
import type { StageTree } from './stageTree.js';

/**
 * A tree: one directory of image definitions with the configuration that applies to it. A plan is
 * compiled from one or several trees.
 */
export interface Tree {
  /** Unique in the workspace: as the workspace file names it, else the directory as written. */
  readonly name: string;
  /** Absolute, symlinks as the user wrote them. */
  readonly directory: string;
  /** The directory as a person would write it from the working directory, for messages. */
  readonly shownDirectory: string;
  readonly config: TreeConfig;
  /** What its definitions may read through links and `..`. */
  readonly boundary: Boundary;
  /** False where the workspace file keeps the tree out of the weekly refresh. */
  readonly refresh: boolean;
  /** What the search for images leaves out; absent: nothing. */
  readonly exclude?: readonly ExcludePattern[];
  /** What the workspace file holds, of this tree and of others; absent: nothing. */
  readonly holds?: readonly Hold[];
  /** How often its images without a changelog were rebuilt; absent: they are not counted. */
  readonly rebuilds?: Rebuilds;
  /** Present in a tree of the kind `stages`; all others are scanned for image directories. */
  readonly stages?: StageTree;
  /** Present in a tree of the kind `dockerfiles` or `blubber`: its files are found by convention. */
  readonly dockerfiles?: DockerfileTree;
  /** What a build context of `/` is, absolute and as shown; absent: the tree's directory. */
  readonly root?: { readonly directory: string; readonly shown: string };
}

/** docker-pkg's configuration keys (doc/dev/docker-pkg.md) with their defaults filled in, and ours. */
export interface TreeConfig {
  /** `host[:port]`, perhaps with a path behind it as docker-pkg allows; empty: no registry. */
  readonly registry: string;
  readonly namespace: string;
  /** Which registries have several names; absent: none. */
  readonly registryNames?: RegistryNames;
  /** Where images from elsewhere are read; absent: where their names say. */
  readonly pullThrough?: PullThrough;
  /** The name of the registry under which images are pushed; absent: `registry`. */
  readonly pushRegistry?: string;
  readonly username?: string;
  readonly password?: string;
  /** Absolute. */
  readonly passwordFile?: string;
  /** Who moves `latest` of its images; absent: the build that publishes them. */
  readonly latest?: LatestMode;
  /** Whether its images are only for `privateRegistries`, and where that is written; absent: not written. */
  readonly private?: Found<boolean>;
  /** Where private images may be published: `host[:port]`, perhaps with a path; absent: nowhere. */
  readonly privateRegistries?: readonly Found<string>[];
  /** What runs for each of its images once it is published; absent: nothing. */
  readonly afterPublish?: AfterPublish;
  /** What the gate does with its images without a test; absent: they wait for approval. */
  readonly untested?: GateKeys['untested'];
  /** Which files each build of its images may change; absent: none. */
  readonly expectedChanges?: GateKeys['expectedChanges'];
  /** What its images are built for; absent: what the engine is (`platformsOf`). */
  readonly platforms?: BuildKeys['platforms'];
  /** Where the caches of its images are; absent: nowhere. */
  readonly cache?: BuildKeys['cache'];
  /** Build arguments of its images that declare them (`withTreeArgs`); absent: none. */
  readonly args?: Args;
  /** The rules of `check`; absent: each has its own level. */
  readonly check?: CheckKeys;
  /** Which secrets its images may mount; absent: none. */
  readonly secrets?: BuildKeys['secrets'];
  /** The same of SSH. */
  readonly ssh?: BuildKeys['ssh'];
  /** What is attested of its images; absent: nothing. */
  readonly attest?: BuildKeys['attest'];
  /** What the manifests of its images say besides; absent: nothing. */
  readonly annotations?: BuildKeys['annotations'];
  readonly baseImages: readonly string[];
  readonly aptOptions: string;
  readonly httpProxy?: string;
  /** Falls back to httpProxy, as in docker-pkg. */
  readonly aptOnlyProxy?: string;
  readonly scanWorkers: number;
  readonly fallbackAuthor: string;
  readonly fallbackEmail: string;
  readonly distribution: string;
  readonly updateId: string;
  readonly caBundle?: string;
  readonly forceNumericUser: boolean;
  readonly knownUidMappings: ReadonlyMap<string, Data>;
  readonly verifyCommand: string;
  readonly verifyArgs: readonly string[];
  readonly containerLimits?: string;
  /** Registries (`host[:port]`) spoken to by plain http; loopback ones always may be. */
  readonly insecureRegistries: readonly string[];
  /** Whether a printed plan tags `latest` beside the version. */
  readonly tagLatest: boolean;
  /** At most this many images are built at once; absent: what the engine takes. */
  readonly jobs?: number;
  /** Globs of images that are built alone. */
  readonly exclusiveImages: readonly string[];
  /** How directories with nothing but a Dockerfile get a version; absent: they are no images. */
  readonly dockerfileVersion?: string;
  /** Names of files in an image's directory that are tests inside its container. */
  readonly insideTests: readonly string[];
  readonly gossRequired: boolean;
  /** `exclude` below `generate-bake`: what the search for images leaves out; absent: nothing. */
  readonly exclude?: readonly ExcludePattern[];
  /**
   * The whole configuration as templates see it, built-in keys included: docker-pkg's defaults in
   * their order, then the other keys in the order of the files. Without the secrets
   * (`secretVariables` in secrets.ts), which a template must not read.
   */
  readonly variables: ReadonlyMap<string, Data>;
  /** Where a key was set, for messages about its value; absent for defaults. */
  readonly places: ReadonlyMap<string, Place>;
  /** Variables that look like keys of `generate-bake` in the wrong place; absent: none. */
  readonly perhapsOwn?: ReadonlyMap<string, Place>;
  /** The files it was read from, in the order they were layered, as a person would open them. */
  readonly files: readonly string[];
}
