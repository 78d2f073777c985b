import { putTag, readTag } from '#adapters/registry/publish.js';
import type { Registry } from '#adapters/registry/registry.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { PushResult } from './push.js';

/**
 * Puts the further tags of a definition on the version that was just published; `latest` is moved
 * at the end of the run. Undefined where all stand, but for those that the registry never lets be moved:
 * `refused` gets them, each with the reason.
 */
export async function putExtraTags(
  registry: Registry,
  { repository, version, extraTags }: ImageDefinition,
  refused: (tag: string, reason: string) => void,
): Promise<Extract<PushResult, { kind: 'failed' }> | undefined> {
  const tags = extraTags.filter((tag) => tag !== 'latest');
  if (tags.length === 0) {
    return undefined;
  }
  const published = await readTag(registry, repository, version);
  if (published.kind !== 'found') {
    const reason = published.kind === 'unknown' ? `: ${published.reason}` : '';
    return { kind: 'failed', reason: `published, but it cannot be read back${reason}` };
  }
  for (const tag of tags) {
    const put = await putTag(registry, repository, tag, published.manifest);
    if (put.kind === 'failed' && put.immutable === true) {
      refused(tag, put.reason);
    } else if (put.kind === 'failed') {
      return { kind: 'failed', reason: `published, but not under its tag ${tag}: ${put.reason}` };
    }
  }
  return undefined;
}
