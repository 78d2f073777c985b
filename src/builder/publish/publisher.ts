import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { ConfigCache } from '#adapters/registry/configCache.js';
import { eachOf } from '#adapters/registry/pool.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { whyNot } from '#core/files/paths.js';
import type { Repository } from '#core/reference/brands.js';
import type { Listener } from '../report/event.js';
import { putExtraTags } from './extraTags.js';
import { Journal, type OwedMove } from './journal.js';
import { moveLatest } from './latest.js';
import { dockerDirectory, type Login, type PushLogin, pushLogin } from './login.js';
import { type PushResult, pushImage } from './push.js';

export interface PublisherInput {
  readonly docker: Docker;
  /** How each tree's registry is reached; trees that are not among them publish nothing. */
  readonly access: ReadonlyMap<Tree, RegistryAccess>;
  /** The trees by the repositories of their images: who moves what an interrupted run still owes. */
  readonly owners: ReadonlyMap<Repository, Tree>;
  /** Where the moves of `latest` that are owed are kept. */
  readonly stateDirectory: string;
  /** Gets what is published, so that the next run need not ask for its labels. */
  readonly cache: ConfigCache;
  readonly overwrite: boolean;
  /** `never` for nightly and snapshot builds; `force` moves it back to lower versions too. */
  readonly latest: 'never' | 'forward' | 'force';
  readonly retries: number;
  readonly transferTimeoutMs: number;
  readonly listen: Listener;
  readonly signal: AbortSignal;
}

/** Pushes versions as they pass, and moves `latest` at the end of the run. */
export class Publisher {
  readonly #input: PublisherInput;
  readonly #logins = new Map<Tree, PushLogin>();
  readonly #journals = new Map<string, Journal>();
  /** Repositories to which docker has pushed what the registry does not show. */
  readonly #astray = new Set<Repository>();
  /** What this run has published. */
  readonly #pushed = new Set<string>();

  constructor(input: PublisherInput) {
    this.#input = input;
  }

  /** Whether images of this tree may be published in this run. */
  covers(tree: Tree): boolean {
    return this.#input.access.has(tree);
  }

