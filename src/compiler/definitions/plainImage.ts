import { realpathSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { isOwnOrGits } from '#core/files/boundary.js';
import { isWithin, whyNot } from '#core/files/paths.js';
import type { Tree } from '../workspace/tree.js';
import { type About, type Reading, readingOf } from './broken.js';
import type { ImageDefinition, InsideTest } from './definition.js';
import { identify, nameOnly } from './identity.js';
import { readIgnoreRules } from './ignoreRules.js';
import { type ImageFile, readImageFile } from './imageFile.js';
import { insideTest } from './insideTests.js';
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
  // A path in a version is relative to the file that it is written in.
  const from =
    settings?.version === undefined
      ? { directory: tree.directory, shown: tree.shownDirectory }
      : { directory, shown };
  const version = written && versions.read(tree, from.directory, from.shown, written);
  diagnostics.push(...(version?.diagnostics ?? []));
  if (version?.value === undefined) {
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
