import { createHash, randomUUID } from 'node:crypto';
// biome-ignore-start lint/style/noRestrictedImports: takes a lock where everybody may write, by exclusive names and links.
import {
  chmodSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '#core/files/isRunning.js';
import { makeDirectory } from '#core/files/makeDirectory.js';
import { codeOf, whyNot } from '#core/files/paths.js';

/** Who holds a lock, as its file says. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Tells the process from a later one of the same number; absent where the system cannot tell. */
  readonly mark?: string;
  readonly directory: string;
  /** RFC 3339. */
  readonly since: string;
}

export type Locking =
  | { readonly kind: 'held'; release(): void }
  | { readonly kind: 'taken'; readonly by: LockHolder; readonly file: string }
  /** No file can be written there; `why` is for the middle of a sentence. */
  | { readonly kind: 'impossible'; readonly folder: string; readonly why: string };

/**
 * One build at a time on one engine for one registry, whatever checkout it comes from: two would
 * build and push the same versions. The lock is a file in `folder` that names its holder; one whose
 * process is gone counts for nothing.
 */
export function lock(
  engine: string,
  registries: readonly string[],
  directory: string,
  now: Date,
  folder: string,
): Locking {
  const held: string[] = [];
  const release = (): void => {
    for (const file of held.splice(0)) {
      rmSync(file, { force: true });
    }
  };
  try {
    // Shared by all users of the machine, as the engine is; the umask must not narrow that. Without
    // the sticky bit, which would keep what another user's killed build has left.
    if (makeDirectory(folder) !== undefined) {
      chmodSync(folder, 0o777);
    }
    const mark = processMark(process.pid);
    const own: LockHolder = {
      pid: process.pid,
      host: hostname(),
      ...(mark === undefined ? {} : { mark }),
      directory,
      since: now.toISOString(),
    };
    // Sorted, so that two builds of several registries cannot each hold what the other waits for.
    for (const registry of [...new Set(registries)].sort()) {
      const hash = createHash('sha256').update(`${engine}\n${registry}`).digest('hex').slice(0, 16);
      const file = join(folder, `${hash}.json`);
      const other = take(file, own);
      if (other !== undefined) {
        release();
        return { kind: 'taken', by: other, file };
      }
      held.push(file);
    }
    return { kind: 'held', release };
  } catch (cause) {
    release();
    return { kind: 'impossible', folder, why: whyNot(cause) };
  }
}

/** The builds that hold locks in a folder now; none where it cannot be read. */
export function holdersIn(folder: string): readonly LockHolder[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /^[0-9a-f]{16}\.json$/.test(name));
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => {
    const file = join(folder, name);
    // Everybody may write there: a pipe would be read for ever.
    const entry = lstatSync(file, { throwIfNoEntry: false });
    if (entry === undefined || !entry.isFile() || entry.size > largestLock) {
      return [];
    }
    const holder = readHolder(file);
    const isHeld = holder !== undefined && holder !== 'released' && holds(holder);
    return isHeld ? [holder] : [];
  });
}

/** In bytes: one has a directory's name and little more. */
const largestLock = 64 * 1024;

/** Undefined when the lock is ours now, else who holds it. */
function take(file: string, own: LockHolder): LockHolder | undefined {
  const draft = `${file}.${randomUUID()}`;
  try {
    // Everybody may write there: what somebody has put in the way, a link perhaps, is not followed.
    writeFileSync(draft, JSON.stringify(own), { mode: 0o644, flag: 'wx' });
    for (let attempt = 0; ; attempt++) {
      try {
        // A link appears whole or not at all: nobody ever reads half a file.
        linkSync(draft, file);
        return undefined;
      } catch (cause) {
        if (!isExists(cause)) {
          throw cause;
        }
      }
      const holder = readHolder(file);
      if (holder === 'released') {
        continue;
      }
      if (holder !== undefined && (attempt > 1 || holds(holder))) {
        return holder;
      }
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** `released`: it is not there any more. Somebody else may have it already, so nothing may be removed. */
function readHolder(file: string): LockHolder | 'released' | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isHolder(read) ? read : undefined;
  } catch (cause) {
    // A link that leads nowhere is in the way; nothing of ours is one.
    const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return codeOf(cause) === 'ENOENT' && !isLink ? 'released' : undefined;
  }
}

/** Everybody may write there, so what is read may be anything. */
function isHolder(read: unknown): read is LockHolder {
  if (typeof read !== 'object' || read === null) {
    return false;
  }
  const { pid, host, mark, directory, since } = read as Partial<Record<keyof LockHolder, unknown>>;
  return (
    Number.isSafeInteger(pid) &&
    typeof host === 'string' &&
    (mark === undefined || typeof mark === 'string') &&
    typeof directory === 'string' &&
    typeof since === 'string'
  );
}

function holds(holder: LockHolder): boolean {
  if (holder.host !== hostname()) {
    return true;
  }
  if (!isRunning(holder.pid)) {
    return false;
  }
  return holder.mark === undefined || holder.mark === processMark(holder.pid);
}

/** When a process was started, in the kernel's ticks: field 22 of /proc/PID/stat (proc(5)). */
function processMark(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isExists(cause: unknown): boolean {
  return codeOf(cause) === 'EEXIST';
}
