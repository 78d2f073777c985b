import { basename, dirname, join, resolve } from 'node:path';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { withoutSlash } from '#core/files/paths.js';
import { didYouMean } from '#core/text/suggest.js';
import type { Blubberfile } from '#formats/blubber/blubberfile.js';
import { versionOfFrontend } from '#formats/blubber/frontend.js';
import { readBlubberfile } from '#formats/blubber/read.js';
import { syntaxOf } from '#formats/blubber/syntax.js';
import { makeVariant } from '#formats/blubber/variant.js';
import type { PublishedVariant } from '#formats/pipelineLib/pipelines.js';
import type { Found } from '#formats/settings/tableReader.js';
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

/** A Blubber file that was read, as far as it can be. */
interface OpenFile {
  readonly checkout: Checkout;
  /** Relative to its repository. */
  readonly path: string;
  readonly text: DockerfileText;
  /** Absent: it cannot be used, and why is among the diagnostics. */
  readonly file?: Blubberfile;
  readonly diagnostics: readonly Diagnostic[];
  readonly published: readonly PublishedVariant[];
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

interface WantedVariant {
  readonly name: string;
  /** Where it is named. */
  readonly place: Found<string>['place'];
  readonly published?: PublishedVariant;
  readonly entry?: ImageEntry;
}

/** Which variants are images. */
class Wanted {
  readonly diagnostics: Diagnostic[] = [];
  readonly #of = new Map<OpenFile, Map<string, WantedVariant>>();

  constructor(files: readonly OpenFile[], dockerfiles: DockerfileTree, keys: BlubberKeys) {
    for (const file of files) {
      this.#of.set(file, byConvention(file, keys));
    }
    this.#complainOfNames(files, keys);
    for (const entry of dockerfiles.images) {
      this.#add(entry, files, dockerfiles);
    }
  }

  of(file: OpenFile): readonly WantedVariant[] {
    return [...(this.#of.get(file)?.values() ?? [])];
  }

  /** A variant that the tree names and no file has. */
  #complainOfNames(files: readonly OpenFile[], { variants = [] }: BlubberKeys): void {
    // A file that cannot be read may have it.
    if (files.length === 0 || files.some(({ file }) => file === undefined)) {
      return;
    }
    const known = new Set(files.flatMap(({ file }) => [...(file?.variants.keys() ?? [])]));
    for (const { value, place } of variants) {
      if (!known.has(value)) {
        const message = `no file has a variant ${JSON.stringify(value)}`;
        const hint = didYouMean(value, known);
        this.diagnostics.push(
          error('blubber-variant', message, { place, ...(hint === undefined ? {} : { hint }) }),
        );
      }
    }
  }

  #add(entry: ImageEntry, files: readonly OpenFile[], { base }: DockerfileTree): void {
    const { path, target } = entry;
    if (path === undefined) {
      return;
    }
    const complain = (message: string, hint: string) => {
      this.diagnostics.push(error('image-path', message, { place: path.place, hint }));
    };
    const absolute = withoutSlash(resolve(base.directory, path.value));
    const exact = files.filter(({ text }) => text.path === absolute);
    const meant =
      exact.length > 0 ? exact : files.filter(({ checkout }) => checkout.directory === absolute);
    const [file, second] = meant;
    if (file === undefined) {
      const known = files.flatMap(({ checkout, text }) => [checkout.shown, text.shown]);
      const hint =
        didYouMean(path.value, new Set(known)) ?? 'name a Blubber file or its repository';
      complain(`no Blubber file is found at ${path.value}`, hint);
      return;
    }
    if (second !== undefined) {
      const all = meant.map(({ path: each }) => each).join(', ');
      complain(
        `${path.value} has ${meant.length} Blubber files: ${all}`,
        'name one of them in path',
      );
      return;
    }
    const known = this.#of.get(file) ?? new Map<string, WantedVariant>();
    const [only, another] = [...known.keys()];
    const name = target ?? (another === undefined ? only : undefined);
    if (name === undefined) {
      const all = [...(known.size > 0 ? known.keys() : (file.file?.variants.keys() ?? []))];
      const which = all.length === 0 ? '' : `: ${all.join(', ')}`;
      complain(`${path.value} does not say which variant`, `add target = the variant${which}`);
      return;
    }
    const before = known.get(name) ?? { name, place: entry.place };
    known.set(name, { ...before, entry });
    this.#of.set(file, known);
  }
}

function byConvention(
  { file, published }: OpenFile,
  { variants }: BlubberKeys,
): Map<string, WantedVariant> {
  if (variants !== undefined) {
    const there = variants.filter(({ value }) => file === undefined || file.variants.has(value));
    return new Map(
      there.map(({ value: name, place }) => {
        const one = published.find(({ variant }) => variant.value === name);
        return [name, { name, place, ...(one === undefined ? {} : { published: one }) }];
      }),
    );
  }
  return new Map(
    published.map((one) => [
      one.variant.value,
      { name: one.variant.value, place: one.variant.place, published: one },
    ]),
  );
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

function frontendOf({ frontend }: BlubberKeys): { readonly frontend?: string } {
  return frontend === undefined ? {} : { frontend: frontend.value };
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
