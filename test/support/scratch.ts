import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { atExit } from './process.js';

/** What a scratch tree may hold at a path: text or bytes, with a mode if need be, or a symlink. */
export type ScratchFile =
  | string
  | Uint8Array
  | { readonly text: string | Uint8Array; readonly mode: number }
  | { readonly symlink: string };

export interface ScratchTree {
  /** The directory, absolute. */
  readonly path: string;
  /** The absolute path of something in it. */
  at(...parts: string[]): string;
  write(files: Readonly<Record<string, ScratchFile>>): void;
  remove(): void;
}

/**
 * A throw-away directory with these files (`/`-separated paths; a path that ends in `/` is an
 * empty directory). Removed when the process ends, if not before.
 */
export function scratchTree(files: Readonly<Record<string, ScratchFile>> = {}): ScratchTree {
  const path = mkdtempSync(join(tmpdir(), 'generate-bake-test-'));
  const tree: ScratchTree = {
    path,
    at: (...parts) => join(path, ...parts),
    write(more) {
      for (const [name, file] of Object.entries(more)) {
        put(join(path, name), name, file);
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  atExit(tree.remove);
  tree.write(files);
  return tree;
}

function put(path: string, name: string, file: ScratchFile): void {
  if (name.endsWith('/')) {
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  if (typeof file === 'string' || file instanceof Uint8Array) {
    writeFileSync(path, file);
  } else if ('symlink' in file) {
    symlinkSync(file.symlink, path);
  } else {
    writeFileSync(path, file.text);
    chmodSync(path, file.mode);
  }
}
