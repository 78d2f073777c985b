import type { Docker, DockerFailure } from '#adapters/docker/docker.js';
import { inspectConfig, saveImage } from '#adapters/docker/savedImage.js';
import {
  type ArchiveReading,
  readSaved,
  type SavedArchive,
} from '#adapters/layers/savedArchive.js';
import { whyNot } from '#core/files/paths.js';
import { readStream } from '#core/files/readStream.js';
import type { Digest } from '#core/reference/brands.js';
import type { Listings, OpenedImage, OpeningFailure, Progress } from './openedImage.js';
import { type ImageSettings, settingsOf } from './settings.js';

export interface LocalSource {
  readonly docker: Docker;
  /** The names that it may have, the usual one first. */
  readonly names: readonly string[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Opens an image of the engine; docker is asked for its layers once, where one is not known yet. */
export async function openLocal({
  docker,
  names,
  progress,
  signal,
}: LocalSource): Promise<OpenedImage | OpeningFailure> {
  for (const name of names) {
    const found = await inspectConfig(docker, name, { signal });
    if (found.kind === 'failed') {
      return engineFailure(found);
    }
    if (found.value === undefined) {
      continue;
    }
    const shown = `${name} (local)`;
    const settings = settingsOf(found.value.config);
    if (settings === undefined) {
      return { kind: 'unreadable', reason: `docker does not say what layers ${name} has` };
    }
    const list = async (wanted: readonly Digest[], listings: Listings) => {
      if (wanted.every((diffId) => listings.has(diffId))) {
        return undefined;
      }
      const saved = await saveImage(
        docker,
        name,
        (archive) => readSaved(counted(archive, shown, progress), (known) => listings.has(known)),
        { signal },
      );
      if (saved.kind === 'failed') {
        return engineFailure(saved);
      }
      return take(saved.value, shown, wanted, listings);
    };
    return { shown, origin: 'engine', digest: found.value.id, settings, list };
  }
  return {
    kind: 'absent',
    reason: `the engine has no image ${names[0] ?? ''}`,
    hint: 'build it first, or name two published versions',
  };
}

function engineFailure({ reason, message }: DockerFailure): OpeningFailure {
  return reason === 'cancelled'
    ? { kind: 'cancelled', reason: message }
    : { kind: 'unknown', reason: `the engine cannot be asked: ${message}`, isEngine: true };
}

/** Opens a file that `docker save` wrote: it is read as a whole. `shown` is its name as it was written. */
export async function openSaved(
  file: string,
  shown: string,
  listings: Listings,
  { progress, signal }: Pick<LocalSource, 'progress' | 'signal'>,
): Promise<OpenedImage | OpeningFailure> {
  let reading: ArchiveReading;
  try {
    const bytes = counted(readStream(file, signal), shown, progress);
    reading = await readSaved(bytes, (known) => listings.has(known));
  } catch (cause) {
    return signal.aborted
      ? { kind: 'cancelled', reason: 'stopped' }
      : { kind: 'absent', reason: `${shown} cannot be read: it ${whyNot(cause)}` };
  }
  const image = reading.kind === 'unreadable' ? undefined : imageIn(reading.archive, shown);
  if (image === undefined) {
    return { kind: 'unreadable', reason: `${shown} is not a file of docker save`, hint };
  }
  if ('kind' in image) {
    return image;
  }
  const failure = take(reading, shown, image.diffIds, listings);
  return failure ?? { shown, origin: 'file', settings: image, list: async () => undefined };
}

const hint = 'write it with: docker save -o FILE IMAGE';

/** Keeps the listings; what is missing of those that are wanted is a failure. */
function take(
  reading: ArchiveReading,
  shown: string,
  wanted: readonly Digest[],
  listings: Listings,
): OpeningFailure | undefined {
  if (reading.kind === 'unreadable') {
    return { kind: 'unreadable', reason: `${shown} cannot be read: ${reading.reason}` };
  }
  const { layers, unreadable } = reading.archive;
  for (const diffId of wanted) {
    const listing = layers.get(diffId);
    if (listing !== undefined && !listings.has(diffId)) {
      listings.add(listing);
    }
  }
  const at = wanted.findIndex((diffId) => !listings.has(diffId));
  if (at === -1) {
    return undefined;
  }
  const why = [...unreadable.values()].at(0);
  const reason = `${shown} lacks its layer ${at + 1}${why === undefined ? '' : `: ${why}`}`;
  return { kind: 'unreadable', reason };
}

/** The one image that an archive has; undefined where it is not one of docker's. */
function imageIn(
  { documents }: SavedArchive,
  shown: string,
): ImageSettings | OpeningFailure | undefined {
  const list = documents.get('manifest.json');
  if (!Array.isArray(list) || list.length === 0) {
    return undefined;
  }
  if (list.length > 1) {
    const reason = `${shown} has ${list.length} images`;
    return { kind: 'unreadable', reason, hint: 'save one image alone: docker save -o FILE IMAGE' };
  }
  const [entry]: readonly unknown[] = list;
  const name: unknown = typeof entry === 'object' && entry !== null && Reflect.get(entry, 'Config');
  return typeof name === 'string' ? settingsOf(documents.get(name)) : undefined;
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  shown: string,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    progress(shown, bytes, undefined);
    yield chunk;
  }
}
