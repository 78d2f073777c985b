import { join } from 'node:path';
import { type Diagnostic, error, hasErrors, type Place } from '#core/diagnostics/diagnostic.js';
import type { Door } from '#core/files/readInside.js';
import { tagProblem } from '#core/reference/legal.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { type Found, TableReader } from '#formats/settings/tableReader.js';
import type { InsideTest } from './definition.js';
import { namedTests } from './insideTests.js';
import type { ImageDirectory } from './scan.js';
import type { WrittenVersion } from './versionFrom.js';

/** What an image.toml or image.yaml says. */
export interface ImageFile {
  readonly file: string;
  /** False where nothing that it says is known. */
  readonly isReadable: boolean;
  readonly name?: Found<string>;
  readonly version?: WrittenVersion;
  readonly description?: string;
  readonly context?: Found<string>;
  readonly dockerfile?: string;
  readonly dockerfilePlace?: Place;
  readonly target?: string;
  readonly platforms: readonly string[];
  readonly tags: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly args: ReadonlyMap<string, string>;
  readonly aliases: readonly string[];
  readonly tests?: readonly InsideTest[];
}

/**
 * Reads the image.toml or image.yaml of a directory; undefined where it has none. Errors: what settings
 * files have, `image-file` for keys and values, `two-definitions` where both are there.
 */
export function readImageFile(
  found: ImageDirectory,
  door: Door,
  diagnostics: Diagnostic[],
): ImageFile | undefined {
  const both = ['image.toml', 'image.yaml'].filter((name) => found.entries.has(name));
  const [file] = both;
  if (file === undefined) {
    return undefined;
  }
  const shown = `${found.shown}/${file}`;
  const path = join(found.directory, file);
  if (both.length > 1) {
    diagnostics.push(
      error('two-definitions', 'the directory has an image.toml and an image.yaml', {
        place: { file: found.shown },
        hint: 'remove one of them',
      }),
    );
  }
  const settings = readSettings('image definition', path, shown, { door });
  diagnostics.push(...settings.diagnostics);
  const { data, locations } = settings.value;
  const table = new TableReader(locations, data, 'image-file', diagnostics);
  const text = (key: string): Found<string> | undefined => {
    const value = table.string(key);
    if (value === '') {
      table.complain(`${key} must not be empty`, table.valuePlace(key));
    }
    return value === undefined ? undefined : { value, place: table.valuePlace(key) };
  };
  const name = text('name');
  const version = text('version');
  const description = table.string('description');
  const context = text('context');
  const dockerfile = text('dockerfile');
  const target = text('target');
  const platforms = checked(table, 'platforms', 'a platform', platformProblem);
  const tags = checked(table, 'tags', 'a tag', (tag) => tagProblem(tag)?.message);
  const labels = table.stringTable('labels') ?? new Map();
  const args = table.stringTable('args') ?? new Map();
  const aliases = (table.strings('aliases', 'a reference') ?? []).map(({ value }) => value);
  const named = table.strings('tests', 'the path of a test');
  table.finish();
  const tests = named === undefined ? undefined : namedTests(door, found.shown, named);
  diagnostics.push(...(tests?.diagnostics ?? []));
  return {
    file: shown,
    isReadable: !hasErrors(settings.diagnostics),
    ...(name === undefined ? {} : { name }),
    ...(version === undefined
      ? {}
      : { version: { text: version.value, place: version.place, file: path } }),
    ...(description === undefined ? {} : { description }),
    ...(context === undefined ? {} : { context }),
    ...(dockerfile === undefined
      ? {}
      : { dockerfile: dockerfile.value, dockerfilePlace: dockerfile.place }),
    ...(target === undefined ? {} : { target: target.value }),
    platforms,
    tags,
    labels,
    args,
    aliases,
    ...(tests === undefined ? {} : { tests: tests.value }),
  };
}

function checked(
  table: TableReader,
  key: string,
  each: string,
  problem: (value: string) => string | undefined,
): readonly string[] {
  return (table.strings(key, each) ?? []).map(({ value, place }) => {
    const message = problem(value);
    if (message !== undefined) {
      table.complain(message, place);
    }
    return value;
  });
}

function platformProblem(platform: string): string | undefined {
  if (parsePlatform(platform) !== undefined) {
    return undefined;
  }
  return `"${platform}" is not a platform: write it as linux/amd64`;
}
