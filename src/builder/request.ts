import type { ListingCache } from '#adapters/layers/listingCache.js';
import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { Waits } from '#adapters/registry/waits.js';
import type { Contexts } from '#compiler/context/contexts.js';
import type { SecretSources } from '#compiler/plan/options.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Diagnostic, Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Publish } from '#fleet/registries.js';
import type { PublishedRecord } from '#fleet/status/publishedRecord.js';
import type { Durations } from './durations/durations.js';
import type { FrontendRecord } from './frontendRecord.js';
import type { JobWish } from './matrix/document.js';

/** What a build asks of the process that it runs in. */
export interface Host {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Absent where the system has no such ids. */
  readonly uid?: number;
  readonly now: () => Date;
}

/** The repository through which images travel between builders: `registry.example.org/staging`. */
export interface StagingWish {
  readonly repository: string;
  /** Where it is written; absent: on the command line. */
  readonly place?: Place;
}

/** What the user asks of a build, under the names of the options; each keeps its name throughout. */
export interface BuildOptions {
  /** `cache`: no step runs again; `fresh`: every step, once. Absent: the UTC date is the key. */
  readonly rebuild?: { readonly key: string } | 'cache' | 'fresh';
  /** False: bases are not refreshed, and what is not present locally is built. */
  readonly pull: boolean;
  /** Docker contexts and buildx builders: several share the calls; empty: the selected one. */
  readonly builders: readonly string[];
  /** The repository through which images travel between several builders. */
  readonly staging?: StagingWish;
  /** 0: no limit; absent: what fits the engine. */
  readonly waveSize?: number;
  readonly jobs?: number;
  readonly verifyJobs: number;
  readonly verifyTimeoutMs: number;
  /** One push or pull of one image; a bake call without output for so long is ended too. */
  readonly transferTimeoutMs: number;
  /** In bytes: with less free space on the engine's disk no further call starts. */
  readonly minFree: number;
  readonly retries: number;
  readonly failFast: boolean;
  /** Whether another build on this engine is waited for; else it is in the way. */
  readonly waitForLock: boolean;
  readonly containerLimits: boolean;
  /** Whether what would be published is judged first: what is more than an upgrade waits for approval. */
  readonly gate: boolean;
  /** Whether caches are written by a run that does not publish, too. */
  readonly cacheWrite: boolean;
  /** Where the secrets are that images may mount. */
  readonly sources: SecretSources;
  readonly publish: Publish;
  /** `none` is for dry runs. */
  readonly credentials: CredentialUse;
  /** Whether `latest` is moved: never, to higher versions only, or to whatever is published. */
  readonly latest: 'never' | 'forward' | 'force';
  readonly overwritePublished: boolean;
  /** Whether what registries must have had, and do not have, is built again. */
  readonly rebuildLost: boolean;
  /** With more images to build than this, nothing is built; absent: no limit. */
  readonly maxImages?: number;
  /** `--report`, relative to the working directory: `after_publish` gets it. */
  readonly reportFile?: string;
  readonly bakeArgs: readonly string[];
}

/** Everything that a build is reported. */
export interface BuildRequest extends BuildOptions {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  /** All trees of the workspace. */
  readonly trees: readonly Tree[];
  readonly contexts: Contexts;
  /** What images may be made of; absent: anything. */
  readonly policy?: Policy;
  /** What compiling the trees warned of; reported together with what the contexts add. */
  readonly warnings: readonly Diagnostic[];
  readonly host: Host;
  readonly stateDirectory: string;
  /** Where builds of all users find each other's locks. */
  readonly lockDirectory: string;
  /** What registries say of digests, for the next run. */
  readonly cache: ConfigCache;
  /** What frontends take, for the next run. */
  readonly frontendRecord: FrontendRecord;
  /** Gets to know which registry is waited for. */
  readonly waits: Waits;
  /** Whether the selected images have versions of today. */
  readonly dated: boolean;
  /** What runs on this machine saw in registries. */
  readonly record: PublishedRecord;
  /** The image of each version, by its ID, that passed its test on this machine. */
  readonly tested: PublishedRecord;
  /** The image of each version, by its ID, that waits for approval. */
  readonly awaiting: PublishedRecord;
  /** Of these, the ones that are approved. */
  readonly approved: ReadonlySet<Reference>;
  /** What is in the layers of images. */
  readonly layers: ListingCache;
  /** How long images took in earlier runs. */
  readonly durations: Durations;
  /** Absent: the build is not cut into jobs. */
  readonly job?: JobWish;
  readonly signal: AbortSignal;
}
