import { basename, dirname, join, relative, resolve } from 'node:path';
import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { type ListDirectory, listDirectory } from '#core/files/directories.js';
import { isWithin } from '#core/files/paths.js';
import { some } from '#core/text/some.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { DockerfileTree, ImageEntry } from '../../workspace/dockerfileTree.js';
import type { Tree } from '../../workspace/tree.js';
import { brokenReading, type Reading } from '../broken.js';
import type { Exclusion } from '../excluded.js';
import { type ImageSettings, readImageFile } from '../imageFile.js';
import {
  dockerfileNamed,
  dockerfileOf,
  namedInput,
  type PlainSource,
  readPlainImage,
} from '../plainImage.js';
import { configuredVersion } from '../plainImages.js';
import { readRootfs } from '../rootfsImage.js';
import type { ImageDirectory } from '../scan.js';
import type { VersionReader } from '../versionFrom.js';
import { conventionalContext } from './context.js';
import { type FoundDockerfile, type FoundFiles, findDockerfiles } from './findDockerfiles.js';
import { matchPath, whyNoMatch } from './matchPath.js';
import { conventionalName, roleOf } from './names.js';
import { usedPrefix } from './prefix.js';

export interface ReadDockerfilesOptions {
  /** How directories are listed; absent: afresh. */
  readonly list?: ListDirectory;
  /** Given where root filesystems that are missing are made before anything is built. */
  readonly today?: Date;
}

/**
 * The images of a tree of plain Dockerfiles: of those that are found by convention, of each image.toml
 * and of the `[[image]]` tables of the workspace file. A Dockerfile that a file names defines what the
 * file says, and nothing by convention. The diagnostics are those of the whole tree.
 */
export function readDockerfiles(
  tree: Tree,
  dockerfiles: DockerfileTree,
  versions: VersionReader,
  options: ReadDockerfilesOptions,
): Outcome<readonly Reading[]> & { readonly exclusion: Exclusion } {
  const found = findDockerfiles(tree, dockerfiles, options.list);
  const reader = new Reader(tree, dockerfiles, found, options);
  for (const directory of found.directories) {
    reader.imageDirectory(directory);
  }
  reader.entries();
  reader.others();
  const diagnostics = [...found.diagnostics, ...reader.diagnostics];
  const value = reader.readings(versions);
  const { dockerPkg } = found;
  if (value.length === 0 && !diagnostics.some(({ severity }) => severity === 'error')) {
    diagnostics.push(nothingFound(tree, dockerPkg, found.exclusion));
  } else if (dockerPkg.length > 0) {
    diagnostics.push(leftToDockerPkg(tree, dockerPkg));
  }
  return { value, diagnostics, exclusion: found.exclusion };
}

/** What an image is read from, but for what is the same for all. */
type Partly = Omit<PlainSource, 'tags' | 'moreInputs' | 'version' | 'namespace'>;

class Reader {
  readonly #tree: Tree;
  readonly #dockerfiles: DockerfileTree;
  readonly #found: readonly FoundDockerfile[];
  readonly #exclusion: Exclusion;
  readonly #options: ReadDockerfilesOptions;
  /** What the tree's own directory is called. */
  readonly #rootName: string;
  /** The Dockerfiles (absolute) that a file names: they define nothing by convention. */
  readonly #claimed = new Set<string>();
  /** Directories (absolute) that an image.toml is in, as shown. */
  readonly #imageFiles = new Map<string, string>();
  readonly #sources: Partly[] = [];
  readonly #readings: Reading[] = [];
  /** What is wrong with the tree as a whole. */
  readonly diagnostics: Diagnostic[] = [];

  constructor(
    tree: Tree,
    dockerfiles: DockerfileTree,
    { value: found, exclusion }: FoundFiles,
    options: ReadDockerfilesOptions,
  ) {
    this.#tree = tree;
    this.#dockerfiles = dockerfiles;
    this.#found = found;
    this.#exclusion = exclusion;
    this.#options = options;
    this.#rootName = basename(tree.directory);
  }

