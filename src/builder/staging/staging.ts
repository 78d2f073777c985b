import type { Docker, DockerOutcome } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Staged } from '../publish/push.js';

/** Where images wait that other builders need, and from where they are published. */
export interface Staging {
  /** Pushes an image of an engine. */
  push(from: Docker, reference: Reference, id: Digest): Promise<StagingResult>;
  /** The name with a tag under which a builder is to push an image itself. */
  nameOf(reference: Reference): string;
  /** It has pushed it. */
  pushed(reference: Reference, digest: Digest): void;
  /** Pulls it to another engine, under its own reference. */
  pull(to: Docker, reference: Reference): Promise<DockerOutcome<LocalImage>>;
  /** Where it is; absent: it has not been pushed. */
  at(reference: Reference): Staged | undefined;
}

export type StagingResult =
  | ({ readonly kind: 'staged' } & Staged)
  | { readonly kind: 'failed'; readonly reason: string; readonly transient: boolean };
