import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageDefinition } from '../definitions/definition.js';
import type { Docker } from '../engine/docker.js';
import type { LocalImage } from '../engine/images.js';
import { Registry, type RegistryAccess } from '../registry/registry.js';
import type { Listener } from '../report/event.js';
import type { Tree } from '../workspace/tree.js';
import { Journal } from './journal.js';
import { moveLatest } from './latest.js';
import { type Login, pushLogin } from './login.js';
import { type PushResult, pushImage } from './push.js';

export interface PublisherInput {
  readonly docker: Docker;
  /** How each tree's registry is reached; trees that are not among them publish nothing. */
  readonly access: ReadonlyMap<Tree, RegistryAccess>;
  /** Where the moves of `latest` that are owed are kept. */
  readonly stateDirectory: string;
  readonly overwrite: boolean;
  /** `never` for nightly and snapshot builds; `force` moves it back to lower versions too. */
  readonly latest: 'never' | 'forward' | 'force';
  readonly retries: number;
  readonly listen: Listener;
  readonly signal: AbortSignal;
}

/** Pushes versions as they pass, and moves `latest` at the end of the run. */
export class Publisher {
  readonly #input: PublisherInput;
  readonly #logins = new Map<Tree, Login>();
  readonly #journals = new Map<string, Journal>();
  /** Trees by the repositories of their images, for the moves. */
  readonly #trees = new Map<string, Tree>();

  constructor(input: PublisherInput) {
    this.#input = input;
  }

  /** Whether images of this tree may be published in this run. */
  covers(tree: Tree): boolean {
    return this.#input.access.has(tree);
  }

  async push(definition: ImageDefinition, image: LocalImage): Promise<PushResult> {
    const { tree, repository, version, reference } = definition;
    const access = this.#input.access.get(tree);
    if (access === undefined) return { kind: 'failed', reason: 'its tree publishes nothing' };
    let login = this.#logins.get(tree);
    if (login === undefined) {
      login = pushLogin(access.host, access.credentials);
      this.#logins.set(tree, login);
    }
    this.#trees.set(repository, tree);
    if (this.#input.latest !== 'never') this.#journal(access).add({ repository, version });
    const { docker, overwrite, retries, signal } = this.#input;
    // Opened for this push alone: tokens expire while images are built.
    const registry = new Registry(access, { signal });
    try {
      return await pushImage(
        docker,
        registry,
        login,
        { reference, repository, version, id: image.id },
        {
          overwrite,
          retries,
          signal,
          pause: (attempt) =>
            sleep(1_000 * 2 ** attempt * (0.5 + Math.random() / 2), undefined, { signal }).catch(
              () => {},
            ),
        },
      );
    } finally {
      registry.close();
    }
  }

  /**
   * Moves `latest` of everything owed on the registries of this run, left over from an interrupted
   * one too. What fails stays owed. Gives how many failed.
   */
  async moveLatest(): Promise<number> {
    const { access, listen, signal, latest } = this.#input;
    let failed = 0;
    for (const one of new Set(access.values())) {
      const journal = this.#journal(one);
      if (journal.owed.length === 0) continue;
      const registry = new Registry(one, { signal });
      try {
        for (const move of journal.owed) {
          if (signal.aborted) return failed;
          // Another tree's, on the same registry: that one has its own user and is moved with it.
          const owner = this.#trees.get(move.repository);
          if (owner !== undefined && access.get(owner) !== one) continue;
          const result = await moveLatest(registry, move, latest === 'force');
          if (result.kind === 'failed') {
            failed++;
            const message = `${move.repository}:latest was not moved to ${move.version}: ${result.reason}; the next build moves it`;
            listen({ kind: 'warning', message });
            continue;
          }
          journal.settle(move.repository);
          if (result.kind === 'moved') {
            listen({ kind: 'latest-moved', repository: move.repository, digest: result.digest });
          } else if (result.kind === 'kept') {
            const message = `${move.repository}:latest stays at ${result.version}, which is higher than ${move.version} (--latest moves it)`;
            listen({ kind: 'warning', message });
          }
        }
      } finally {
        registry.close();
      }
    }
    return failed;
  }

  /** Removes the logins. */
  close(): void {
    for (const login of this.#logins.values()) login.remove();
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
