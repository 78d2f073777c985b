import type { Docker, DockerOutcome } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Staged } from '../publish/push.js';

/** Where images wait that other builders need, and from where they are published. */
export interface Staging {
  /** The name with a tag under which an image is pushed there, by `push` or by a builder itself. `on`: the engine gets it. */
  nameOf(reference: Reference, on?: Docker): string;
  /** Pushes an image of an engine; with `id` it gets its name there first. */
  push(from: Docker, reference: Reference, id?: Digest): Promise<StagingResult>;
  /** Looks for what a builder has pushed itself. */
  find(references: readonly Reference[]): Promise<ReadonlyMap<Reference, StagedFind>>;
  /** Pulls it to another engine, under its own reference. */
  pull(to: Docker, reference: Reference): Promise<DockerOutcome<LocalImage>>;
  /** Where it is; absent: it has not been pushed. */
  at(reference: Reference): Staged | undefined;
}

/** What a look into staging gives: `absent` is what nobody has pushed, `failed` what could not be looked at. */
export type StagedFind = StagingResult | { readonly kind: 'absent' };

export type StagingResult =
  | ({ readonly kind: 'staged' } & Staged)
  | { readonly kind: 'failed'; readonly reason: string; readonly transient: boolean };
