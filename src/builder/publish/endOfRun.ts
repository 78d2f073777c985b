import type { RawManifest } from '#adapters/registry/client.js';
import { eachOf } from '#adapters/registry/pool.js';
import { putTag, readTag, type TagMove } from '#adapters/registry/publish.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { type ImageDefinition, latestModeOf } from '#compiler/definitions/definition.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { whyNot } from '#core/files/paths.js';
import type { Digest, Reference, Repository } from '#core/reference/brands.js';
import type { Listener } from '../report/event.js';
import { type HookOptions, runAfterPublish } from './afterPublish.js';
import type { Journal, OwedMove } from './journal.js';
import { type LatestMove, moveLatest, rivalOf } from './latest.js';

/** A version that this run published. */
export interface Published {
  readonly definition: ImageDefinition;
  readonly access: RegistryAccess;
  readonly digest: Digest;
  /** What `latest` was at before the push; absent: nobody looked, and a rival is not looked for. */
  readonly before?: Digest | 'nothing';
}

/** Tags that a version of an earlier run, on whatever machine, lacks. */
export interface Debt {
  readonly definition: ImageDefinition;
  readonly tags: readonly string[];
}

export interface Ending {
  /** How each tree's registry is reached; trees that are not among them publish nothing. */
  readonly access: ReadonlyMap<Tree, RegistryAccess>;
  /** An image of each repository: who moves what an interrupted run still owes, and whether. */
  readonly owners: ReadonlyMap<Repository, ImageDefinition>;
  readonly published: ReadonlyMap<Reference, Published>;
  /** Repositories whose `latest` is left alone: something of them was not published as it should be. */
  readonly failed: ReadonlySet<Repository>;
  readonly debts: readonly Debt[];
  /** What `after_publish` runs with, for a version that an earlier run published. */
  readonly hookOptions: (reference: Reference) => HookOptions;
  readonly journal: (access: RegistryAccess) => Journal;
  readonly latest: 'never' | 'forward' | 'force';
  /** Whether a hold keeps `latest` of an image where it is: what is owed to it is so later. */
  readonly keepsLatest: (definition: ImageDefinition) => boolean;
  /** Pushes are signed (DOCKER_CONTENT_TRUST): only of its own does a run know that they are. */
  readonly contentTrust: boolean;
  readonly listen: Listener;
  readonly signal: AbortSignal;
}

/**
 * Moves `latest` of what is published and owed, puts further tags that are owed, and asks once more for
 * what was published: a version that another machine replaced meanwhile is a failure of its image, and its
 * `latest` is left alone. Gives how many moves failed; those stay owed.
 */
export async function concludePublishing(ending: Ending): Promise<number> {
  let failed = 0;
  for (const access of new Set(ending.access.values())) {
    failed += await new Conclusion(ending, access).run();
  }
  return failed;
}

class Conclusion {
  readonly #ending: Ending;
  readonly #access: RegistryAccess;
  /** Images that are reported as failed. */
  readonly #lost = new Set<Reference>();
  /** Tags `latest` that the registry never lets be moved, each with what it says. */
  readonly #refused: (readonly [name: string, reason: string])[] = [];

  constructor(ending: Ending, access: RegistryAccess) {
    this.#ending = ending;
    this.#access = access;
  }

