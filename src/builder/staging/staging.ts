import type { Docker, DockerOutcome } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { JoinRequest } from '#adapters/registry/joinImages.js';
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
  /** Pulls it to another engine, under its own reference; of an index the engine's platform, or another one. */
  pull(to: Docker, reference: Reference, platform?: string): Promise<DockerOutcome<LocalImage>>;
  /** What is staged, as an engine would show it: for whoever has none to pull it to. */
  look(references: readonly Reference[]): Promise<ReadonlyMap<Reference, StagedLook>>;
  /** The name under which a part of an image is pushed in a call. `on`: the engine gets it. */
  partName(reference: Reference, part: PartId, on?: Docker): string;
  /** Pushes a part that an engine has under that name. */
  pushPart(from: Docker, reference: Reference, part: PartId): Promise<StagingResult>;
  /** Looks for a part that a builder has pushed itself. */
  findPart(reference: Reference, part: PartId): Promise<StagingResult>;
  /** Puts one index over all parts of an image. */
  join(reference: Reference, call: number, request: JoinWish): Promise<StagingResult>;
  /** Where it is; absent: it has not been pushed. */
  at(reference: Reference): Staged | undefined;
}

/** What a look into staging gives: `absent` is what nobody has pushed, `failed` what could not be looked at. */
export type StagedFind = StagingResult | { readonly kind: 'absent' };

/** What staging shows of an image that is there. */
export type StagedLook =
  | { readonly kind: 'found'; readonly image: LocalImage }
  | Extract<StagingResult, { kind: 'failed' }>;

/** A part of an image, by the call that builds it and its place there. */
export interface PartId {
  readonly call: number;
  readonly at: number;
}

export type JoinWish = Omit<JoinRequest, 'repository' | 'tag'>;

export type StagingResult =
  | ({ readonly kind: 'staged' } & Staged)
  | { readonly kind: 'failed'; readonly reason: string; readonly transient: boolean };
