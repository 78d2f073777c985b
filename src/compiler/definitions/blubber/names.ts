import { posix } from 'node:path';
import { conventionalName } from '../dockerfiles/names.js';

/** The variant that has the name of its repository alone. */
const main = 'production';

/**
 * The name of a variant by convention: the path of its repository (`/`-separated, empty for the tree's own
 * directory, which is `root`), then what the path of its file (relative to that) says beyond
 * `.pipeline/blubber.yaml`, then the variant, where that is not `production`.
 */
export function variantName(checkout: string, file: string, variant: string, root: string): string {
  const own = checkout === '' ? root : checkout;
  const below = posix.dirname(file).split('/');
  const parts = [own, ...below, stemOf(file)].filter((part) => !/^(?:|\.|\.pipeline)$/.test(part));
  const path = parts.join('/');
  return variant === main
    ? conventionalName(path, { kind: 'own' }, root)
    : conventionalName(path, { kind: 'variant', suffix: variant }, root);
}

/** What the name of a file says beyond that it is Blubber's. */
function stemOf(file: string): string {
  return posix
    .basename(file)
    .replace(/\.ya?ml$/, '')
    .replace(/(?:^|[._-])blubber(?=$|[._-])/, '')
    .replace(/^[._-]|[._-]$/g, '');
}
