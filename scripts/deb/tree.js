import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The files of a package before dpkg-deb joins them; modes and times are the same on every machine. */
export class Tree {
  #root;
  #epoch;
  /** Path to content, in the order of writing. */
  #files = new Map();

  constructor(root, epoch) {
    this.#root = root;
    this.#epoch = epoch;
  }

  /** What all files have together. */
  get bytes() {
    return [...this.#files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  write(path, content, mode = 0o644) {
    const file = join(this.#root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
    this.#files.set(path, Buffer.from(content));
  }

  /** A file, or all of a directory. */
  copy(from, path) {
    if (!statSync(from).isDirectory()) {
      const executable = (statSync(from).mode & 0o100) !== 0;
      this.write(path, readFileSync(from), executable ? 0o755 : 0o644);
      return;
    }
    for (const name of readdirSync(from).sort()) {
      this.copy(join(from, name), `${path}/${name}`);
    }
  }

  link(path, target) {
    const file = join(this.#root, path);
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(target, file);
  }

  /** Compressed as policy asks for manual pages and changelogs; without a time. */
  packed(text) {
    return gzipSync(text, { level: 9 });
  }

  md5sums() {
    return [...this.#files]
      .filter(([path]) => !path.startsWith('DEBIAN/'))
      .map(([path, content]) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`)
      .sort((one, other) => (one.slice(34) < other.slice(34) ? -1 : 1))
      .join('');
  }

  /** Gives everything its time, and directories the mode that a umask has not. */
  finish(path = this.#root) {
    if (lstatSync(path).isDirectory()) {
      for (const name of readdirSync(path)) {
        this.finish(join(path, name));
      }
      chmodSync(path, 0o755);
    }
    lutimesSync(path, this.#epoch, this.#epoch);
  }
}
