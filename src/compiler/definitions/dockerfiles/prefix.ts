import { familiarRepository, parseReference } from '#core/reference/reference.js';
import { noNames, type RegistryNames } from '#core/reference/registryNames.js';
import { follow } from '#formats/dockerfile/follow.js';
import { readDockerfile } from '#formats/dockerfile/read.js';

/** An image, as far as its siblings' references are compared with it. */
export interface Sibling {
  /** Without a namespace. */
  readonly name: string;
  readonly text: string;
  readonly args?: ReadonlyMap<string, string>;
  readonly target?: string;
}

/**
 * What the Dockerfiles write before the names of each other's images (`company`, `ghcr.io/company`):
 * the prefix of most references, FROM and COPY alike, that are it and the name of another image here.
 * Undefined where none is, or two are as frequent. `registry` (empty: none) is what stands before the
 * namespace anyway: then only references to it, under any of its names, and those without a host, count.
 */
export function usedPrefix(
  images: readonly Sibling[],
  registry: string,
  registryNames: RegistryNames = noNames,
): string | undefined {
  const canonical = registryNames.canonical(registry);
  const names = new Set(images.map(({ name }) => name));
  const counts = new Map<string, number>();
  for (const { name, text, args, target } of images) {
    const dockerfile = readDockerfile(text);
    const followed = follow(dockerfile, {
      ...(args === undefined ? {} : { args }),
      ...(target === undefined ? {} : { stage: target }),
    });
    for (const { image } of followed.images) {
      for (const prefix of prefixesOf(registryNames.canonical(image), canonical, names, name)) {
        counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      }
    }
  }
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1]);
  return first === undefined || first[1] === second?.[1] ? undefined : first[0];
}

/** What is before each end of a reference that is the name of another image. */
function prefixesOf(
  written: string,
  registry: string,
  names: ReadonlySet<string>,
  own: string,
): readonly string[] {
  const parsed = parseReference(written);
  if (parsed.kind === 'problem') {
    return [];
  }
  const whole: string = familiarRepository(parsed);
  const isOfRegistry = registry !== '' && whole.startsWith(`${registry}/`);
  if (registry !== '' && !isOfRegistry && parsed.domain !== 'docker.io') {
    return [];
  }
  const repository = isOfRegistry ? whole.slice(registry.length + 1) : whole;
  const found: string[] = [];
  for (let at = repository.indexOf('/'); at !== -1; at = repository.indexOf('/', at + 1)) {
    const name = repository.slice(at + 1);
    if (name !== own && names.has(name)) {
      found.push(repository.slice(0, at));
    }
  }
  return found;
}
