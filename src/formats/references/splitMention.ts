import { isDigest } from '#core/reference/reference.js';
import { type Mention, mentionOf } from './mentions.js';
import type { SplitReference } from './splitForm.js';

const expression = /\{\{|\$\{|\$\(|<%|%\{/;

/** The name and the version of two keys as one reference; undefined where the name is none. */
export function splitMention({
  repository,
  registry,
  version,
  digest,
}: SplitReference): Mention | undefined {
  const named = mentionOf(repository.text, repository.start);
  if (named === undefined || named.tag !== undefined || named.digest !== undefined) {
    return undefined;
  }
  const { host, path } =
    registry === undefined || named.host !== undefined ? named : underRegistry(registry, named);
  const isTemplated = version !== undefined && expression.test(version.text);
  const tag = isTemplated ? ({ templated: true } as const) : version;
  const isPinned = digest !== undefined && isDigest(digest.text);
  return {
    written: named.written,
    path,
    ...(host === undefined ? {} : { host }),
    ...(tag === undefined ? {} : { tag }),
    ...(isPinned ? { digest } : {}),
  };
}

function underRegistry(registry: string, { path }: Mention): Pick<Mention, 'host' | 'path'> {
  if (expression.test(registry)) {
    return { host: { templated: true }, path };
  }
  const place = registry.replace(/^(?:https?|oci):\/\//, '').replace(/\/+$/, '');
  return mentionOf(`${place}/${path}`, 0) ?? { path };
}
