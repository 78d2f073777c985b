import { setMaxListeners } from 'node:events';
import type { Digest, Repository } from '#core/reference/brands.js';
import type { LayerReading } from '../layers/listLayer.js';
import type { Environment } from '../process/process.js';
import { addressOf } from './address.js';
import { HostClient, type ManifestHead, type RawManifest } from './client.js';
import { accountOf, type Credentials } from './credentials.js';
import { type Answer, advice, answer, describe, type Fault, isTransient } from './fault.js';
import type { Greetings } from './greetings.js';
import { Keyring } from './keyring.js';
import {
  type Allowance,
  defaultPatience,
  type Patience,
  Persistence,
  realTiming,
  type Timing,
} from './patience.js';
import { Connections } from './transport.js';
import type { LayerBlob } from './verifiedBytes.js';
import { untold, type Waits } from './waits.js';

/** How one tree's registry is reached. */
export interface RegistryAccess {
  /** `host[:port]` as `addressOf` spells it. */
  readonly host: string;
  readonly credentials: Credentials;
  /** Finds them again once they may have died; absent: they last as long as the run. */
  readonly keyring?: Keyring;
  /** Plain http, as `insecure_registries` says; loopback needs no saying. */
  readonly insecure: boolean;
  /** The same for all that are reached alike: what was heard on one way says nothing of another. */
  readonly route?: string;
  readonly treeProxy?: string;
  readonly environment: Environment;
  /** PEM texts of the authorities that are trusted, read when TLS is first spoken. */
  readonly authorities: () => readonly string[];
  /** `scan_workers`. */
  readonly workers: number;
  /** Absent: as somebody asks who only looks. */
  readonly asking?: Asking;
  /** How it is written to (`push_registry`); absent: as it is read. */
  readonly push?: RegistryAccess;
  /** Repositories are named as those of `from`, and are those of `to` here; absent: as they are named. */
  readonly renamed?: { readonly from: string; readonly to: string };
}

/** The name of a repository, or of an image in it, where this access reaches it. */
export function nameAt({ renamed }: Pick<RegistryAccess, 'renamed'>, name: string): string {
  return renamed !== undefined && name.startsWith(`${renamed.from}/`)
    ? renamed.to + name.slice(renamed.from.length)
    : name;
}

/** How a run asks its registries. */
export interface Asking {
  readonly patience?: Partial<Patience>;
  /** Gets to know who is waited for. */
  readonly waits?: Waits;
  /** What is left of the time that the run waits because registries say so (Retry-After). */
  readonly allowance?: Allowance;
  /** What registries answered to `GET /v2/` in this run. */
  readonly greetings?: Greetings;
  /**
   * Some registries refuse questions about a repository that is not there, and make it for whoever
   * may push: there the right to push is asked for too. Only for trees that the run publishes.
   */
  readonly creates?: boolean;
}

export interface PhaseOptions {
  readonly patience?: Partial<Patience>;
  readonly timing?: Timing;
  /** Ends everything under way. */
  readonly signal?: AbortSignal;
}

/**
 * One registry for the length of one phase (asking for states, publishing): opened anew for each,
 * since tokens expire while images are built. Every call gives a value, never an exception, and
 * is tried again where that can help.
 */
export class Registry {
  readonly access: RegistryAccess;
  readonly #client: HostClient;
  readonly #persistence: Persistence;
  readonly #connections: Connections;
  /** `REPOSITORY:TAG` where a HEAD got no answer in time. */
  readonly #silent = new Set<string>();
  readonly #stop: () => void;