  /** A directory with a rootfs.toml or an image.toml. */
  imageDirectory(found: ImageDirectory): void {
    const tree = this.#tree;
    const { directory, shown, entries } = found;
    if (found.kind === 'rootfs') {
      this.#readings.push(readRootfs(tree, found, this.#options.today));
      return;
    }
    const path = relative(tree.directory, directory);
    const name = conventionalName(path, { kind: 'own' }, this.#rootName);
    const file = readImageFile(found, { own: directory, boundary: tree.boundary });
    if (file === undefined) {
      return;
    }
    this.#imageFiles.set(directory, file.file);
    if (!file.isReadable) {
      this.#claimed.add(join(directory, 'Dockerfile'));
      const diagnostics = file.images.flatMap((image) => image.diagnostics);
      this.#readings.push(brokenReading({ tree, directory, shown, perhaps: [name] }, diagnostics));
      return;
    }
    for (const { settings, diagnostics } of file.images) {
      const dockerfile = dockerfileOf(settings, entries, tree.boundary);
      this.#claimed.add(dockerfile.path);
      if (!file.isList && settings.dockerfile !== undefined) {
        this.#chooseOf(directory, settings.name?.value ?? name, name);
      }
      const role = roleOf(basename(dockerfile.path)) ?? { kind: 'own' };
      this.#sources.push({
        directory,
        shownDirectory: shown,
        isOfDirectory: !file.isList,
        entries,
        dockerfile,
        settings,
        name: file.isList ? conventionalName(path, role, this.#rootName) : name,
        diagnostics,
      });
    }
  }

  /** The image of a directory has another Dockerfile: that of the usual name is no second one. */
  #chooseOf(directory: string, name: string, conventional: string): void {
    if (name === conventional) {
      this.#claimed.add(join(directory, 'Dockerfile'));
      this.#claimed.add(join(directory, 'Containerfile'));
    }
  }

  /** The `[[image]]` tables of the workspace file. */
  entries(): void {
    for (const entry of this.#dockerfiles.images) {
      const { dockerfile, path } = entry;
      if (dockerfile !== undefined) {
        this.#oneMore(entry, dockerfile);
      } else if (path !== undefined) {
        this.#about(entry, path);
      }
    }
  }

  #settingsOf(entry: ImageEntry): ImageSettings {
    const { base, file = '' } = this.#dockerfiles;
    return { ...entry, file, filePath: join(base.directory, basename(file)), base };
  }

  /** An image beside those that are found. */
  #oneMore(entry: ImageEntry, { value, place }: Found<string>): void {
    const { base } = this.#dockerfiles;
    const { boundary } = this.#tree;
    const dockerfile = dockerfileNamed(value, base.directory, base.shown, boundary, place);
    this.#claimed.add(dockerfile.path);
    const directory = dirname(dockerfile.path);
    this.#sources.push({
      directory,
      shownDirectory: dirname(dockerfile.shown),
      isOfDirectory: false,
      entries: this.#entriesOf(directory),
      dockerfile,
      settings: this.#settingsOf(entry),
      name: entry.name?.value ?? basename(directory),
      diagnostics: [],
    });
  }

  #entriesOf(directory: string): ReadonlySet<string> {
    const { list = listDirectory } = this.#options;
    try {
      return new Set(list(directory).map(({ name }) => name));
    } catch {
      // The Dockerfile cannot be read then, which is reported.
      return new Set();
    }
  }

  /** An image that is found: the file adds to what the convention says. */
  #about(entry: ImageEntry, path: Found<string>): void {
    const { base } = this.#dockerfiles;
    const among = { found: this.#found, imageFiles: this.#imageFiles };
    const found = matchPath(resolve(base.directory, path.value), among);
    if (found.kind === 'found') {
      const { dockerfile } = found;
      this.#claimed.add(join(dockerfile.directory, dockerfile.file));
      this.#sources.push({ ...this.#conventional(dockerfile), settings: this.#settingsOf(entry) });
      return;
    }
    const shown = join(base.shown, path.value);
    const excludedBy = this.#exclusion.paths.find((one) => isWithin(one.shown, shown));
    const { message, hint } = whyNoMatch(path.value, found, this.#found, excludedBy?.pattern.text);
    this.diagnostics.push(error('image-path', message, { place: path.place, hint }));
  }

  /** The Dockerfiles that no file is about. */
  others(): void {
    for (const found of this.#found) {
      if (!this.#claimed.has(join(found.directory, found.file))) {
        this.#sources.push(this.#conventional(found));
      }
    }
  }

  #conventional({ directory, shownDirectory, path, file, role, entries }: FoundDockerfile): Partly {
    return {
      directory,
      shownDirectory,
      isOfDirectory: role.kind === 'own',
      entries,
      dockerfile: dockerfileNamed(file, directory, shownDirectory, this.#tree.boundary),
      name: conventionalName(path, role, this.#rootName),
      diagnostics: [],
    };
  }

  /** All images, by path. */
  readings(versions: VersionReader): readonly Reading[] {
    const namespace = this.#namespace();
    const { base, tags, inputs } = this.#dockerfiles;
    const moreInputs = inputs.map((input) => namedInput(base, input));
    for (const source of this.#sources) {
      const version = this.#versionOf(source);
      const whole = { ...this.#withContext(source), namespace, tags, moreInputs, version };
      this.#readings.push(readPlainImage(this.#tree, whole, versions, this.#options.today));
    }
    const shown = ({ image }: Reading): string =>
      'shown' in image ? image.shown : (image.definedIn ?? image.context);
    return this.#readings.sort((a, b) => (shown(a) < shown(b) ? -1 : shown(a) > shown(b) ? 1 : 0));
  }

  /** With a context by convention, where no file says one. */
  #withContext(source: Partly): Partly {
    const { directory, shownDirectory: shown, entries, dockerfile, settings } = source;
    if (settings?.context !== undefined || dockerfile.value === undefined) {
      return source;
    }
    const { root, directory: top, shownDirectory: shownTop } = this.#tree;
    const { problem, ...context } = conventionalContext({
      own: { directory, shown },
      entries,
      root: root ?? { directory: top, shown: shownTop },
      file: dockerfile.shown,
      text: dockerfile.value,
      ...(settings === undefined ? {} : { args: settings.args }),
      ...(settings?.target === undefined ? {} : { stage: settings.target }),
      ...(this.#options.list === undefined ? {} : { list: this.#options.list }),
    });
    const diagnostics =
      problem === undefined ? source.diagnostics : [...source.diagnostics, problem];
    return { ...source, context, diagnostics };
  }

  /** What is configured, or else what the Dockerfiles write before each other's names. */
  #namespace(): string {
    const { namespace, registry, registryNames, places } = this.#tree.config;
    if (namespace !== '' || places.has('namespace')) {
      return namespace;
    }
    const siblings = this.#sources.flatMap(({ name, dockerfile, settings }) =>
      dockerfile.value === undefined
        ? []
        : [
            {
              name: settings?.name?.value ?? name,
              text: dockerfile.value,
              ...(settings === undefined ? {} : { args: settings.args }),
              ...(settings?.target === undefined ? {} : { target: settings.target }),
            },
          ],
    );
    return usedPrefix(siblings, registry, registryNames) ?? '';
  }

  #versionOf({ dockerfile }: Partly): NonNullable<PlainSource['version']> {
    const { base, version } = this.#dockerfiles;
    if (version !== undefined) {
      return { text: version.value, place: version.place, from: base };
    }
    const configured = configuredVersion(this.#tree);
    return configured ?? { text: 'content', place: { file: dockerfile.shown }, from: base };
  }
}

