import type { Digest, Reference } from '#core/reference/brands.js';
import type { ResolvedImage } from '../resolve/graph.js';
import type { KnownFrontends } from './frontends.js';
import type { PlannedContext } from './plan.js';

export interface PlanOptions {
  /** How bake is to see an image's build context. Asked for ancestors outside the selection too. */
  readonly context: (image: ResolvedImage) => PlannedContext;
  /** What replaces parents that are not in the plan; absent: the Dockerfile's own reference. */
  readonly outside: ReadonlyMap<Reference, OutsideImage>;
  /**
   * Child to the parents that it is linked to; a parent of the plan that is not among them is one
   * outside for this child. Absent: every parent in the plan is linked.
   */
  readonly links?: ReadonlyMap<Reference, ReadonlySet<Reference>>;
  /** Undefined leaves everything to BuildKit's cache (`--use-cache`). */
  readonly rebuildKey: string | undefined;
  /** Of its images, the platforms that are built, of several of which others are built elsewhere; absent: all. */
  readonly platforms?: readonly string[];
  /** The most targets in a wave; 0: no waves. */
  readonly waveSize: number;
  readonly pull: boolean;
  /** `keep` for a plan that goes straight into bake and is never shown. */
  readonly proxyCredentials: 'refuse' | 'keep';
  /** Whether what is built of an image is written to its cache; absent: of none. */
  readonly writesCache?: (image: ResolvedImage) => boolean;
  /** Where the secrets are that the user names; absent: bake looks for them by their ids. */
  readonly sources?: SecretSources;
  /** False where the engine keeps neither annotations nor attestations: they are left out. */
  readonly keepsManifests?: boolean;
  /** Whether bake and the engine know `resources`; absent: nobody has asked them, and bake ignores what it does not know. */
  readonly resources?: boolean;
  /** What the frontends of Blubber files take; absent: nobody has asked. */
  readonly frontends?: KnownFrontends;
  /**
   * Whether services get their parents in calls of their own, by source policies where their frontends take no contexts;
   * absent: the plan is printed, and has to hold them itself.
   */
  readonly converts?: boolean;
  /** Tags are the names under which images are pushed (`push_registry`): bake pushes them itself. */
  readonly pushesTags?: boolean;
}

/** Where the values of secrets are, by their ids: never the values. */
export interface SecretSources {
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Files of keys, or a socket; empty: the agent of SSH_AUTH_SOCK. */
  readonly ssh: ReadonlyMap<string, readonly string[]>;
}

export type SecretSource =
  /** A path relative to the working directory, or the name of a variable. */
  | { readonly kind: 'file' | 'env'; readonly name: string }
  /** As bake does it where nothing else is said: the variable of its id, else the file. */
  | { readonly kind: 'usual' };

/** An image that exists: published, or local to the builder. */
export interface OutsideImage {
  /** `name:version`. */
  readonly reference: Reference;
  /** Of the published manifest; absent for a local image. */
  readonly digest?: Digest;
  /** Where it is fetched from, `name@sha256:…`, while it is not published under its reference; absent: there. */
  readonly at?: string;
  /** The engine's ID of a local image, where it is there before anything is built. */
  readonly id?: Digest;
  /** Of a local image's manifest, where the engine knows its images by that: those in a containerd store. */
  readonly manifest?: Digest;
}
