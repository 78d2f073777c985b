import { createHash, type Hash, hash } from 'node:crypto';
// biome-ignore lint/style/noRestrictedImports: hashes files of a context by descriptor, without following links.
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Boundary } from '#core/files/boundary.js';
import { whyNot } from '#core/files/paths.js';
import { Refused } from '#core/files/refused.js';
import type { Digest } from '#core/reference/brands.js';
import type { ContextFile, ContextPart } from '../plan/plan.js';
import { shownFile } from './listing.js';

/** Something that is part of a digest. */
export type DigestedEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Absolute. */
      readonly source: string;
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number };

/** The files, without links and directories. */
export function filesAmong(entries: readonly DigestedEntry[]): readonly ContextFile[] {
  return entries.flatMap((entry) => (entry.kind === 'file' ? [entry] : []));
}

/**
 * What a digest regards: `content` is names, contents and the owner's executable bit of files, which
 * is what git keeps; `all` is also every permission, and directories; `bytes` is names and contents alone.
 */
export type Regarded = 'content' | 'all' | 'bytes';

/** Most contexts fit into it, and are then hashed in one go. */
const roomFor = 1 << 18;
let room: Buffer | undefined;

/**
 * The SHA-256 of `entries`, which are sorted by path. A file that cannot be read, or changes
 * meanwhile, is an error, and so is one that `boundary` keeps secret.
 */
export function contentDigest(
  entries: readonly DigestedEntry[],
  shown: string,
  regarded: Regarded,
  boundary?: Boundary,
): Outcome<Digest> {
  const diagnostics: Diagnostic[] = [];
  const input = new Input();
  input.text(`generate-bake context 1 ${regarded}\n`);
  for (const entry of entries) {
    if (entry.kind === 'symlink') {
      input.text(`symlink ${sized(entry.path)} ${sized(entry.target)}\n`);
    } else if (entry.kind === 'directory' && regarded === 'all') {
      input.text(`directory ${entry.mode.toString(8)} ${sized(entry.path)}\n`);
    }
    if (entry.kind !== 'file') {
      continue;
    }
    const problem = addFile(input, entry, regarded, boundary);
    if (problem === undefined) {
      continue;
    }
    const place = { file: shownFile(shown, entry.path) };
    diagnostics.push(
      error('unreadable', `the file ${problem}`, {
        place,
        hint: 'make it readable',
      }),
    );
  }
  return { value: `sha256:${input.digest()}` as Digest, diagnostics };
}

/** What each of `entries` is; what cannot be read is as if it were empty. */
export function partsOf(
  entries: readonly DigestedEntry[],
  shown: string,
  boundary: Boundary,
): readonly ContextPart[] {
  return entries
    .filter(({ kind }) => kind !== 'directory')
    .map((entry) => ({
      path: entry.path,
      kind: entry.kind === 'file' ? kindOf(entry.source) : 'symlink',
      digest: contentDigest([entry], shown, 'bytes', boundary).value,
    }));
}

function kindOf(source: string): ContextPart['kind'] {
  const mode = lstatSync(source, { throwIfNoEntry: false })?.mode ?? 0;
  return mode & 0o100 ? 'executable' : 'file';
}

function sized(text: string): string {
  return `${Buffer.byteLength(text)}:${text}`;
}

function addFile(
  input: Input,
  { path, source }: { readonly path: string; readonly source: string },
  regarded: Regarded,
  boundary: Boundary | undefined,
): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) {
      throw new Refused('is not a regular file');
    }
    boundary?.checkSecret(stat);
    const { mode, size } = stat;
    const executable = regarded !== 'bytes' && mode & 0o100 ? 'x' : '-';
    const shownMode = regarded === 'all' ? (mode & 0o7777).toString(8) : executable;
    input.text(`file ${shownMode} ${sized(path)} ${size}\n`);
    return input.file(file, size) ? undefined : 'changed while it was read';
  } catch (cause) {
    return whyNot(cause);
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}

/** What is hashed: gathered in one buffer, and spilled into a running hash where that is full. */
class Input {
  readonly #room: Buffer;
  #used = 0;
  #hash: Hash | undefined;

  constructor() {
    room ??= Buffer.allocUnsafeSlow(roomFor);
    this.#room = room;
  }

  text(text: string): void {
    const length = Buffer.byteLength(text);
    if (length > roomFor - this.#used) {
      this.#spill();
    }
    if (length > roomFor) {
      this.#hash?.update(text);
    } else {
      this.#used += this.#room.write(text, this.#used);
    }
  }

  /** Adds an open file of `size` bytes; false where it turns out to have another size. */
  file(file: number, size: number): boolean {
    let left = size;
    for (;;) {
      if (this.#used === roomFor) {
        this.#spill();
      }
      // One byte more than there should be: a file that grows meanwhile is not taken for whole.
      const most = Math.min(left + 1, roomFor - this.#used);
      const read = readSync(file, this.#room, this.#used, most, null);
      if (read === 0) {
        return left === 0;
      }
      if (read > left) {
        return false;
      }
      this.#used += read;
      left -= read;
    }
  }

  digest(): string {
    if (this.#hash === undefined) {
      return hash('sha256', this.#room.subarray(0, this.#used), 'hex');
    }
    this.#spill();
    return this.#hash.digest('hex');
  }

  #spill(): void {
    this.#hash ??= createHash('sha256');
    this.#hash.update(this.#room.subarray(0, this.#used));
    this.#used = 0;
  }
}
