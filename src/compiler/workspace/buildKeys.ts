import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { type CacheKey, readCache } from './cacheKey.js';
import { type Annotations, type AttestKey, readAnnotations, readAttest } from './manifestKeys.js';
import { type PlatformsKey, readPlatforms } from './platformsKey.js';
import { readIds } from './secretKeys.js';

/** What a workspace file, one of its trees, `generate-bake` of a configuration, or an image says of how images are built. */
export interface BuildKeys {
  readonly platforms?: PlatformsKey;
  /** `none`: this image has no cache, though its tree has. */
  readonly cache?: CacheKey | 'none';
  /** `none`: nothing is attested, though something wider says so. */
  readonly attest?: AttestKey | 'none';
  readonly annotations?: Annotations;
  /** Of the secrets that RUN may mount: their values are the user's. */
  readonly secrets?: readonly Found<string>[];
  /** Of the agents and keys that RUN may use for SSH. */
  readonly ssh?: readonly Found<string>[];
}

/** `isImage`: of one image, which may also do without what its tree has. */
export function readBuildKeys(table: TableReader, isImage = false): BuildKeys {
  const platforms = readPlatforms(table, isImage);
  const cache = readCache(table, isImage);
  const secrets = readIds(table, 'secrets');
  const ssh = readIds(table, 'ssh');
  const annotations = readAnnotations(table);
  const attest = readAttest(table);
  return {
    ...(platforms === undefined ? {} : { platforms }),
    ...(cache === undefined ? {} : { cache }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(ssh === undefined ? {} : { ssh }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(attest === undefined ? {} : { attest }),
  };
}
