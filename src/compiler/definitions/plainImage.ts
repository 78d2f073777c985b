import { realpathSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { type Diagnostic, error, hasErrors, type Place } from '#core/diagnostics/diagnostic.js';
import { isOwnOrGits } from '#core/files/boundary.js';
import { isWithin, whyNot } from '#core/files/paths.js';
import type { Door } from '#core/files/readInside.js';
import { tagProblem } from '#core/reference/legal.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { type Found, TableReader } from '#formats/settings/tableReader.js';
import type { Tree } from '../workspace/tree.js';
import { type About, type Reading, readingOf } from './broken.js';
import type { ImageDefinition, InsideTest } from './definition.js';
import { identify, nameOnly } from './identity.js';
import { readIgnoreRules } from './ignoreRules.js';
import { insideTest, namedTests } from './insideTests.js';
import { readText } from './readText.js';
import type { ImageDirectory } from './scan.js';
import type { VersionReader, WrittenVersion } from './versionFrom.js';

/**
 * An image of a plain Dockerfile: with an image.toml or image.yaml beside it, or under the
 * directory's name where the tree's configuration says how versions are made
 * (`dockerfile_version`). Broken, with every error found in its files, where it cannot be read.
 */
export function readPlainImage(
  tree: Tree,
  found: ImageDirectory,
  versions: VersionReader,
): Reading {
  const diagnostics: Diagnostic[] = [];
  const door = { own: found.directory, boundary: tree.boundary };
  const settings = readImageFile(found, door, diagnostics);
  const dockerfile = settings?.dockerfile ?? 'Dockerfile';
  const shownFile = `${found.shown}/${dockerfile}`;
  const named = found.entries.has(dockerfile)
    ? undefined
    : (settings?.dockerfilePlace ?? { file: settings?.file ?? found.shown });
  const text = readText(join(found.directory, dockerfile), shownFile, door, named);
  const rules = readIgnoreRules(join(found.directory, dockerfile), shownFile, door);
  diagnostics.push(...text.diagnostics, ...rules.diagnostics);
  const context = contextOf(tree, found, settings, diagnostics);
  const written = settings?.version ?? configured(tree);
  if (written === undefined && settings?.isReadable !== false) {
    diagnostics.push(
      error('version-missing', 'the image has no version', {
        place: { file: settings?.file ?? found.shown },
        hint: 'add version = "1.0.0" here, or dockerfile_version to the configuration',
      }),
    );
  }
  const { directory, shown } = found;
  const name = settings?.name ?? { value: basename(directory), place: { file: shownFile } };
  const writtenName = { text: name.value, place: name.place };
  const about: About = { tree, directory, shown, place: name.place, perhaps: [name.value] };
  if (settings?.isReadable === false) {
    return readingOf(about, undefined, diagnostics);
  }
  if (written === undefined) {
    const named = nameOnly(tree, writtenName);
    return readingOf({ ...about, ...named.value }, undefined, [
      ...diagnostics,
      ...named.diagnostics,
    ]);
  }

  // A path in a version is relative to the file that it is written in.
  const version =
    settings?.version === undefined
      ? versions.read(tree, tree.directory, tree.shownDirectory, written)
      : versions.read(tree, found.directory, found.shown, written);
  diagnostics.push(...version.diagnostics);
  if (version.value === undefined) {
    const named = nameOnly(tree, writtenName);
    return readingOf({ ...about, ...named.value }, undefined, [
      ...diagnostics,
      ...named.diagnostics,
    ]);
  }
  const { text: tag, place, spot } = version.value;
  const identity = identify(tree, writtenName, { text: tag, place });
  diagnostics.push(...identity.diagnostics);
  if (identity.value.kind === 'part') {
    return readingOf({ ...about, ...identity.value.known }, undefined, diagnostics);
  }
  if (text.value === undefined) {
    const known = { ...about, ...identity.value.identity, place };
    return readingOf(known, undefined, diagnostics);
  }
  const inside = settings?.tests ?? presentTests(tree, found);
  const definition: ImageDefinition = {
    tree,
    ...identity.value.identity,
    ...context,
    dockerfile: { kind: 'plain', file: shownFile, text: text.value },
    ...(rules.value === undefined ? {} : { ignoreRules: rules.value }),
    depends: [],
    place,
    ...(settings === undefined ? defaults : ofSettings(settings)),
    ...(spot === undefined ? {} : { versionSpot: spot }),
    ...(inside.length === 0 && context.home === undefined
      ? {}
      : { tests: { directory: found.directory, inside } }),
  };
  return readingOf({ tree, directory, shown }, definition, diagnostics);
}

/** The build context: the image's directory, or the one that image.toml names. */
function contextOf(
  tree: Tree,
  found: ImageDirectory,
  settings: ImageFile | undefined,
  diagnostics: Diagnostic[],
): Pick<ImageDefinition, 'directory' | 'context' | 'home' | 'definedIn'> {
  const named = settings?.context;
  if (named === undefined) {
    return { directory: found.directory, context: found.shown };
  }
  const directory = resolve(found.directory, named.value);
  const context = join(found.shown, named.value).replace(/(?<=.)\/$/, '');
  const why = whyNotContext(tree, found.directory, directory);
  if (why !== undefined) {
    diagnostics.push(
      error('context-unreadable', `the context ${context} ${why}`, {
        place: named.place,
        hint: 'name a directory of the repository, relative to this file',
      }),
    );
  }
  return { directory, context, home: found.directory, definedIn: found.shown };
}

function whyNotContext({ boundary }: Tree, home: string, directory: string): string | undefined {
  if (isOwnOrGits(relative(home, directory))) {
    return 'is of git or of generate-bake';
  }
  try {
    const real = realpathSync(directory);
    if (!statSync(real).isDirectory()) {
      return 'is not a directory';
    }
    return isWithin(realpathSync(home), real) ? undefined : boundary.whyNotDirectory(real);
  } catch (cause) {
    return whyNot(cause);
  }
}

function presentTests({ config }: Tree, found: ImageDirectory): readonly InsideTest[] {
  return config.insideTests
    .filter((test) => found.entries.has(test))
    .map((test) => insideTest(found.directory, found.shown, test));
}

const none: ReadonlyMap<string, string> = new Map();

type Settable = Pick<
  ImageDefinition,
  'description' | 'extraTags' | 'labels' | 'args' | 'stage' | 'platforms' | 'aliases'
>;

/** Of an image without an image.toml. */
const defaults: Settable = { extraTags: [], labels: none, args: none, platforms: [] };

function ofSettings(settings: ImageFile): Settable {
  const { description, tags, labels, args, target, platforms, aliases } = settings;
  return {
    ...(description === undefined ? {} : { description }),
    extraTags: tags,
    labels,
    args,
    ...(target === undefined ? {} : { stage: target }),
    platforms,
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}

function configured({ config }: Tree): WrittenVersion | undefined {
  const { dockerfileVersion: text, places, files } = config;
  if (text === undefined) {
    return undefined;
  }
  const place = places.get('dockerfile_version') ?? { file: files[0] ?? '' };
  return { text, place };
}

/** What an image.toml says. */
interface ImageFile {
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

function readImageFile(
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
  const labels = table.stringTable('labels') ?? none;
  const args = table.stringTable('args') ?? none;
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
