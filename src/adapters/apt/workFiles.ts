// biome-ignore lint/style/noRestrictedImports: writes into a temporary directory of its own, and gives parts of it to the user that apt runs as.
import { chmodSync, lchownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeTemporary, removeOwn } from '#core/files/temporary.js';
import type { User } from '../process/process.js';

/** Whom root becomes for apt: nobody's ids are the same everywhere. */
const nobody: User = { uid: 65_534, gid: 65_534 };

/**
 * A temporary directory, made when something is put into it, with directories for the user that apt runs as, who is never
 * root. Such a directory is given away once it is complete: after that root writes nothing into it, where a link could
 * lead elsewhere. What is in them nobody else may read: proxies and logins. Throws as Node does.
 */
export class WorkFiles {
  /** Absent: this process's own. */
  readonly user = process.getuid?.() === 0 ? nobody : undefined;
  /** As apt is to know it: it does not change its user where it is not root. */
  readonly userName = this.user === undefined ? 'root' : 'nobody';
  #top: string | undefined;
  #temporary: string | undefined;

  /** Where all of it is. */
  get path(): string {
    return this.#makeTop();
  }

  /** Where apt puts its own temporary files. */
  get temporary(): string {
    if (this.#temporary === undefined) {
      this.#temporary = this.make('tmp', []);
      this.giveAway(this.#temporary);
    }
    return this.#temporary;
  }

  /** Makes a directory with these in it; gives its path. */
  make(name: string, directories: readonly string[]): string {
    const path = join(this.#makeTop(), name);
    for (const directory of ['', ...directories]) {
      mkdirSync(join(path, directory), { recursive: true, mode: 0o700 });
    }
    return path;
  }

  /** Writes a file in a directory that was not given away. */
  write(file: string, content: string | Uint8Array): void {
    writeFileSync(file, content, { mode: 0o600 });
  }

  /** Gives a directory and all that is in it to the user. */
  giveAway(path: string): void {
    if (this.user === undefined) {
      return;
    }
    const { uid, gid } = this.user;
    // What is in it first: until then it is only root's.
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) {
        this.giveAway(inside);
      } else {
        lchownSync(inside, uid, gid);
      }
    }
    lchownSync(path, uid, gid);
  }

  remove(): void {
    if (this.#top !== undefined) {
      removeOwn(this.#top);
    }
  }

  #makeTop(): string {
    if (this.#top === undefined) {
      const places = [tmpdir(), '/tmp', '/var/tmp'];
      const where = this.user === undefined ? undefined : places.find(isOpenToAll);
      this.#top = makeTemporary('generate-bake-apt-', where);
      if (this.user !== undefined) {
        // The user has to get through it, and must not change it.
        chmodSync(this.#top, 0o711);
      }
    }
    return this.#top;
  }
}

/** Whether another user gets to a directory at all: root's own temporary one may be closed. */
function isOpenToAll(directory: string): boolean {
  for (let at = directory; ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat === undefined || (stat.mode & 0o001) === 0) {
      return false;
    }
    if (at === dirname(at)) {
      return true;
    }
  }
}