  async run(): Promise<number> {
    const { signal } = this.#ending;
    const moves = this.#moves();
    const tags = this.#debts().flatMap(({ definition, tags }) =>
      tags.filter((tag) => tag !== 'latest').map((tag) => [moveOf(definition), tag] as const),
    );
    const published = [...this.#ending.published.values()].filter(
      ({ access }) => access === this.#access,
    );
    if (moves.length + tags.length + published.length === 0) {
      return 0;
    }
    const registry = new Registry(this.#access, { signal });
    const { workers } = this.#access;
    try {
      const moved = await eachOf(moves, workers, (move) => this.#move(registry, move));
      const put = await eachOf(tags, workers, ([move, tag]) => this.#put(registry, move, tag));
      this.#tellRefused();
      await eachOf(published, workers, (one) => this.#askAgain(registry, one));
      return [...moved, ...put].filter((done) => !done).length;
    } finally {
      registry.close();
    }
  }

  #debts(): readonly Debt[] {
    const { debts, access, failed } = this.#ending;
    return debts.filter(
      ({ definition: { tree, repository } }) =>
        access.get(tree) === this.#access && !failed.has(repository),
    );
  }

  /** The moves of `latest` that are owed, as the journal says and as the registry says. */
  #moves(): readonly OwedMove[] {
    const { journal, owners, access, failed, keepsLatest } = this.#ending;
    const moves = new Map<Repository, OwedMove>();
    for (const { definition, tags } of this.#debts()) {
      if (tags.includes('latest')) {
        moves.set(definition.repository, moveOf(definition));
      }
    }
    for (const move of journal(this.#access).owed) {
      // Another tree's, on the same registry: that one has its own user and is moved with it.
      const owner = owners.get(move.repository);
      const isOwn = owner === undefined || access.get(owner.tree) === this.#access;
      if (!isOwn || failed.has(move.repository)) {
        continue;
      }
      if (owner !== undefined && latestModeOf(owner) !== 'auto') {
        // It was owed before somebody wrote that builds leave it alone.
        this.#settle(move);
        continue;
      }
      if (owner !== undefined && keepsLatest(owner)) {
        continue;
      }
      moves.set(move.repository, move);
    }
    return [...moves.values()];
  }

  /** False where the move failed, and stays owed. */
  async #move(registry: Registry, move: OwedMove): Promise<boolean> {
    const { listen, signal, latest, contentTrust } = this.#ending;
    if (signal.aborted) {
      return true;
    }
    const { repository, version } = move;
    const own = this.#ending.published.get(`${repository}:${version}` as Reference);
    if (own === undefined && contentTrust) {
      const message = `${repository}:latest is not moved to ${version}: DOCKER_CONTENT_TRUST is set, and whether an earlier run signed it is not known (generate-bake promote moves it)`;
      listen({ kind: 'warning', message });
      return true;
    }
    if (own !== undefined && (await this.#gaveWay(registry, own))) {
      this.#settle(move);
      return true;
    }
    const result = await moveLatest(registry, move, {
      force: latest === 'force',
      ...(own === undefined
        ? { beforePut: (digest: Digest) => this.#runHook(move, digest) }
        : { published: own.digest }),
    });
    if (signal.aborted && result.kind === 'failed') {
      return true;
    }
    if (result.kind === 'stopped') {
      // An image of this run is reported as failed; of any other this is all that counts.
      return signal.aborted || this.#ending.debts.some((debt) => isOf(debt, move));
    }
    if (result.kind === 'failed' && result.immutable === true) {
      this.#settle(move);
      this.#refused.push([`${repository}:latest`, result.reason]);
      return true;
    }
    if (result.kind === 'failed') {
      const message = `${repository}:latest was not moved to ${version}: ${result.reason}; the next build moves it`;
      listen({ kind: 'warning', message });
      return false;
    }
    this.#settle(move);
    this.#tell(move, own, result);
    return true;
  }

  #tell(
    { repository, version }: OwedMove,
    own: Published | undefined,
    result: Exclude<LatestMove, { kind: 'failed' | 'stopped' }>,
  ): void {
    const { listen } = this.#ending;
    switch (result.kind) {
      case 'moved':
        listen({
          kind: 'latest-moved',
          repository,
          digest: result.digest,
          version,
          before: result.before ?? null,
        });
        return;
      case 'kept': {
        const message = `${repository}:latest stays at ${result.version}, which ${result.because} ${version} (--latest moves it)`;
        listen({ kind: 'warning', message });
        return;
      }
      case 'held': {
        listen({ kind: 'latest-held', repository, at: result.version, version });
        return;
      }
      case 'replaced':
        if (own !== undefined) {
          this.#fail(own, replaced(own, result.by));
        }
        return;
      case 'already':
      case 'unpublished':
    }
  }

  /** Once for all of them: a registry that refuses one refuses every one. */
  #tellRefused(): void {
    const [first, ...more] = this.#refused;
    if (first === undefined) {
      return;
    }
    const [name, reason] = first;
    const names = more.length === 0 ? name : `${name} and ${more.length} more`;
    const message = `${names} cannot be moved: ${reason}; for a registry with immutable tags, write latest = "manual"`;
    this.#ending.listen({ kind: 'warning', message });
  }

  /** False where a further tag could not be put, and stays owed. */
  async #put(registry: Registry, move: OwedMove, tag: string): Promise<boolean> {
    const { listen, signal } = this.#ending;
    if (signal.aborted) {
      return true;
    }
    const result = await moveLatest(registry, move, { force: false, tag });
    const { repository, version } = move;
    if (result.kind === 'moved') {
      listen({ kind: 'tag-moved', repository, tag, digest: result.digest });
    } else if (result.kind === 'failed' && result.immutable === true) {
      listen({ kind: 'warning', message: refusedTag(move, tag, result.reason) });
    } else if (result.kind === 'failed' && !signal.aborted) {
      const message = `${repository}:${tag} was not put on ${version}: ${result.reason}; the next build puts it`;
      listen({ kind: 'warning', message });
      return false;
    }
    return true;
  }

