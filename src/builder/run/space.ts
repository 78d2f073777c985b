import { existsSync, statfsSync } from 'node:fs';

/**
 * Why nothing more may be built on a host whose disk is nearly full, or undefined. An engine whose
 * folder is not to be seen from here (another host, a virtual machine) cannot be watched.
 *
 * @param folder where the engine keeps images and cache
 * @param least in bytes
 */
export function spaceObstacle(folder: string | undefined, least: number): string | undefined {
  if (folder === undefined || !existsSync(folder)) {
    return undefined;
  }
  const free = freeSpace(folder);
  if (free >= least) {
    return undefined;
  }
  return `only ${gibibytes(free)} are free on the disk of ${folder}, and ${gibibytes(least)} are the least (--min-free): remove old images with generate-bake prune`;
}

/** In bytes, for whoever is not root. Throws as Node does. */
export function freeSpace(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
