import { groupBy } from '#core/data/groups.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readInside } from '#core/files/readInside.js';
import { Refused } from '#core/files/refused.js';
import { commentStyleOf, commentsOf } from '#formats/references/comments.js';
import { type Mention, mentionsIn, type TextPart } from '#formats/references/mentions.js';
import { type SplitReferences, splitReferencesIn } from '#formats/references/splitForm.js';
import { splitMention } from '#formats/references/splitMention.js';
import type { SearchedFile } from './files.js';
import type { VersionHistories } from './history.js';
import type { Meant, TreeImage, TreeNames } from './names.js';
import { type Standing, standingOf } from './standing.js';

/** A reference to an image of the trees, or to one of their registry, in a file. */
export interface FoundReference {
  readonly file: SearchedFile;
  readonly place: Place;
  /** As written; of two keys of a mapping, only the name. */
  readonly written: string;
  readonly tag?: Exclude<Mention['tag'], undefined>;
  readonly digest?: TextPart;
  readonly about: About;
}

type About =
  | {
      readonly kind: 'image';
      readonly image: TreeImage;
      readonly standing: Standing;
      /**
       * False where neither the registry nor a version of the changelog says that it is this image: another
       * registry may have one of this name.
       */
      readonly isCertain: boolean;
    }
  /** Several images are called so, and nothing says which one is meant. */
  | { readonly kind: 'ambiguous'; readonly name: string; readonly images: readonly TreeImage[] }
  | { readonly kind: 'undefined'; readonly repository: string }
  | { readonly kind: 'elsewhere'; readonly host: string; readonly image: TreeImage };

/** What one file has. */
export interface SearchedText {
  readonly references: readonly FoundReference[];
  /** Values of keys such as `hub` that say where images are: any of the namespace may be used. */
  readonly namespaces: readonly FoundReference[];
  /** References that are in comments: nobody uses them. */
  readonly commented: number;
  /** Present where it is not valid YAML, as most templates are not: its keys were read line by line. */
  readonly isByLines?: true;
  /** Not a text, or too long. */
  readonly skipped?: string;
  readonly diagnostics: readonly Diagnostic[];
}

const nothing: SearchedText = { references: [], namespaces: [], commented: 0, diagnostics: [] };
/** As many references are more than anybody's files have. */
export const mostReferences = 200_000;
/** What git looks at, too, to tell binary files. */
const probed = 8000;
/** A YAML file that is longer is only searched for whole references: 4 Mi characters. */
const longestYaml = 4 * 1024 * 1024;

/** Searches a file. */
export function searchFile(
  file: SearchedFile,
  names: TreeNames,
  histories: VersionHistories,
): SearchedText {
  let bytes: Buffer;
  try {
    bytes = readInside(file.path, file.door);
  } catch (cause) {
    if (cause instanceof Refused) {
      return { ...nothing, skipped: cause.message };
    }
    const message = `${file.shown} cannot be searched: it ${whyNot(cause)}`;
    const place = { file: file.shown };
    return { ...nothing, diagnostics: [error('references-path', message, { place })] };
  }
  if (bytes.subarray(0, probed).includes(0)) {
    return { ...nothing, skipped: 'is not a text' };
  }
  return searchText(file, bytes.toString('utf8'), names, histories);
}

/** The same of its text. */
export function searchText(
  file: SearchedFile,
  text: string,
  names: TreeNames,
  histories: VersionHistories,
): SearchedText {
  const mentions: { mention: Mention; isNamed: boolean }[] = [];
  // Two keys are only read where the name of an image is a value.
  const isYaml = /\.(?:ya?ml|json)(?:\.\w+)?$/i.test(file.path) && text.length <= longestYaml;
  let hasValue = false;
  const visit = (start: number, end: number): void => {
    hasValue ||= isYaml && names.endsWithName(text, start, end) && isValue(text, start, end);
  };
  for (const mention of mentionsIn(text, (word) => names.mayName(word), visit)) {
    mentions.push({ mention, isNamed: isValueOfImage(text, mention.written.start) });
  }
  const split: SplitReferences = hasValue ? splitReferencesIn(text) : { references: [] };
  for (const reference of split.references) {
    const mention = splitMention(reference);
    if (mention !== undefined) {
      mentions.push({ mention, isNamed: true });
    }
  }
  if (mentions.length === 0) {
    return { ...nothing, ...(split.isByLines === true ? { isByLines: true } : {}) };
  }
  const isCommented = commentsOf(text, commentStyleOf(file.path));
  const placeOf = placesIn(text, file.shown);
  const references: FoundReference[] = [];
  const namespaces: FoundReference[] = [];
  let commented = 0;
  for (const { mention, isNamed } of eachOnce(mentions)) {
    if (references.length > mostReferences) {
      break;
    }
    const { written, tag, digest, path } = mention;
    const isPlaceOf = isRegistry(text, mention);
    const about = isPlaceOf
      ? namespaceOf(path, names)
      : aboutOf(mention, names, histories, isNamed);
    if (about === undefined) {
      continue;
    }
    if (isCommented(written.start)) {
      commented++;
      continue;
    }
    (isPlaceOf ? namespaces : references).push({
      file,
      place: placeOf(written),
      written: written.text,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
      about,
    });
  }
  return {
    references,
    namespaces,
    commented,
    ...(split.isByLines === undefined ? {} : { isByLines: true }),
    diagnostics: [],
  };
}

