import { setTimeout as sleep } from 'node:timers/promises';
import type { RawManifest } from '#adapters/registry/client.js';
import { putTag, readTag } from '#adapters/registry/publish.js';
import { Registry } from '#adapters/registry/registry.js';
import type { Digest, Repository } from '#core/reference/brands.js';

export interface TagWatch {
  /** Aborted as soon as another image has the tag. */
  readonly signal: AbortSignal;
  /** That other image; absent: none was seen. */
  readonly rival: RawManifest | undefined;
  /** Ends it: what is under way is given up. */
  end(): void;
}

/** Whether an image is the one that this push pushes. */
type IsOwn = (digest: Digest, content: Readonly<Record<string, unknown>>) => boolean;

/** Between two requests, in milliseconds. */
const everyMs = 1_000;
/** The same at most: each request that the registry refuses as one too many doubles it. */
const longestMs = 30_000;

/**
 * Asks for a tag again and again while docker pushes. Docker sends the layers first and the manifest last, and
 * takes as long as the layers are large, so what was asked before the push says nothing of its end. With this,
 * the last request before the manifest is a second old at most, however long the push takes.
 *
 * `isOwn` says of a digest whether it is this push's own; a registry that does not answer is no reason
 * to give a push up.
 */
export function watchTag(
  { access }: Registry,
  repository: Repository,
  tag: string,
  isOwn: IsOwn,
): TagWatch {
  const found = new AbortController();
  const over = new AbortController();
  let rival: RawManifest | undefined;
  // A phase of its own: nobody waits for what it asks, so nobody is told of its troubles.
  const { waits: _, ...asking } = access.asking ?? {};
  const registry = new Registry(
    { ...access, asking },
    { patience: { attempts: 1, longestAskedMs: 0 }, signal: over.signal },
  );
  const look = async (): Promise<void> => {
    let wait = everyMs;
    const own = new Set<Digest>();
    for (;;) {
      await sleep(wait, undefined, { signal: over.signal, ref: false }).catch(() => {});
      if (over.signal.aborted) {
        return;
      }
      const head = await registry.headReply(repository, tag);
      const isLimited = !head.ok && head.fault.kind === 'limited';
      wait = isLimited ? Math.min(longestMs, wait * 2) : everyMs;
      if (!head.ok || head.value === undefined || own.has(head.value.digest)) {
        continue;
      }
      const read = await readTag(registry, repository, tag);
      // It may have been moved in between, or not be shown yet.
      if (read.kind !== 'found' || read.manifest.digest !== head.value.digest) {
        continue;
      }
      const { digest, content } = read.manifest;
      if (!isOwn(digest, content)) {
        rival = read.manifest;
        found.abort();
        return;
      }
      own.add(digest);
    }
  };
  void look();
  return {
    signal: found.signal,
    get rival() {
      return rival;
    },
    end: () => {
      over.abort();
      registry.close();
    },
  };
}

/** How long what a push had sent before it was given up may still arrive, in milliseconds. */
const lateMs = 5_000;

/**
 * Keeps the image that came first under its tag, after this push was given up for it: its manifest may have
 * been on its way by then, and a registry that has read a request carries it out, whether or not anybody waits
 * for the answer. Gives up after `lateMs`; what arrives later than that overwrites.
 */
export async function keepFirst(
  registry: Registry,
  repository: Repository,
  tag: string,
  first: RawManifest,
  isOwn: IsOwn,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + lateMs;
  while (performance.now() < until && !signal.aborted) {
    const head = await registry.head(repository, tag);
    if (head !== undefined && head.digest !== first.digest) {
      const read = await readTag(registry, repository, tag);
      if (read.kind === 'found' && isOwn(read.manifest.digest, read.manifest.content)) {
        await putTag(registry, repository, tag, first);
        return;
      }
    }
    await sleep(everyMs / 2, undefined, { signal }).catch(() => {});
  }
}