  /**
   * Whether another machine published the version at the same time, and was done before this push
   * ended: then its image is put back, since it is what that machine says is published.
   */
  async #gaveWay(registry: Registry, own: Published): Promise<boolean> {
    const { definition, digest, before } = own;
    const { repository } = definition;
    if (before === undefined) {
      return false;
    }
    const rival = await rivalOf(registry, definition, { published: digest, before });
    if (rival === undefined) {
      return false;
    }
    const read = await readTag(registry, repository, rival);
    const put =
      read.kind === 'found'
        ? await putBack(registry, definition, read.manifest)
        : { kind: 'failed' as const, reason: read.kind === 'unknown' ? read.reason : 'it is gone' };
    const ending =
      put.kind === 'failed'
        ? `which cannot be put back: ${put.reason}`
        : 'which the tag is at again';
    const reason = `another machine published this version at the same time, as ${rival}, ${ending}`;
    this.#fail(own, reason);
    return true;
  }

  /** Compares what this run published with what the registry has at its end. */
  async #askAgain(registry: Registry, own: Published): Promise<void> {
    const { definition, digest } = own;
    const { repository, version, reference } = definition;
    const { signal, listen } = this.#ending;
    if (signal.aborted || this.#lost.has(reference)) {
      return;
    }
    const head = await registry.head(repository, version);
    if (head?.digest === digest) {
      return;
    }
    const read = await readTag(registry, repository, version);
    if (read.kind === 'unknown') {
      const message = `${reference} was published, and whether it is still there is not known: ${read.reason}`;
      listen({ kind: 'warning', message });
    } else if (read.kind === 'absent') {
      this.#fail(own, 'it was published, and the registry does not have it any more');
    } else if (read.manifest.digest !== digest) {
      this.#fail(own, replaced(own, read.manifest.digest));
    }
  }

  /**
   * Runs `after_publish` for a version of an earlier run, of which nobody knows whether it ran: false where
   * it failed, which is a failure of the image.
   */
  async #runHook({ repository, version }: OwedMove, digest: Digest): Promise<boolean> {
    const { owners, hookOptions, listen } = this.#ending;
    const tree = owners.get(repository)?.tree;
    if (tree === undefined) {
      return true;
    }
    const reference = `${repository}:${version}` as Reference;
    const image = { tree, repository, version, digest };
    const hook = await runAfterPublish(image, this.#access, hookOptions(reference));
    if (hook.kind === 'failed') {
      const { tail } = hook;
      const reason = `published by an earlier run, but ${hook.reason}`;
      listen({ kind: 'image-failed', reference, during: 'publish', reason, tail });
    }
    return hook.kind === 'passed';
  }

  #fail({ definition: { reference } }: Published, reason: string): void {
    this.#lost.add(reference);
    this.#ending.listen({ kind: 'image-failed', reference, during: 'publish', reason, tail: [] });
  }

  #settle(move: OwedMove): void {
    const { journal, listen } = this.#ending;
    settleIn(journal(this.#access), move, listen);
  }
}

/** Puts the version and its further tags, which this run had put elsewhere, on an image. */
async function putBack(
  registry: Registry,
  { repository, version, extraTags }: ImageDefinition,
  manifest: RawManifest,
): Promise<TagMove> {
  const put = await putTag(registry, repository, version, manifest);
  if (put.kind !== 'failed') {
    // What fails here is owed to that image, and found by the next build.
    for (const tag of extraTags.filter((each) => each !== 'latest')) {
      await putTag(registry, repository, tag, manifest);
    }
  }
  return put;
}

function isOf({ definition }: Debt, { repository, version }: OwedMove): boolean {
  return definition.repository === repository && definition.version === version;
}

function moveOf({ repository, version, computed }: ImageDefinition): OwedMove {
  return { repository, version, ...(computed === undefined ? {} : { unordered: true }) };
}

function replaced({ digest }: Published, by: Digest): string {
  return `published as ${digest}, and replaced meanwhile: the registry gives ${by}; build it on one machine at a time`;
}

/** What is told of a further tag that the registry never lets be moved. */
export function refusedTag(
  { repository, version }: Pick<OwedMove, 'repository' | 'version'>,
  tag: string,
  reason: string,
): string {
  return `${repository}:${tag} cannot be moved to ${version}: ${reason}; for a registry with immutable tags, remove it from tags`;
}

/** Strikes out a move that is owed no more; what cannot be struck out is found done by the next run. */
export function settleIn(
  journal: Journal,
  { repository, version }: Pick<OwedMove, 'repository' | 'version'>,
  listen: Listener,
): void {
  try {
    journal.settle(repository, version);
  } catch (cause) {
    listen({ kind: 'warning', message: unwritable(cause) });
  }
}

/** Why something that publishing needs to keep cannot be written. */
export function unwritable(cause: unknown): string {
  const path = cause instanceof Error && 'path' in cause ? String(cause.path) : 'a temporary file';
  return `cannot record what is published: ${path} ${whyNot(cause)}`;
}
