import { join } from 'node:path';
import { type Diagnostic, error, hasErrors } from '#core/diagnostics/diagnostic.js';
import type { Door } from '#core/files/readInside.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { TableReader } from '#formats/settings/tableReader.js';
import { type ImageTable, readImageTable } from '../workspace/imageTable.js';
import type { ImageDirectory } from './scan.js';

/** What a file says of an image, and which file that is. */
export interface ImageSettings extends ImageTable {
  /** As a person would open it. */
  readonly file: string;
  /** Absolute. */
  readonly filePath: string;
  /** The file's directory, absolute and as shown: its relative paths begin there. */
  readonly base: { readonly directory: string; readonly shown: string };
}

/** What an image.toml or image.yaml says. */
export interface ImageFile {
  readonly file: string;
  /** False where nothing that it says is known. */
  readonly isReadable: boolean;
  /** Whether it has `[[image]]` tables. */
  readonly isList: boolean;
  /** Of its directory's image, or of each `[[image]]`, with what is wrong with it. */
  readonly images: readonly ReadSettings[];
}

interface ReadSettings {
  readonly settings: ImageSettings;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the image.toml or image.yaml of a directory; undefined where it has none. Errors: what settings
 * files have, `image-file` for keys and values, `two-definitions` where both are there.
 */
export function readImageFile(found: ImageDirectory, door: Door): ImageFile | undefined {
  const both = ['image.toml', 'image.yaml'].filter((name) => found.entries.has(name));
  const [name] = both;
  if (name === undefined) {
    return undefined;
  }
  const file = found.shown === '.' ? name : `${found.shown}/${name}`;
  const filePath = join(found.directory, name);
  const ofFile: Diagnostic[] = [];
  if (both.length > 1) {
    ofFile.push(
      error('two-definitions', 'the directory has an image.toml and an image.yaml', {
        place: { file: found.shown },
        hint: 'remove one of them',
      }),
    );
  }
  const settings = readSettings('image definition', filePath, file, { door });
  ofFile.push(...settings.diagnostics);
  const { data, locations } = settings.value;
  const isList = data.has('image');
  const table = new TableReader(locations, data, 'image-file', ofFile);
  const tables = isList ? (table.tables('image') ?? []) : [table];
  if (isList) {
    table.finish();
  }
  const base = { directory: found.directory, shown: found.shown };
  const known = [...ofFile];
  const images = tables.map((each): ReadSettings => {
    const before = ofFile.length;
    const image = readImageTable(each);
    each.finish();
    const diagnostics = [...known, ...ofFile.slice(before)];
    return { settings: { ...image, file, filePath, base }, diagnostics };
  });
  return { file, isReadable: !hasErrors(settings.diagnostics), isList, images };
}