  async push(definition: ImageDefinition, image: LocalImage): Promise<PushResult> {
    const { tree, repository, version, reference, computed } = definition;
    const access = this.#input.access.get(tree);
    if (access === undefined) {
      return { kind: 'failed', reason: 'its tree publishes nothing' };
    }
    const keyring = access.keyring;
    const login = async (): Promise<Login> => {
      const made = this.#login(tree, access);
      made.renew((await keyring?.fresh()) ?? access.credentials);
      return made;
    };
    try {
      this.#login(tree, access);
      if (this.#input.latest !== 'never') {
        this.#journal(access).add({
          repository,
          version,
          ...(computed === undefined ? {} : { unordered: true }),
        });
      }
    } catch (cause) {
      return { kind: 'failed', reason: unwritable(cause) };
    }
    const { docker, overwrite, retries, transferTimeoutMs, signal } = this.#input;
    // Opened for this push alone: tokens expire while images are built.
    const registry = new Registry(access, { signal });
    try {
      const pushed = await pushImage(
        docker,
        registry,
        { reference, repository, version, id: image.id },
        {
          overwrite,
          login,
          retries,
          timeoutMs: transferTimeoutMs,
          signal,
          pause: (attempt, reason) => this.#pause(reference, attempt, reason),
        },
      );
      if (pushed.kind === 'failed') {
        if (pushed.pushed === true) {
          this.#astray.add(repository);
        }
        return pushed;
      }
      this.#pushed.add(reference);
      this.#remember(pushed, image);
      return (await putExtraTags(registry, definition)) ?? pushed;
    } finally {
      registry.close();
    }
  }

  /** The engine's image says what the registry would say of the same configuration. */
  #remember(result: PushResult, { id, labels, layers, created }: LocalImage): void {
    // An ID that is the manifest's digest is a containerd store's: perhaps an index of several.
    if (result.kind === 'failed' || result.digest === id) {
      return;
    }
    this.#input.cache.set(result.digest, { labels, layers, created });
  }

  /**
   * Moves `latest` of everything owed on the registries of this run, left over from an interrupted
   * one too. What fails stays owed. Gives how many failed.
   */
  async moveLatest(): Promise<number> {
    const { access, owners, signal } = this.#input;
    let failed = 0;
    for (const one of new Set(access.values())) {
      const journal = this.#journal(one);
      // Another tree's, on the same registry: that one has its own user and is moved with it.
      const owed = journal.owed.filter(({ repository }) => {
        // It may show later: the next run looks once more, and moves `latest` or forgets it.
        if (this.#astray.has(repository)) {
          return false;
        }
        const owner = owners.get(repository);
        return owner === undefined || access.get(owner) === one;
      });
      if (owed.length === 0) {
        continue;
      }
      const registry = new Registry(one, { signal });
      try {
        const moves = await eachOf(owed, one.workers, (move) =>
          this.#move(registry, journal, move),
        );
        failed += moves.filter((moved) => !moved).length;
      } finally {
        registry.close();
      }
    }
    return failed;
  }

  /** False where the move failed, and stays owed. */
  async #move(registry: Registry, journal: Journal, move: OwedMove): Promise<boolean> {
    const { listen, signal, latest } = this.#input;
    if (signal.aborted) {
      return true;
    }
    const isNew = this.#pushed.has(`${move.repository}:${move.version}`);
    const result = await moveLatest(registry, move, { force: latest === 'force', isNew });
    if (signal.aborted && result.kind === 'failed') {
      return true;
    }
    const { repository, version } = move;
    if (result.kind === 'failed') {
      const message = `${repository}:latest was not moved to ${version}: ${result.reason}; the next build moves it`;
      listen({ kind: 'warning', message });
      return false;
    }
    this.#settle(journal, move);
    if (result.kind === 'moved') {
      listen({ kind: 'latest-moved', repository, digest: result.digest });
    } else if (result.kind === 'kept') {
      const message = `${repository}:latest stays at ${result.version}, which ${result.because} ${version} (--latest moves it)`;
      listen({ kind: 'warning', message });
    }
    return true;
  }

  /** What cannot be struck out is found done by the next run. */
  #settle(journal: Journal, { repository, version }: OwedMove): void {
    try {
      journal.settle(repository, version);
    } catch (cause) {
      this.#input.listen({ kind: 'warning', message: unwritable(cause) });
    }
  }

  /** Waits before a push is tried again, and says so where that takes long. */
  async #pause(reference: string, attempt: number, reason: string): Promise<number> {
    const { listen, signal } = this.#input;
    const usual = Math.min(60_000, 1_000 * 2 ** attempt);
    const milliseconds = Math.round(usual * (0.5 + Math.random() / 2));
    if (milliseconds >= 5_000) {
      const seconds = Math.ceil(milliseconds / 1000);
      listen({ kind: 'warning', message: `${reference}: ${reason}; waiting ${seconds} s` });
    }
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
    return milliseconds;
  }

  #login(tree: Tree, access: RegistryAccess): PushLogin {
    let login = this.#logins.get(tree);
    if (login === undefined) {
      login = pushLogin(dockerDirectory(this.#input.docker.env), access.host, access.credentials);
      this.#logins.set(tree, login);
    }
    return login;
  }

  /** Removes the logins, and keeps what was learnt. */
  close(): void {
    this.#input.cache.save();
    for (const login of this.#logins.values()) {
      login.remove();
    }
    this.#logins.clear();
  }

  #journal(access: RegistryAccess): Journal {
    let journal = this.#journals.get(access.host);
    if (journal === undefined) {
      journal = new Journal(this.#input.stateDirectory, access.host);
      this.#journals.set(access.host, journal);
    }
    return journal;
  }
}

/** Why something that publishing needs to keep cannot be written. */
function unwritable(cause: unknown): string {
  const path = cause instanceof Error && 'path' in cause ? String(cause.path) : 'a temporary file';
  return `cannot record what is published: ${path} ${whyNot(cause)}`;
}
