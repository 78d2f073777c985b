import type { Docker } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { ConfigCache } from '#adapters/registry/configCache.js';
import { secretsOf } from '#adapters/registry/credentials.js';
import { nameAt, Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import { redact } from '#adapters/registry/secret.js';
import { type ImageDefinition, latestModeOf } from '#compiler/definitions/definition.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { repositoryOf } from '#core/reference/reference.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { PublishedRecord } from '#fleet/status/publishedRecord.js';
import type { Listener } from '../report/event.js';
import { type HookOptions, runAfterPublish } from './afterPublish.js';
import {
  concludePublishing,
  type Debt,
  type Published,
  refusedTag,
  settleIn,
  unwritable,
} from './endOfRun.js';
import { putExtraTags } from './extraTags.js';
import { Journal } from './journal.js';
import { dockerDirectory, type Login, type PushLogin, pushLogin } from './login.js';
import { pausing } from './pause.js';
import { type PushResult, type PushWay, pushImage, type Staged } from './push.js';

export interface PublisherInput {
  readonly docker: Docker;
  /** How each tree's registry is written to; trees that are not among them publish nothing. */
  readonly access: ReadonlyMap<Tree, RegistryAccess>;
  /** An image of each repository: who moves what an interrupted run still owes, and whether. */
  readonly owners: ReadonlyMap<Repository, ImageDefinition>;
  /** Where the moves of `latest` that are owed are kept. */
  readonly stateDirectory: string;
  /** Absolute: where the run writes its report, for `after_publish`; absent: nowhere. */
  readonly reportFile?: string;
  /** Gets what is published, so that the next run need not ask for its labels. */
  readonly cache: ConfigCache;
  /** Gets what is published, so that a later run knows that it was. */
  readonly record: PublishedRecord;
  /** The repositories of private images. */
  readonly privates: ReadonlySet<Repository>;
  /** The registries that have several names. */
  readonly names: RegistryNames;
  readonly overwrite: boolean;
  /** `never` for nightly and snapshot builds; `force` moves it back to lower versions too. */
  readonly latest: 'never' | 'forward' | 'force';
  /** Whether a hold keeps `latest` of an image where it is. */
  readonly keepsLatest: (definition: ImageDefinition) => boolean;
  readonly retries: number;
  readonly transferTimeoutMs: number;
  readonly listen: Listener;
  readonly signal: AbortSignal;
}

/** Pushes versions as they pass, and puts tags at the end of the run. */
export class Publisher {
  readonly #input: PublisherInput;
  readonly #logins = new Map<Tree, PushLogin>();
  readonly #journals = new Map<string, Journal>();
  /** Repositories of what failed to be published: their `latest` is left alone. */
  readonly #failed = new Set<Repository>();
  /** What this run has published. */
  readonly #published = new Map<Reference, Published>();

  constructor(input: PublisherInput) {
    this.#input = input;
  }

  /** Whether images of this tree may be published in this run. */
  covers(tree: Tree): boolean {
    return this.#input.access.has(tree);
  }

  /** Pushes an image of the engine; with `staged`, copies the one that is there instead. One of the two is given. */
  async push(
    definition: ImageDefinition,
    image: LocalImage | undefined,
    staged?: Staged,
  ): Promise<PushResult> {
    const { tree, repository, version, reference, computed } = definition;
    const access = this.#input.access.get(tree);
    if (access === undefined) {
      return { kind: 'failed', reason: 'its tree publishes nothing' };
    }
    const signs = isSet(this.#input.docker.env.DOCKER_CONTENT_TRUST);
    if (staged !== undefined && signs) {
      // Nothing is pushed by docker, which alone signs.
      this.#failed.add(repository);
      return {
        kind: 'failed',
        reason:
          'DOCKER_CONTENT_TRUST is set, and an image that is copied from the staging repository cannot be signed: unset it, or build with one builder',
      };
    }
    const keyring = access.keyring;
    const login = async (): Promise<Login> => {
      const made = this.#login(tree, access);
      made.renew((await keyring?.fresh()) ?? access.credentials);
      return made;
    };
    try {
      if (staged === undefined) {
        this.#login(tree, access);
      }
      if (this.#movesLatest(definition)) {
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
      const mayMeet = this.#movesLatest(definition) && !overwrite;
      const before = mayMeet
        ? { before: (await registry.head(repository, 'latest'))?.digest ?? ('nothing' as const) }
        : {};
      const way: PushWay =
        staged === undefined ? { kind: 'docker', docker, login } : { kind: 'copy', from: staged };
      const id = staged?.digest ?? image?.id ?? '';
      const pushed = await pushImage(
        way,
        registry,
        { reference, repository, version, pushAs: nameAt(access, reference), id },
        {
          overwrite,
          rival: (digest) =>
            `another image of this version was published meanwhile (${digest}); a published version is only replaced with --overwrite-published`,
          signs,
          redact: (text) => redact(text, secretsOf(keyring?.current ?? access.credentials)),
          retries,
          timeoutMs: transferTimeoutMs,
          signal,
          pause: pausing(reference, this.#input),
        },
      );
      if (pushed.kind === 'failed') {
        this.#failed.add(repository);
        // What is not there, or not as it should be, is owed nothing: the next run looks itself. What docker
        // says that it pushed may show later.
        if (pushed.pushed !== true && !signal.aborted) {
          settleIn(this.#journal(access), definition, this.#input.listen);
        }
        return pushed;
      }
      const { digest } = pushed;
      this.#published.set(reference, { definition, access, digest, ...before });
      this.#input.record.add(this.#input.names.canonical(reference), digest);
      // What is staged may be an index of several images, of which the engine has one.
      if (staged === undefined && image !== undefined) {
        this.#remember(pushed, image);
      }
      const lacking = await putExtraTags(registry, definition, (tag, reason) => {
        this.#input.listen({ kind: 'warning', message: refusedTag(definition, tag, reason) });
      });
      if (lacking !== undefined) {
        this.#failed.add(repository);
        return lacking;
      }
      const about = { tree, repository, version, digest };
      const hook = await runAfterPublish(about, access, this.#hookOptions(reference));
      if (hook.kind !== 'passed') {
        this.#failed.add(repository);
        const { reason, tail } = hook.kind === 'failed' ? hook : { reason: 'cancelled', tail: [] };
        return { kind: 'failed', reason: `published, but ${reason}`, tail };
      }
      return pushed;
    } finally {
      registry.close();
    }
  }

  #hookOptions(reference: Reference): HookOptions {
    const { docker, reportFile, privates, transferTimeoutMs, signal, listen } = this.#input;
    const repository = repositoryOf(reference);
    return {
      env: docker.env,
      ...(reportFile === undefined ? {} : { reportFile }),
      isPrivate: privates.has(repository),
      timeoutMs: transferTimeoutMs,
      signal,
      onOutput: (text) => listen({ kind: 'output', reference, text }),
    };
  }

  #movesLatest(definition: ImageDefinition): boolean {
    const { latest, keepsLatest } = this.#input;
    return latest !== 'never' && latestModeOf(definition) === 'auto' && !keepsLatest(definition);
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
   * Ends the run's publishing: moves `latest` of everything published and owed, left over from an
   * interrupted run too, puts the further tags that are owed, and asks once more for what was published.
   * What fails stays owed. Gives how many moves failed.
   */
  conclude(debts: readonly Debt[]): Promise<number> {
    return concludePublishing({
      ...this.#input,
      contentTrust: isSet(this.#input.docker.env.DOCKER_CONTENT_TRUST),
      published: this.#published,
      failed: this.#failed,
      debts,
      hookOptions: (reference) => this.#hookOptions(reference),
      journal: (access) => this.#journal(access),
    });
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
    this.#input.record.save();
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

/** Whether docker takes a variable as true. */
function isSet(value: string | undefined): boolean {
  return /^(1|t|true)$/i.test(value ?? '');
}
