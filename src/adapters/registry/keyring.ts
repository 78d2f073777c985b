import { type Credentials, isSameLogin, secretsOf } from './credentials.js';

/** Younger credentials, in milliseconds, have not died: a registry that refuses them means it. */
const youngMs = 2_000;

/**
 * The credentials of one registry for as long as the run: those that were found first, and others
 * of the same login once these may have died, as the tokens of credential helpers do.
 */
export class Keyring {
  readonly #find: () => Promise<Credentials>;
  readonly #now: () => number;
  #current: Credentials;
  #foundAt: number;
  #finding: Promise<void> | undefined;

  constructor(
    first: Credentials,
    find: () => Promise<Credentials> = async () => first,
    now: () => number = () => performance.now(),
  ) {
    this.#current = first;
    this.#find = find;
    this.#now = now;
    this.#foundAt = now();
  }

  get current(): Credentials {
    return this.#current;
  }

  /** The credentials as they are now: for what sends them long after it got them. */
  async fresh(): Promise<Credentials> {
    if (this.#now() - this.#foundAt >= youngMs) {
      await this.#findAgain();
    }
    return this.#current;
  }

  /** After a registry refused `used`: whether there are others by now. */
  async renew(used: Credentials): Promise<boolean> {
    if (this.#current === used) {
      await this.fresh();
    }
    return this.#current !== used;
  }

  /** Once for all who ask at the same time. */
  #findAgain(): Promise<void> {
    this.#finding ??= this.#replace().finally(() => {
      this.#finding = undefined;
    });
    return this.#finding;
  }

  /** Whatever else is found where the login was gone is another login: never used in its place. */
  async #replace(): Promise<void> {
    // Without a login, what the tree says of the connection holds: not so with one.
    if (this.#current.kind === 'none') {
      return;
    }
    const found = await this.#find();
    this.#foundAt = this.#now();
    if (isSameLogin(found, this.#current) && !isEqual(found, this.#current)) {
      this.#current = found;
    }
  }
}

function isEqual(a: Credentials, b: Credentials): boolean {
  const [left, right] = [secretsOf(a), secretsOf(b)];
  return left.every((secret, at) => secret.reveal() === right[at]?.reveal());
}