function nothingFound(
  { shownDirectory }: Tree,
  dockerPkg: readonly string[],
  { paths }: Exclusion,
): Diagnostic {
  const place = { file: shownDirectory };
  if (dockerPkg.length > 0) {
    const message = `no Dockerfile in this directory, and no configuration for its docker-pkg images: ${some(dockerPkg, 3)}`;
    const hint = 'pass -c FILE, or write config.yaml here (it may be empty)';
    return error('config-missing', message, { place, hint });
  }
  const hint =
    paths.length > 0
      ? 'exclude leaves out what is in it'
      : '"generate-bake init DIR" makes a repository to start from; -c FILE names the configuration of docker-pkg images';
  return error('tree-empty', 'no Dockerfile in this directory', { place, hint });
}

/** Such a directory has a Dockerfile.template and a changelog; a Dockerfile in it is not looked at. */
function leftToDockerPkg(
  { shownDirectory, dockerfiles }: Tree,
  dockerPkg: readonly string[],
): Diagnostic {
  const tops = new Set(
    dockerPkg.map((path) => relative(shownDirectory, path).split('/')[0] || '.'),
  );
  const message = `docker-pkg images (Dockerfile.template and changelog) are left out: ${some(dockerPkg, 3)}`;
  return warning('docker-pkg-apart', message, {
    place: { file: shownDirectory },
    hint: dockerfiles?.file === undefined ? hintForInit : hintForTables([...tops]),
  });
}

const hintForInit =
  'have a config.yaml for them at the top (it may be empty), and run: generate-bake init (it writes one [[tree]] for them, and one for the Dockerfiles)';

/** A file with `[[tree]]` tables has nothing but these: one alone would leave the Dockerfiles out. */
function hintForTables(tops: readonly string[]): string {
  const tables = tops.map(
    (top) => `[[tree]] with directory = ${JSON.stringify(top)} and config = "config.yaml"`,
  );
  return `write these tables in generate-bake.toml: ${some(tables, 4)}; [[tree]] with kind = "dockerfiles", directory = "." and the keys that the file has now`;
}
