import { addressOf } from '#adapters/registry/address.js';
import { Registry, type RegistryAccess } from '#adapters/registry/registry.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Repository } from '#core/reference/brands.js';

interface Sources {
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  /** Of registries that no tree publishes to, and that the user named; absent: none. */
  readonly further?: readonly RegistryAccess[];
  readonly signal: AbortSignal;
}

/** The registries that a run has asked, each opened once. */
export class OpenedRegistries {
  readonly #request: Sources;
  readonly #open = new Map<RegistryAccess, Registry>();

  constructor(request: Sources) {
    this.#request = request;
  }

  /** That of a tree; undefined where it has none. */
  of(tree: Tree): Registry | undefined {
    const access = this.#request.accesses.get(tree);
    return access === undefined ? undefined : this.#opened(access);
  }

  /** That of the first tree whose registry a repository is in, or else one that the user named. */
  at(repository: Repository): Registry | undefined {
    const { accesses, further = [] } = this.#request;
    const host = addressOf(repository)?.host;
    const access = [...accesses.values(), ...further].find((each) => each.host === host);
    return access === undefined ? undefined : this.#opened(access);
  }

  close(): void {
    for (const registry of this.#open.values()) {
      registry.close();
    }
  }

  #opened(access: RegistryAccess): Registry {
    const known = this.#open.get(access);
    const registry = known ?? new Registry(access, { signal: this.#request.signal });
    this.#open.set(access, registry);
    return registry;
  }
}
