import { basename, dirname, join, resolve } from 'node:path';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { withoutSlash } from '#core/files/paths.js';
import { versionOfFrontend } from '#formats/blubber/frontend.js';
import { readBlubberfile } from '#formats/blubber/read.js';
import { syntaxOf } from '#formats/blubber/syntax.js';
import { makeVariant } from '#formats/blubber/variant.js';
import type { BlubberKeys } from '../../workspace/blubberTree.js';
import type { DockerfileTree, ImageEntry } from '../../workspace/dockerfileTree.js';
import type { Tree } from '../../workspace/tree.js';
import { brokenReading, type Reading } from '../broken.js';
import type { Exclusion } from '../excluded.js';
import type { ImageSettings } from '../imageFile.js';
import {
  type DockerfileText,
  dockerfileNamed,
  namedInput,
  type PlainSource,
  readPlainImage,
} from '../plainImage.js';
import { configuredVersion } from '../plainImages.js';
import type { VersionReader } from '../versionFrom.js';
import { type Checkout, type FoundFile, findBlubberfiles } from './findBlubberfiles.js';
import { variantName } from './names.js';
import { type OpenFile, Wanted, type WantedVariant } from './wanted.js';

interface Options {
  readonly list?: ListDirectory;
  readonly today?: Date;
}

/**
 * The images of a tree of Blubber files: the variants that the workspace file names, or that pipelines publish, and
 * those of its `[[tree.image]]` tables. Blubber builds no variant of a file that is wrong, so all of its images are
 * broken then; those of other files are not. The diagnostics are those of the whole tree.
 */
export function readBlubber(
  tree: Tree,
  dockerfiles: DockerfileTree,
  keys: BlubberKeys,
  versions: VersionReader,
  options: Options,
): Outcome<readonly Reading[]> & { readonly exclusion: Exclusion } {
  const { list = listDirectory } = options;
  const found = findBlubberfiles(tree, keys, list);
  const diagnostics: Diagnostic[] = [...found.diagnostics];
  const files = found.value.flatMap((checkout) =>
    checkout.files.map((file) => openFile(tree, keys, checkout, file)),
  );
  const readings: Reading[] = [];
  for (const checkout of found.value.filter((each) => each.diagnostics.length > 0)) {
    const { directory, shown, path } = checkout;
    const perhaps = [path === '' ? basename(tree.directory) : path];
    readings.push(brokenReading({ tree, directory, shown, perhaps }, checkout.diagnostics));
  }
  const wanted = new Wanted(files, dockerfiles, keys);
  diagnostics.push(...wanted.diagnostics);
  const context = { tree, dockerfiles, keys, versions, list, today: options.today };
  for (const file of files) {
    const variants = wanted.of(file);
    for (const one of variants) {
      readings.push(readVariant(context, file, one));
    }
    if (variants.length === 0) {
      const found = [...file.text.diagnostics, ...file.diagnostics];
      if (found.length > 0) {
        readings.push(brokenFile(tree, file, found));
      } else {
        diagnostics.push(unpublished(file));
      }
    }
  }
  if (readings.length === 0 && !diagnostics.some(({ severity }) => severity === 'error')) {
    diagnostics.push(nothingFound(tree, files, found.exclusion));
  }
  const shown = ({ image }: Reading): string =>
    'shown' in image ? image.shown : (image.definedIn ?? image.context);
  const nameOf = ({ image }: Reading): string => image.name ?? '';
  readings.sort((a, b) =>
    shown(a) === shown(b) ? (nameOf(a) < nameOf(b) ? -1 : 1) : shown(a) < shown(b) ? -1 : 1,
  );
  return { value: readings, diagnostics, exclusion: found.exclusion };
}

function openFile(
  { boundary }: Tree,
  { frontend }: BlubberKeys,
  checkout: Checkout,
  { path, namedAt }: FoundFile,
): OpenFile {
  const { directory, shown } = checkout;
  const text = dockerfileNamed(path, directory, shown, boundary, namedAt);
  const published = checkout.published.filter(({ blubberfile }) => blubberfile === path);
  if (text.value === undefined) {
    return { checkout, path, text, diagnostics: [], published };
  }
  const syntax: Outcome<{ readonly text: string } | undefined> =
    frontend === undefined
      ? syntaxOf(text.shown, text.value)
      : { value: { text: frontend.value }, diagnostics: [] };
  const version = versionOfFrontend(syntax.value?.text);
  const read = readBlubberfile(text.shown, text.value, version);
  const diagnostics = [...syntax.diagnostics, ...read.diagnostics];
  const file = read.value === undefined ? {} : { file: read.value };
  return { checkout, path, text, ...file, diagnostics, published };
}