/**
 * Tells the places of parts of a text, asked about in their order; without the texts of their lines, which would
 * keep every file.
 */
function placesIn(text: string, file: string): (part: TextPart) => Place {
  let line = 1;
  let lineStart = 0;
  let newline = text.indexOf('\n');
  return ({ start, text: { length } }) => {
    while (newline !== -1 && newline < start) {
      line++;
      lineStart = newline + 1;
      newline = text.indexOf('\n', lineStart);
    }
    return { file, line, column: start - lineStart + 1, length };
  };
}

/** In the order of the text; where one place has the version and another has none beside the name, that one. */
function eachOnce<T extends { readonly mention: Mention }>(mentions: readonly T[]): readonly T[] {
  const groups = groupBy(mentions, ({ mention }) => mention.written.start);
  return [...groups.values()]
    .flatMap((group) => {
      const whole = group.filter(({ mention }) => (mention.tag ?? mention.digest) !== undefined);
      const spots = new Map(whole.map((one) => [startOf(one.mention), one]));
      return whole.length === 0 ? group.slice(-1) : [...spots.values()];
    })
    .sort((a, b) => a.mention.written.start - b.mention.written.start);
}

function startOf({ tag, digest }: Mention): number {
  return tag !== undefined && 'start' in tag ? tag.start : (digest?.start ?? -1);
}

const imageKey =
  /image["']?\s*[:=]\s*["']?(?:(?:\{\{[^{}]*\}\}|[$%]\{[^{}]*\}|\$\([^()]*\)|\$\w+|<%=[^%]*%>)\/)?$/i;
/** The key and an expression before a name are no longer. */
const lookedBack = 160;

/** Whether it is the value of a key that says that it is an image, perhaps behind a template for the registry. */
function isValueOfImage(text: string, start: number): boolean {
  return imageKey.test(text.slice(Math.max(0, start - lookedBack), start));
}

/** Whether it is only where images are: `registry: host/team`. */
function isRegistry(text: string, { written: { start }, tag, digest }: Mention): boolean {
  const before = text.slice(Math.max(0, start - lookedBack), start);
  return (tag ?? digest) === undefined && /(?:registry|hub)["']?\s*[:=]\s*["']?$/i.test(before);
}

/** The end of a value, or of what an anchor or quotes enclose. */
const valueEnds = new Set(['', '\n', '\r', ' ', '\t', '"', "'", ',', '}', ']']);

/** Whether a word may be the whole value of a key: most names of images are words of prose, too. */
function isValue(text: string, start: number, end: number): boolean {
  if (!valueEnds.has(text.charAt(end))) {
    return false;
  }
  const before = text.slice(Math.max(0, start - lookedBack), start);
  return /(?:[:,{[-]|&\S+)\s+["']?$|["']:["']$|\}\}$/.test(before);
}

function namespaceOf(path: string, names: TreeNames): About | undefined {
  const images = names.within(path);
  return images.length === 0 ? undefined : { kind: 'ambiguous', name: path, images };
}

function aboutOf(
  { host, path, tag, digest }: Mention,
  names: TreeNames,
  histories: VersionHistories,
  isNamed: boolean,
): About | undefined {
  const meant = names.meant({ path, ...(host === undefined ? {} : { host }) });
  if (meant === undefined) {
    return undefined;
  }
  if (meant.kind === 'undefined') {
    return meant;
  }
  const { images } = meant;
  if (meant.kind === 'elsewhere') {
    return { kind: 'elsewhere', host: meant.host, image: images[0] };
  }
  const pinned = {
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
  const version = tag !== undefined && 'text' in tag ? tag.text : undefined;
  // A number behind a bare name may as well be a port.
  const isTelling = host !== undefined || isNamed || !/^\d{1,5}$/.test(version ?? '');
  const having = images.filter((image) => isTelling && hasVersion(image, version, histories));
  if (having.length === 0 && !isNamed && !isLikely(meant.by, { tag, digest })) {
    return undefined;
  }
  const [image = images[0], ...others] = having.length === 0 ? images : having;
  if (others.length > 0) {
    return { kind: 'ambiguous', name: path, images: [image, ...others] };
  }
  const isOrdered = meant.by === 'registry';
  const isCertain = isOrdered || meant.by === 'template' || having.length > 0;
  const standing = standingOf(image, pinned, histories, isOrdered);
  return { kind: 'image', image, standing, isCertain };
}

function hasVersion(
  { version, definition }: TreeImage,
  wanted: string | undefined,
  histories: VersionHistories,
): boolean {
  return (
    wanted !== undefined &&
    (wanted === version || histories.of(definition).versions.includes(wanted))
  );
}

/** Whether it is an image by what is written alone: `redis:6379` is a port, and `{{ url }}/redis` an address. */
function isLikely(
  by: Extract<Meant, { kind: 'image' }>['by'],
  { tag, digest }: { readonly tag: Mention['tag']; readonly digest: Mention['digest'] },
): boolean {
  switch (by) {
    case 'registry':
      return true;
    case 'template':
      return (tag ?? digest) !== undefined;
    case 'path':
      return tag !== undefined && 'text' in tag && /^(?:latest$|v?\d+[.-]\d)/.test(tag.text);
    case 'name':
      return false;
  }
}
