import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { type BlubberKeys, readBlubberKeys } from './blubberTree.js';
import { checkNamespace, checkRegistry, type Objection } from './configValues.js';
import { type ImageTable, nonEmpty, readImageTable, readPaths, readTags } from './imageTable.js';
import { entryIn, hintIn } from './inLanguage.js';

/** A tree of plain Dockerfiles, or of Blubber files, which are found by convention, and what a file says beyond that. */
export interface DockerfileTree {
  /** The workspace file's directory, absolute and as shown: its relative paths begin there. */
  readonly base: { readonly directory: string; readonly shown: string };
  /** The workspace file, as a person would open it; absent: all is by convention. */
  readonly file?: string;
  /** Of all images that have none of their own; absent: made of what they are built from. */
  readonly version?: Found<string>;
  /** Further tags of every image. */
  readonly tags: readonly Found<string>[];
  /** What every image is made of besides what is found. */
  readonly inputs: readonly Found<string>[];
  readonly images: readonly ImageEntry[];
  /** Absolute: the trees inside of it, which it does not search. */
  readonly apart: readonly string[];
  /** Present in a tree of the kind `blubber`: its files are Blubber's, and not Dockerfiles. */
  readonly blubber?: BlubberKeys;
}

/** An `[[image]]` of a workspace file: about an image that is found, or of one more. */
export interface ImageEntry extends ImageTable {
  /** The directory, or the Dockerfile, of the image that it is about. */
  readonly path?: Found<string>;
}

/** The keys that a tree has only where its Dockerfiles are found by convention. */
export const dockerfileTreeKeys = [
  'registry',
  'push_registry',
  'namespace',
  'version',
  'tags',
  'exclude',
  'inputs',
  'image',
] as const;

/** What such a tree says that a configuration says elsewhere. */
export type ConfigOverrides = ReadonlyMap<'registry' | 'namespace', Found<string>>;

/** Of a tree about which no file says anything. */
export function conventional(directory: string, shown: string): DockerfileTree {
  return { base: { directory, shown }, tags: [], inputs: [], images: [], apart: [] };
}

/** Reads the keys that only a tree of the kind `dockerfiles`, or of the kind `blubber`, has. */
export function readDockerfileTree(
  table: TableReader,
  base: DockerfileTree['base'],
  file: string,
  kind: 'dockerfiles' | 'blubber',
): DockerfileTree {
  const version = nonEmpty(table, 'version');
  const blubber = kind === 'blubber' ? readBlubberKeys(table) : undefined;
  const images = (table.tables('image') ?? []).map((image) =>
    blubber === undefined ? readEntry(image) : readVariantEntry(image),
  );
  complainOfTwice(table, images, kind);
  return {
    base,
    file,
    ...(version === undefined ? {} : { version }),
    tags: readTags(table),
    inputs: readPaths(table, 'inputs') ?? [],
    images,
    apart: [],
    ...(blubber === undefined ? {} : { blubber }),
  };
}

export function readOverrides(table: TableReader): ConfigOverrides {
  const overrides = new Map<'registry' | 'namespace', Found<string>>();
  const read = (key: 'registry' | 'namespace', check: (value: string) => Objection | undefined) => {
    const value = table.string(key);
    if (value === undefined) {
      return;
    }
    const place = table.valuePlace(key);
    const objection = check(value);
    if (objection === undefined) {
      overrides.set(key, { value, place });
    } else {
      table.complain(objection.message, place, hintIn(place, objection.hint));
    }
  };
  read('registry', checkRegistry);
  read('namespace', checkNamespace);
  return overrides;
}

function readEntry(table: TableReader): ImageEntry {
  const path = nonEmpty(table, 'path');
  const entry = readImageTable(table);
  table.finish();
  const { dockerfile, name } = entry;
  if (path !== undefined && dockerfile !== undefined) {
    const hint = 'path is for an image that is found, dockerfile (with name) is for one more';
    table.complain('path and dockerfile cannot be given together', dockerfile.place, hint);
  } else if (dockerfile !== undefined && name === undefined) {
    const named = entryIn(table.place, 'name', '…');
    const hint = `add ${named}, or write path for a Dockerfile that is found`;
    table.complain('an image with dockerfile needs a name', table.place, hint);
  } else if (path === undefined && dockerfile === undefined && !table.has('path')) {
    const hint = `add ${entryIn(table.place, 'path', 'services/api')}, or dockerfile and name`;
    table.complain('an image needs a path', table.place, hint);
  }
  return path === undefined ? entry : { ...entry, path };
}

/** An image of a Blubber file: `path` is the file or its repository, `target` the variant. */
function readVariantEntry(table: TableReader): ImageEntry {
  const path = nonEmpty(table, 'path');
  const entry = readImageTable(table);
  table.finish();
  const { dockerfile } = entry;
  if (dockerfile !== undefined) {
    const hint = 'write path = the Blubber file, and target = the variant';
    table.complain('a Blubber file has no dockerfile', dockerfile.place, hint);
  } else if (path === undefined && !table.has('path')) {
    const hint = `add ${entryIn(table.place, 'path', 'citoid')}`;
    table.complain('an image needs a path', table.place, hint);
  }
  return path === undefined ? entry : { ...entry, path };
}

function complainOfTwice(
  table: TableReader,
  images: readonly ImageEntry[],
  kind: 'dockerfiles' | 'blubber',
): void {
  const known = new Map<string, Place>();
  for (const { path, target = '' } of images) {
    if (path === undefined) {
      continue;
    }
    // Of Dockerfiles, a second image is written otherwise; each variant of a Blubber file may be one.
    const variant = kind === 'blubber' ? `\0${target}` : '';
    const key = `${path.value.replace(/^(?:\.\/)+|\/+$/g, '')}${variant}`;
    if (known.has(key)) {
      const hint = 'write all of it in one table; for a second image, write dockerfile and name';
      table.complain(`two [[image]] tables are about ${path.value}`, path.place, hint);
    }
    known.set(key, path.place);
  }
}
