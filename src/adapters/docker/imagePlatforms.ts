import { servingPlatforms } from '#formats/dockerfile/platform.js';
import { type Docker, type DockerOptions, runDocker } from './docker.js';

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
