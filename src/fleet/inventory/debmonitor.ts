import { createHash } from 'node:crypto';
import type { PostReply } from '#adapters/debmonitor/postUpdate.js';
import type { Digest } from '#core/reference/brands.js';
import type { PublishedRecord } from '../status/publishedRecord.js';
import type { ImageInventory } from './askInventories.js';
import type { Inventory } from './inventory.js';

/** The full update of one image, as DebMonitor takes it (its images/views.py and src_packages/models.py). */
interface DebMonitorUpdate {
  readonly api_version: 'v1';
  readonly update_type: 'full';
  readonly image_name: string;
  readonly os: string;
  readonly installed: readonly {
    readonly name: string;
    readonly version: string;
    readonly source: string;
  }[];
}

/** What became of one image. */
export interface Submission {
  readonly shown: string;
  readonly kind:
    | 'sent'
    | 'unchanged'
    /** It is not one that is sent. */
    | 'left-out'
    /** It could not be read, or the server did not take it. */
    | 'failed';
  /** Why it was not sent. */
  readonly reason?: string;
}

export interface SubmissionSources {
  readonly post: (image: string, update: DebMonitorUpdate) => Promise<PostReply>;
  /** What was sent last, by image: the digest of the update. */
  readonly record: PublishedRecord;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** DebMonitor forgets images that nobody updated for 90 days. */
const sentAgainAfterDays = 30;

/**
 * Sends the inventories of published images, one after the other. One that is as it was sent last is not sent,
 * unless that is long ago. Where the server cannot be used, the others are not tried.
 */
export async function submitAll(
  rows: readonly ImageInventory[],
  { post, record, now, signal }: SubmissionSources,
): Promise<readonly Submission[]> {
  const done: Submission[] = [];
  let unusable: string | undefined;
  for (const { shown, found } of rows) {
    if (found.kind !== 'read' || found.image.origin !== 'registry') {
      done.push({
        shown,
        kind: found.kind === 'failed' ? 'failed' : 'left-out',
        reason: reasonOf(found),
      });
      continue;
    }
    const update = updateOf(shown, found.inventory);
    if (typeof update === 'string') {
      done.push({ shown, kind: 'left-out', reason: update });
      continue;
    }
    const digest = digestOf(update);
    if (isKnown(record, shown, digest, now)) {
      done.push({ shown, kind: 'unchanged' });
      continue;
    }
    if (unusable !== undefined || signal.aborted) {
      done.push({ shown, kind: 'failed', reason: unusable ?? 'stopped' });
      continue;
    }
    const reply = await post(shown, update);
    if (reply.kind === 'accepted') {
      record.add(shown, digest);
      record.save();
      done.push({ shown, kind: 'sent' });
    } else {
      unusable = reply.kind === 'unusable' ? reply.reason : undefined;
      done.push({ shown, kind: 'failed', reason: reply.reason });
    }
  }
  return done;
}

function reasonOf(found: ImageInventory['found']): string {
  switch (found.kind) {
    case 'failed':
      return found.failure.reason;
    case 'absent':
      return 'it is not published';
    case 'read':
      return 'it is local, and only published images are sent';
  }
}

/** Or why there is none: a clause about the image. */
function updateOf(image: string, inventory: Inventory): DebMonitorUpdate | string {
  const os = osOf(inventory);
  if (os === undefined) {
    const { id, versionId } = inventory.distribution ?? {};
    const named = [id ?? 'no distribution', versionId].filter(Boolean).join(' ');
    return `DebMonitor takes Debian and Ubuntu, not ${named}`;
  }
  if (inventory.packages.length === 0) {
    return 'it has no Debian packages';
  }
  const { architecture } = inventory;
  // It knows one version of a name: the own architecture's where there are several.
  const byName = new Map<string, { name: string; version: string; source: string }>();
  for (const { name, version, source, architecture: own } of inventory.packages) {
    if (!byName.has(name) || own === architecture) {
      byName.set(name, { name, version, source });
    }
  }
  return {
    api_version: 'v1',
    update_type: 'full',
    image_name: image,
    os,
    installed: [...byName.values()],
  };
}

/** `Debian 12`, `Debian`, `Ubuntu 24.04`: others its server refuses. */
function osOf({ distribution }: Inventory): string | undefined {
  const { id, versionId } = distribution ?? {};
  const names = new Map([
    ['debian', 'Debian'],
    ['ubuntu', 'Ubuntu'],
  ]);
  const name = names.get(id ?? '');
  const os = versionId === undefined ? name : `${name} ${versionId}`;
  return /^(?:Debian(?: \d\d)?|Ubuntu(?: \d\d\.\d\d)?)$/.test(os ?? '') ? os : undefined;
}

function digestOf(update: DebMonitorUpdate): Digest {
  return `sha256:${createHash('sha256').update(JSON.stringify(update)).digest('hex')}` as Digest;
}

function isKnown(record: PublishedRecord, shown: string, digest: Digest, now: Date): boolean {
  const last = record.get(shown);
  if (last?.digest !== digest) {
    return false;
  }
  const days = (now.getTime() - Date.parse(last.day)) / 86_400_000;
  return days >= 0 && days < sentAgainAfterDays;
}
