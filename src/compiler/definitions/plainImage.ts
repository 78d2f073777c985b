import { realpathSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Diagnostic, error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import { type Boundary, isOwnOrGits } from '#core/files/boundary.js';
import { isWithin, whyNot, withoutSlash } from '#core/files/paths.js';
import type { Door } from '#core/files/readInside.js';
import type { FrontendTakes } from '#formats/blubber/frontendTakes.js';
import type { MadeVariant } from '#formats/blubber/variant.js';
import type { Found } from '#formats/settings/tableReader.js';
import { entryIn } from '../workspace/inLanguage.js';
import type { Tree } from '../workspace/tree.js';
import { type About, type Reading, readingOf } from './broken.js';
import type { ImageDefinition, InsideTest, NamedInput } from './definition.js';
import { identify, nameOnly } from './identity.js';
import { readIgnoreRules } from './ignoreRules.js';
import type { ImageSettings } from './imageFile.js';
import { namedTests, presentTests } from './insideTests.js';
import { readText } from './readText.js';
import { expandTags } from './tags.js';
import type { VersionReader, WrittenVersion } from './versionFrom.js';

/** A Dockerfile of an image, and its text where it can be read. */
export interface DockerfileText extends Outcome<string | undefined> {
  /** Absolute. */
  readonly path: string;
  readonly shown: string;
  readonly door: Door;
}

/** An image of a plain Dockerfile, before it is known what it is called. */
export interface PlainSource {
  /** The directory that defines it: absolute, and as shown. */
  readonly directory: string;
  readonly shownDirectory: string;
  /** Whether it is the image of that directory; else that of its Dockerfile. */
  readonly isOfDirectory: boolean;
  /** The names of all that is in that directory. */
  readonly entries: ReadonlySet<string>;
  readonly dockerfile: DockerfileText;
  /** What a file says of it; absent: nothing. */
  readonly settings?: ImageSettings;
  /** The name where no file says one. */
  readonly name: string;
  /** What comes before the name; absent: what the configuration says. */
  readonly namespace?: string;
  /** Where no file says one; absent: its directory. */
  readonly context?: { readonly directory: string; readonly shown: string };
  /** Where no file of its own says one, relative to `directory` if it is `file:`. */
  readonly version?: WrittenVersion & { readonly from: { directory: string; shown: string } };
  /** What the tree adds. */
  readonly tags: readonly Found<string>[];
  readonly moreInputs: readonly NamedInput[];
  /** What the search for it met. */
  readonly diagnostics: readonly Diagnostic[];
  /** Present where the file is Blubber's: its variant. */
  readonly variant?: {
    readonly name: string;
    /** Absent: it cannot be made, and why is among the diagnostics. */
    readonly made?: MadeVariant;
    /** What builds it; absent: what the file names. */
    readonly frontend?: string;
    /** What its frontend takes, where its tree says so. */
    readonly frontendTakes?: FrontendTakes;
  };
}

/** Reads a Dockerfile of a directory; `namedAt` is where another file names it. */
export function dockerfileNamed(
  name: string,
  directory: string,
  shownDirectory: string,
  boundary: Boundary,
  namedAt?: Place,
): DockerfileText {
  const door = { own: directory, boundary };
  const shown = join(shownDirectory, name);
  const path = join(directory, name);
  return { path, shown, door, ...readText(path, shown, door, namedAt) };
}

/** Reads the Dockerfile that settings name, relative to them. */
export function dockerfileOf(
  { base, dockerfile, file }: ImageSettings,
  entries: ReadonlySet<string>,
  boundary: Boundary,
): DockerfileText {
  const name = dockerfile?.value ?? 'Dockerfile';
  const namedAt = entries.has(name) ? undefined : (dockerfile?.place ?? { file });
  return dockerfileNamed(name, base.directory, base.shown, boundary, namedAt);
}

/** Broken, with every error found in its files, where it cannot be read. */
export function readPlainImage(
  tree: Tree,
  source: PlainSource,
  versions: VersionReader,
  today: Date = new Date(),
): Reading {
  const { directory, dockerfile, settings } = source;
  const shown = source.isOfDirectory ? source.shownDirectory : dockerfile.shown;
  const stageFile = source.isOfDirectory ? {} : { stageFile: dockerfile.path };
  const rules = readIgnoreRules(dockerfile.path, dockerfile.shown, dockerfile.door);
  const diagnostics = [...source.diagnostics, ...dockerfile.diagnostics, ...rules.diagnostics];
  const context = contextOf(tree, source, diagnostics);
  const written = writtenVersion(source);
  if (written === undefined) {
    const place = { file: settings?.file ?? source.shownDirectory };
    const here = settings === undefined ? 'version = "1.0.0"' : entryIn(place, 'version', '1.0.0');
    const hint = `add ${here} here, or dockerfile_version to the configuration`;
    diagnostics.push(error('version-missing', 'the image has no version', { place, hint }));
  }
  const name = settings?.name ?? { value: source.name, place: { file: dockerfile.shown } };
  const writtenName = { text: name.value, place: name.place };
  const about: About = {
    tree,
    directory,
    shown,
    ...stageFile,
    place: name.place,
    perhaps: [...new Set([name.value, source.name])],
    ...(settings?.private === undefined ? {} : { private: settings.private }),
    ...(settings?.owner === undefined ? {} : { owner: settings.owner }),
  };
  const version =
    written && versions.read(tree, written.from.directory, written.from.shown, written);
  diagnostics.push(...(version?.diagnostics ?? []));
  if (version?.value === undefined) {
    const named = nameOnly(tree, writtenName, source.namespace);
    return readingOf({ ...about, ...named.value }, undefined, [
      ...diagnostics,
      ...ofName(named.diagnostics, tree, source),
    ]);
  }
  const { text: tag, place, spot, isShared, computed } = version.value;
  const identity = identify(tree, writtenName, { text: tag, place }, source.namespace);
  diagnostics.push(...ofName(identity.diagnostics, tree, source));
  if (identity.value.kind === 'part') {
    return readingOf({ ...about, ...identity.value.known }, undefined, diagnostics);
  }
  if (dockerfile.value === undefined) {
    const known = { ...about, ...identity.value.identity, place };
    return readingOf(known, undefined, diagnostics);
  }
  const tags = [...source.tags, ...(settings?.tags ?? [])];
  const definition: ImageDefinition = {
    tree,
    ...identity.value.identity,
    ...context,
    ...stageFile,
    dockerfile: {
      kind: 'plain',
      file: dockerfile.shown,
      text: dockerfile.value,
      ...(source.variant?.made === undefined ? {} : { blubber: source.variant.made }),
      ...(source.variant?.frontendTakes && { frontendTakes: source.variant.frontendTakes }),
    },
    ...(rules.value === undefined ? {} : { ignoreRules: rules.value }),
    depends: [],
    place,
    ...ofSettings(settings),
    ...ofVariant(source),
    ...(settings === undefined
      ? {}
      : { settingsFile: settings.filePath, namedAt: settings.name?.place ?? settings.place }),
    ...(settings?.name === undefined ? { namedByPath: true } : {}),
    ...(tree.dockerfiles === undefined || name.value === source.name
      ? {}
      : { conventionalName: source.name }),
    extraTags: expandTags(tags, tag, today),
    ...(tags.some(({ value }) => value.includes('{version}'))
      ? { tagsOf: (version: string) => expandTags(tags, version, today) }
      : {}),
    ...(tags.some(({ value }) => value.includes('{date}'))
      ? {
          lastingTags: (version: string) =>
            expandTags(
              tags.filter(({ value }) => !value.includes('{date}')),
              version,
              today,
            ),
        }
      : {}),
    ...inputsOf(source),
    ...(spot === undefined ? {} : { versionSpot: spot }),
    ...(isShared === true ? { sharedVersion: place } : {}),
    ...(computed === undefined ? {} : { computed }),
    ...testsOf(tree, source, context, diagnostics),
  };
  return readingOf({ tree, directory, shown, ...stageFile }, definition, diagnostics);
}

/** A directory of which no name can be made (`日本`) has to be given one. */
function ofName(
  diagnostics: readonly Diagnostic[],
  tree: Tree,
  { settings, name, shownDirectory, dockerfile }: PlainSource,
): readonly Diagnostic[] {
  const isMade = settings?.name === undefined && tree.dockerfiles !== undefined;
  if (!isMade || !name.split('/').includes('')) {
    return diagnostics;
  }
  return diagnostics.map((each) =>
    each.code === 'name-illegal'
      ? error('name-illegal', `the directory ${shownDirectory} gives no image name`, {
          place: { file: dockerfile.shown },
          hint: `name it in generate-bake.toml: [[image]] with path = ${JSON.stringify(dockerfile.shown)} and name = "…"`,
        })
      : each,
  );
}

/** Its own version, relative to the file that says it, or the tree's. */
function writtenVersion({ settings, version }: PlainSource): PlainSource['version'] {
  if (settings?.version === undefined) {
    return version;
  }
  const { value, place } = settings.version;
  return { text: value, place, file: settings.filePath, from: settings.base };
}

/** The build context: what a file names, what was found, or the image's directory. */
function contextOf(
  tree: Tree,
  source: PlainSource,
  diagnostics: Diagnostic[],
): Pick<ImageDefinition, 'directory' | 'context' | 'home' | 'definedIn'> {
  const { directory: home, shownDirectory, isOfDirectory, dockerfile, settings } = source;
  const definedIn = isOfDirectory ? shownDirectory : dockerfile.shown;
  const named = settings?.context;
  if (named === undefined) {
    const { directory, shown } = source.context ?? { directory: home, shown: shownDirectory };
    return directory === home && isOfDirectory
      ? { directory, context: shown }
      : { directory, context: shown, home, definedIn };
  }
  const root = tree.root ?? { directory: tree.directory, shown: tree.shownDirectory };
  const base = settings?.base ?? { directory: home, shown: shownDirectory };
  const isOfRoot = named.value.startsWith('/');
  const from = isOfRoot ? root : base;
  const directory = withoutSlash(
    isOfRoot ? join(from.directory, named.value) : resolve(from.directory, named.value),
  );
  const shown = withoutSlash(join(from.shown, named.value));
  const why = whyNotContext(tree, home, directory);
  if (why !== undefined) {
    diagnostics.push(
      error('context-unreadable', `the context ${shown} ${why}`, {
        place: named.place,
        hint: 'name a directory of the repository: relative to this file, or with "/" in front to the workspace',
      }),
    );
  }
  return { directory, context: shown, home, definedIn };
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

/** The files that settings name in place of what is found, and those of the tree. */
function inputsOf({
  settings,
  moreInputs,
}: PlainSource): Pick<ImageDefinition, 'inputs' | 'moreInputs'> {
  const inputs = settings?.inputs?.map((written) => namedInput(settings.base, written));
  return {
    ...(inputs === undefined ? {} : { inputs }),
    ...(moreInputs.length === 0 ? {} : { moreInputs }),
  };
}

export function namedInput(
  base: { readonly directory: string; readonly shown: string },
  { value, place }: Found<string>,
): NamedInput {
  return { path: join(base.directory, value), shown: join(base.shown, value), place };
}

/** A Dockerfile of nobody's convention has no test.sh that expects to be run on the host. */
function testsOf(
  tree: Tree,
  source: PlainSource,
  { home }: Pick<ImageDefinition, 'home'>,
  diagnostics: Diagnostic[],
): Pick<ImageDefinition, 'tests'> {
  const inside = insideTestsOf(tree, source, diagnostics);
  if (tree.dockerfiles !== undefined) {
    return { tests: { inside } };
  }
  return inside.length === 0 && home === undefined
    ? {}
    : { tests: { directory: source.directory, inside } };
}

function insideTestsOf(
  tree: Tree,
  { settings, entries, directory, shownDirectory }: PlainSource,
  diagnostics: Diagnostic[],
): readonly InsideTest[] {
  if (settings?.tests !== undefined) {
    const door = { own: settings.base.directory, boundary: tree.boundary };
    const tests = namedTests(door, settings.base.shown, settings.tests);
    diagnostics.push(...tests.diagnostics);
    return tests.value;
  }
  const present = tree.config.insideTests.filter((test) => entries.has(test));
  const door = { own: directory, boundary: tree.boundary };
  const tests = presentTests(door, shownDirectory, present);
  diagnostics.push(...tests.diagnostics);
  return tests.value;
}

/** What the frontend is asked for. */
function ofVariant({
  variant,
  settings,
}: PlainSource): Partial<Pick<ImageDefinition, 'stage' | 'args'>> {
  if (variant === undefined) {
    return {};
  }
  const { name: stage, frontend } = variant;
  return frontend === undefined
    ? { stage }
    : { stage, args: new Map([['BUILDKIT_SYNTAX', frontend], ...(settings?.args ?? [])]) };
}

const none: ReadonlyMap<string, string> = new Map();

type Settable = Pick<
  ImageDefinition,
  | 'description'
  | 'owner'
  | 'labels'
  | 'args'
  | 'stage'
  | 'platforms'
  | 'platformsPlace'
  | 'aliases'
  | 'latest'
  | 'cache'
  | 'secrets'
  | 'ssh'
  | 'attest'
  | 'annotations'
  | 'expectedChanges'
  | 'private'
>;

function ofSettings(settings: ImageSettings | undefined): Settable {
  if (settings === undefined) {
    return { labels: none, args: none, platforms: [] };
  }
  const { description, owner, labels, args, target, platforms, aliases, latest } = settings;
  const { private: isPrivate } = settings;
  return {
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
    labels,
    args,
    ...(target === undefined ? {} : { stage: target }),
    platforms: platforms?.names ?? [],
    ...(platforms === undefined ? {} : { platformsPlace: platforms.place }),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(latest === undefined ? {} : { latest }),
    ...(isPrivate === undefined ? {} : { private: isPrivate }),
    ...(settings.cache === undefined ? {} : { cache: settings.cache }),
    ...(settings.secrets === undefined ? {} : { secrets: settings.secrets }),
    ...(settings.ssh === undefined ? {} : { ssh: settings.ssh }),
    ...(settings.attest === undefined ? {} : { attest: settings.attest }),
    ...(settings.annotations === undefined ? {} : { annotations: settings.annotations }),
    ...(settings.expectedChanges === undefined
      ? {}
      : { expectedChanges: settings.expectedChanges }),
  };
}
