import type { Place } from '#core/diagnostics/diagnostic.js';
import { familiarRepository, parseReference } from '#core/reference/reference.js';
import type { TableReader } from '#formats/settings/tableReader.js';
import { entryIn } from './inLanguage.js';

/** How much of a build is kept: what is in the image, or every step of every stage. */
const cacheModes = ['min', 'max'] as const;
type CacheMode = (typeof cacheModes)[number];

/** Where BuildKit's cache of images is kept between machines. */
export interface CacheKey {
  /** `host/repository:tag`, with `{name}` for the name of the image. */
  readonly ref: string;
  readonly mode: CacheMode;
  /** Where it is written. */
  readonly place: Place;
}

const placeholder = '{name}';
const usualTag = 'cache';

/** The reference of an image's cache. */
export function cacheRef({ ref }: CacheKey, name: string): string {
  return ref.replaceAll(placeholder, name);
}

/** `isImage`: of one image, which may also do without. */
export function readCache(table: TableReader, isImage: boolean): CacheKey | 'none' | undefined {
  const value = table.raw('cache');
  if (value === undefined) {
    return undefined;
  }
  if (value === false && isImage) {
    return 'none';
  }
  const place = table.valuePlace('cache');
  if (typeof value === 'string') {
    return cacheAt(table, { text: value, place, mode: 'min' }, isImage);
  }
  if (!(value instanceof Map)) {
    const or = isImage ? ', or false for no cache' : '';
    const hint = `write ${entryIn(place, 'cache', 'registry.example/cache')}${or}`;
    table.complain('cache must be a reference or a table with ref and mode', place, hint);
    return undefined;
  }
  const inner = table.table('cache');
  const text = inner?.string('ref');
  const mode = inner?.choice('mode', cacheModes) ?? 'min';
  inner?.finish();
  if (inner === undefined || text === undefined) {
    if (inner?.has('ref') === false) {
      const hint = `add ${entryIn(place, 'ref', 'registry.example/cache')}`;
      table.complain('cache needs a ref', place, hint);
    }
    return undefined;
  }
  return cacheAt(table, { text, place: inner.valuePlace('ref'), mode }, isImage);
}

interface Written {
  readonly text: string;
  readonly place: Place;
  readonly mode: CacheMode;
}

/** A reference with `{name}` in it: of a tree that has none, images are below it. */
function cacheAt(
  table: TableReader,
  { text, place, mode }: Written,
  isImage: boolean,
): CacheKey | undefined {
  const isBelow = !isImage && !text.includes(placeholder);
  // Names have slashes, which a tag has not.
  const example = parseReference(text.replaceAll(placeholder, 'a/name'));
  const problem =
    example.kind === 'problem'
      ? example.message
      : isBelow && example.tag !== undefined
        ? 'with a tag, all images would have one cache'
        : example.digest !== undefined
          ? 'a cache has no digest'
          : whyNoHost(text);
  if (problem !== undefined || example.kind === 'problem') {
    const where = entryIn(place, 'cache', `registry.example/cache/${placeholder}:${usualTag}`);
    const message = `cache: ${JSON.stringify(text)} is not a place for caches: ${problem}`;
    table.complain(message, place, `write a reference with its registry, as in ${where}`);
    return undefined;
  }
  const whole = isBelow ? `${text}/${placeholder}` : text;
  return { ref: example.tag === undefined ? `${whole}:${usualTag}` : whole, mode, place };
}

/** Docker Hub is no one's by accident. */
function whyNoHost(text: string): string | undefined {
  const parsed = parseReference(text.replaceAll(placeholder, 'name'));
  const first = text.split('/')[0] ?? '';
  const isNamed = parsed.kind === 'reference' && /[.:]|^localhost$/.test(first);
  return isNamed && familiarRepository(parsed).length > 0 ? undefined : 'it names no registry';
}