  constructor(access: RegistryAccess, options: PhaseOptions = {}) {
    const { patience: usual, waits = untold, creates = false, ...run } = access.asking ?? {};
    const { greetings, allowance } = run;
    const { route } = access;
    const patience = { ...defaultPatience, ...usual, ...options.patience };
    const ending = endingSignal(patience, options.signal);
    this.access = access;
    this.#connections = new Connections({
      ...(access.treeProxy === undefined ? {} : { treeProxy: access.treeProxy }),
      environment: access.environment,
      authorities: access.authorities,
    });
    this.#client = new HostClient(
      {
        host: access.host,
        transport: this.#connections,
        requestMs: patience.requestMs,
        slowRequestMs: patience.slowRequestMs,
        waits,
        signal: ending.signal,
      },
      {
        keyring: access.keyring ?? new Keyring(access.credentials),
        insecure: access.insecure,
        creates,
        ...(greetings === undefined || route === undefined
          ? {}
          : { greeted: { greetings, route } }),
      },
    );
    this.#persistence = new Persistence(patience, options.timing ?? realTiming, ending.signal, {
      host: access.host,
      waits,
      ...(allowance === undefined ? {} : { allowance }),
      describe: (fault) => describe(fault, access.host),
    });
    this.#stop = ending.stop;
  }

  /** Whether there is a registry, and what its clock says. */
  async greet(): Promise<Answer<{ readonly date?: string }>> {
    return this.#persistence.ask(() => this.#client.greet());
  }

  /** The manifest or index under a tag or digest of a repository. */
  manifest(repository: Repository, reference: string): Promise<Answer<RawManifest>> {
    const name = this.#nameOf(repository);
    // A HEAD that nobody answered was the first attempt.
    const first = this.#silent.delete(`${name}:${reference}`) ? 2 : 1;
    return this.#persistence.ask(() => this.#client.manifest(name, reference), isTransient, first);
  }

  /**
   * What a tag is at, as far as a HEAD tells; undefined where it does not, for whatever reason: the
   * manifest itself is to be asked for then. Docker Hub and others count GETs, and no HEADs.
   */
  async head(repository: Repository, tag: string): Promise<ManifestHead | undefined> {
    const reply = await this.headReply(repository, tag);
    return reply.ok ? reply.value : undefined;
  }

  /** The same with the fault, of which a tag that is not there is none: a HEAD has no error code. */
  async headReply(repository: Repository, tag: string): Promise<Answer<ManifestHead | undefined>> {
    const reply = await this.#head(repository, tag);
    if (!reply.ok) {
      return reply;
    }
    return answer(reply.value === 'none' ? undefined : reply.value);
  }

  /**
   * As `head`, and `none` where the answer is 404: good enough to show that a tag is not there, too little
   * to change anything for it, since any web server says that.
   */
  async glance(repository: Repository, tag: string): Promise<ManifestHead | 'none' | undefined> {
    const reply = await this.#head(repository, tag);
    return reply.ok ? reply.value : undefined;
  }

  async #head(
    repository: Repository,
    tag: string,
  ): Promise<Answer<ManifestHead | 'none' | undefined>> {
    const name = this.#nameOf(repository);
    // After a limit a GET would be what the registry has just asked not to get.
    const reply = await this.#persistence.ask(
      () => this.#client.head(name, tag),
      ({ kind }) => kind === 'limited',
    );
    if (!reply.ok && reply.fault.kind === 'timeout') {
      this.#silent.add(`${name}:${tag}`);
    }
    return reply;
  }

  blob(repository: Repository, digest: Digest): Promise<Answer<Uint8Array>> {
    const name = this.#nameOf(repository);
    return this.#persistence.ask(() => this.#client.blob(name, digest));
  }

  /** Lists a layer without keeping its bytes; asked for again from its start where that can help. */
  layer(repository: Repository, blob: LayerBlob): Promise<Answer<LayerReading>> {
    const name = this.#nameOf(repository);
    return this.#persistence.ask(() => this.#client.layer(name, blob));
  }

  /** Puts a blob that a repository of the same registry or of another one has; nothing where it is there. */
  putBlob(
    repository: Repository,
    blob: LayerBlob,
    source: { readonly registry: Registry; readonly repository: Repository },
  ): Promise<Answer<void>> {
    const name = this.#nameOf(repository);
    const { registry } = source;
    const from = registry.#nameOf(source.repository);
    const open = () => registry.#client.open(from, blob);
    const isSibling = registry.access.host === this.access.host && from !== name;
    const put = isSibling ? { open, sibling: from } : { open };
    return this.#persistence.ask(() => this.#client.putBlob(name, blob, put));
  }

  putManifest(
    repository: Repository,
    tag: string,
    manifest: Pick<RawManifest, 'bytes' | 'mediaType'>,
  ): Promise<Answer<void>> {
    const name = this.#nameOf(repository);
    return this.#persistence.ask(() => this.#client.putManifest(name, tag, manifest));
  }

  /** Why a push to the repository would be refused, as far as the registry says; undefined: it does not. */
  async pushObstacle(
    repository: Repository,
  ): Promise<{ readonly reason: string; readonly hint: string } | undefined> {
    const name = this.#nameOf(repository);
    const { host, credentials } = this.access;
    const shown = nameAt(this.access, repository);
    const reply = await this.#persistence.ask(() => this.#client.pushRight(name));
    const hint = `${accountOf(credentials)}; ask for the right to push to ${shown}`;
    if (reply.ok) {
      const reason = `the token of ${host} does not include the right to push`;
      return reply.value ? undefined : { reason, hint };
    }
    if (reply.fault.kind === 'denied') {
      return { reason: describe(reply.fault, host), hint };
    }
    return reply.fault.kind === 'absent'
      ? {
          reason: `${host} has no repository ${name} (${reply.fault.code})`,
          hint: `create ${shown}: this registry does not create it for a push`,
        }
      : undefined;
  }

  /** Every tag of the repository, all pages of them; none where there is no such repository. */
  async tags(repository: Repository): Promise<Answer<readonly string[]>> {
    const name = this.#nameOf(repository);
    const all: string[] = [];
    let next: string | undefined;
    do {
      const at = next;
      const page = await this.#persistence.ask(() => this.#client.tagsPage(name, at));
      if (!page.ok) {
        return page.fault.kind === 'absent' && at === undefined ? answer([]) : page;
      }
      all.push(...page.value.tags);
      next = page.value.next;
    } while (next !== undefined);
    return answer(all);
  }

  /** What a fault means to the user: a sentence, and one on what to do. */
  explain(fault: Fault): { readonly reason: string; readonly hint?: string } {
    const reason = describe(fault, this.access.host);
    const { credentials } = this.access;
    const asked = {
      account: accountOf(credentials),
      isAnonymous: credentials.kind === 'none',
    };
    const hint = advice(fault, this.access.host, asked);
    return hint === undefined ? { reason } : { reason, hint };
  }

  #nameOf(repository: Repository): string {
    const address = addressOf(nameAt(this.access, repository));
    if (address === undefined) {
      throw new Error(`${repository} is not the name of a repository`);
    }
    return address.name;
  }

  /** Ends connections and timers; the registry is of no use afterwards. */
  close(): void {
    this.#stop();
    this.#connections.close();
  }
}

/** The caller's signal joined with the deadline of the whole phase. */
function endingSignal(patience: Patience, outer: AbortSignal | undefined) {
  const controller = new AbortController();
  // Every request of the phase listens to it.
  setMaxListeners(0, controller.signal);
  const stop = () => controller.abort(outer?.reason);
  if (outer?.aborted) {
    stop();
  }
  outer?.addEventListener('abort', stop, { once: true });
  const { totalMs } = patience;
  const timer =
    totalMs === undefined
      ? undefined
      : setTimeout(() => {
          controller.abort(new Error(`not all was answered within ${totalMs / 1000} s`));
        }, totalMs);
  return {
    signal: controller.signal,
    stop: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', stop);
    },
  };
}
