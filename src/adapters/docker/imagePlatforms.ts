import { servingPlatforms } from '#formats/dockerfile/platform.js';
import { completeDocker, type Docker, type DockerOptions, runDocker } from './docker.js';
import type { LocalImage } from './images.js';

/**
 * The platforms that a registry has an image for, as buildx asks it with docker's logins; undefined: it does not have
 * the image, or cannot be asked.
 */
export async function publishedPlatforms(
  docker: Docker,
  reference: string,
  options: DockerOptions = {},
): Promise<readonly string[] | undefined> {
  const format = ['--format', '{{json .Image}}'];
  const asked = await runDocker(
    docker,
    ['buildx', 'imagetools', 'inspect', ...format, reference],
    options,
  );
  return asked.kind === 'done' ? platformsIn(asked.value) : undefined;
}

/** Of those, the ones that the engine's image of this name is not for; undefined: it has none, or does not say. */
export async function lackedLocally(
  docker: Docker,
  reference: string,
  platforms: readonly string[],
  options: DockerOptions = {},
): Promise<readonly string[] | undefined> {
  const lacked: string[] = [];
  for (const platform of platforms) {
    let isThere = false;
    for (const one of servingPlatforms(platform)) {
      const inspect = ['image', 'inspect', '--platform', one, '--format', '{{.Id}}', reference];
      const asked = await runDocker(docker, inspect, options);
      // Docker before 28 does not know the option.
      if (asked.kind === 'failed' && !isOfAnother.test(asked.message)) {
        return undefined;
      }
      isThere ||= asked.kind === 'done';
    }
    if (!isThere) {
      lacked.push(platform);
    }
  }
  return lacked;
}

/** So many names in one call: they must fit on a command line. */
const batch = 500;

/**
 * Of these images, those of which the engine has this platform's own: of an index it may have been given one platform alone.
 * Docker before 28 does not say; then none.
 */
export async function havingPlatform(
  docker: Docker,
  platform: string,
  images: readonly LocalImage[],
  options: DockerOptions = {},
): Promise<ReadonlySet<LocalImage>> {
  const byTag = new Map(images.flatMap((image) => image.tags.map((tag) => [tag, image] as const)));
  const names = images.flatMap(({ tags: [tag] }) => tag ?? []);
  const having = new Set<LocalImage>();
  for (let at = 0; at < names.length; at += batch) {
    const format = ['--format', '{{json .RepoTags}}'];
    const inspect = ['image', 'inspect', '--platform', platform, ...format];
    // Status 1 with the rest of the answer where some are not for the platform.
    const part = names.slice(at, at + batch);
    const asked = await completeDocker(docker, [...inspect, ...part], options);
    const lines = asked.kind === 'exited' ? asked.stdout.split('\n') : [];
    for (const line of lines.filter((one) => one.startsWith('['))) {
      const tags: readonly string[] = JSON.parse(line);
      const image = tags.flatMap((tag) => byTag.get(tag) ?? [])[0];
      if (image !== undefined) {
        having.add(image);
      }
    }
  }
  return having;
}

const isOfAnother = /does not provide the specified platform/;

/** Configurations by platform, or the one of an image that is no index. */
function platformsIn(json: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { os, architecture, variant } = value as Readonly<Record<string, unknown>>;
  if (typeof os !== 'string') {
    const keys = Object.keys(value).filter((key) => key.includes('/'));
    return keys.length === 0 ? undefined : keys;
  }
  return typeof architecture === 'string'
    ? [[os, architecture, ...(typeof variant === 'string' ? [variant] : [])].join('/')]
    : undefined;
}
