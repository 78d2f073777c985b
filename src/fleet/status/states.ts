import type { Holder } from '#compiler/select/holder.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Origin } from './facts.js';

/** What there is of an image: what `status` and the report show. */
export type StateName = 'published' | 'local' | 'absent' | 'lost' | 'unknown' | 'drifted';

/** Why an image is built, apart from its parents and whoever needs it. */
export type BuildCause =
  | { readonly kind: 'absent' }
  | { readonly kind: 'not-local' }
  | { readonly kind: 'overwrite' }
  | { readonly kind: 'lost'; readonly trace: string }
  | { readonly kind: 'local-unusable'; readonly origin: Exclude<Origin, 'ours'> }
  | { readonly kind: 'other-base'; readonly base: string }
  | { readonly kind: 'parent'; readonly parent: Reference };

export interface DecideOptions {
  /** What the user asked for; parents are added as they are needed. */
  readonly selected: ReadonlySet<Reference>;
  /** False (`--no-pull`): what is on the engine counts, what is published does not. */
  readonly pull: boolean;
  /** Trees that the run publishes: of others, what is there and not published is left alone. */
  readonly publishing: ReadonlySet<Tree>;
  /** Whether everything that passes is put somewhere, also what is never published; absent: no. */
  readonly stages?: boolean;
  /** Whether the builder sees the engine's images (the docker driver does). */
  readonly seesLocalImages: boolean;
  /** `--overwrite-published`: selected images that have drifted are built and published again. */
  readonly overwritePublished: boolean;
  /** `--rebuild-lost`: what registries must have had, and do not have, is built again. */
  readonly rebuildLost: boolean;
  /** Whether an image of the engine waits for approval: it is not published until then; absent: none does. */
  readonly isAwaiting?: (reference: Reference, id: Digest) => boolean;
  /** What the workspace file holds; absent: nothing. */
  readonly holdOf?: Holder;
}