/** Nobody knows which images it has. */
function brokenFile(
  tree: Tree,
  { checkout, path, text }: OpenFile,
  diagnostics: readonly Diagnostic[],
): Reading {
  const name = variantName(checkout.path, path, 'production', basename(resolve(tree.directory)));
  const about = { tree, directory: dirname(text.path), shown: text.shown, stageFile: text.path };
  return brokenReading({ ...about, perhaps: [name] }, diagnostics);
}

function unpublished({ file, text }: OpenFile): Diagnostic {
  const all = [...(file?.variants.keys() ?? [])];
  const names = all.includes('production') ? ['production'] : all.slice(0, 5);
  const message = 'no variant of this file is an image: no pipeline publishes one';
  const hint = `name them in [[tree]]: variants = ${JSON.stringify(names)}`;
  return warning('blubber-unpublished', message, { place: { file: text.shown }, hint });
}

interface Surroundings {
  readonly tree: Tree;
  readonly dockerfiles: DockerfileTree;
  readonly keys: BlubberKeys;
  readonly versions: VersionReader;
  readonly list: ListDirectory;
  readonly today: Date | undefined;
}

function readVariant(around: Surroundings, file: OpenFile, wanted: WantedVariant): Reading {
  const { tree, dockerfiles, keys, versions, list, today } = around;
  const { checkout, path, text } = file;
  const { name, place, published, entry } = wanted;
  const made =
    file.file === undefined
      ? { value: undefined, diagnostics: [] }
      : makeVariant(file.file, name, place);
  const { base, tags, inputs } = dockerfiles;
  const directory = dirname(text.path);
  const below = published?.context ?? '.';
  const source: PlainSource = {
    directory,
    shownDirectory: dirname(text.shown),
    isOfDirectory: false,
    entries: entriesOf(directory, list),
    // A variant that cannot be made is as good as a file that cannot be read.
    dockerfile: made.value === undefined ? { ...text, value: undefined } : text,
    ...(entry === undefined ? {} : { settings: settingsOf(entry, dockerfiles) }),
    name:
      published?.name?.value ??
      variantName(checkout.path, path, name, basename(resolve(tree.directory))),
    namespace: tree.config.namespace,
    context: {
      directory: withoutSlash(join(checkout.directory, below)),
      shown: withoutSlash(join(checkout.shown, below)),
    },
    version: versionOf(tree, dockerfiles, text),
    tags,
    moreInputs: inputs.map((input) => namedInput(base, input)),
    diagnostics: [...file.diagnostics, ...made.diagnostics],
    variant: {
      name,
      ...(made.value === undefined ? {} : { made: made.value }),
      ...frontendOf(keys),
    },
  };
  return readPlainImage(tree, source, versions, today);
}

function frontendOf({
  frontend,
  frontendTakes,
}: BlubberKeys): Pick<NonNullable<PlainSource['variant']>, 'frontend' | 'frontendTakes'> {
  return {
    ...(frontend === undefined ? {} : { frontend: frontend.value }),
    ...(frontendTakes === undefined ? {} : { frontendTakes }),
  };
}

function settingsOf(entry: ImageEntry, { base, file = '' }: DockerfileTree): ImageSettings {
  return { ...entry, file, filePath: join(base.directory, basename(file)), base };
}

function versionOf(
  tree: Tree,
  { base, version }: DockerfileTree,
  { shown }: DockerfileText,
): NonNullable<PlainSource['version']> {
  if (version !== undefined) {
    return { text: version.value, place: version.place, from: base };
  }
  return configuredVersion(tree) ?? { text: 'content', place: { file: shown }, from: base };
}

function entriesOf(directory: string, list: ListDirectory): ReadonlySet<string> {
  try {
    return new Set(list(directory).map(({ name }) => name));
  } catch {
    // The file cannot be read then, which is reported.
    return new Set();
  }
}

function nothingFound(
  { shownDirectory }: Tree,
  files: readonly OpenFile[],
  { paths }: Exclusion,
): Diagnostic {
  const place = { file: shownDirectory };
  if (files.length > 0) {
    const hint = 'name them: variants = ["production"]';
    return error('tree-empty', 'no variant of the Blubber files here is an image', { place, hint });
  }
  const hint =
    paths.length > 0
      ? 'exclude leaves out what is in it'
      : 'checkouts names directories with a .pipeline/blubber.yaml, files names other files';
  return error('tree-empty', 'no Blubber file in this directory', { place, hint });
}
