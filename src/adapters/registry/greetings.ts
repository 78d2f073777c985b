/** How a registry is spoken to, by its answer to `GET /v2/`. */
export interface Endpoint {
  readonly scheme: 'http' | 'https';
  /** How it wants a login; null where it wants none. */
  readonly challenge: string | null;
  /** What its clock says, as its header `Date` has it; absent: it does not say. */
  readonly date?: string;
}

/**
 * What registries answered to `GET /v2/`, by the way to them (`RegistryAccess.route`): kept for one run, so that its
 * phases do not ask again. No token is among it. Only answers are kept, no question under way: the
 * phase that asks it may be stopped before the others.
 */
export class Greetings {
  readonly #known = new Map<string, Endpoint>();

  get(route: string): Endpoint | undefined {
    return this.#known.get(route);
  }

  keep(route: string, endpoint: Endpoint): void {
    this.#known.set(route, endpoint);
  }

  /** After a login with it failed: the registry may want another one by now. */
  forget(route: string): void {
    this.#known.delete(route);
  }
}
