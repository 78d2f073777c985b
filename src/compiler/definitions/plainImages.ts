import { basename } from 'node:path';
import type { Tree } from '../workspace/tree.js';
import { brokenReading, type Reading } from './broken.js';
import { roleOf } from './dockerfiles/names.js';
import { type ImageSettings, readImageFile } from './imageFile.js';
import { dockerfileNamed, dockerfileOf, type PlainSource, readPlainImage } from './plainImage.js';
import type { ImageDirectory } from './scan.js';
import type { VersionReader } from './versionFrom.js';

/**
 * The images of plain Dockerfiles of a directory: one for each `[[image]]` of its image.toml or
 * image.yaml, the one that the file is about, or without a file the one that is named after the
 * directory, where the tree's configuration says how versions are made (`dockerfile_version`).
 */
export function readPlainImages(
  tree: Tree,
  found: ImageDirectory,
  versions: VersionReader,
): readonly Reading[] {
  const { directory, shown, entries } = found;
  const version = configuredVersion(tree);
  const common = {
    directory,
    shownDirectory: shown,
    entries,
    tags: [],
    moreInputs: [],
    ...(version === undefined ? {} : { version }),
  };
  const own = basename(directory);
  const file = readImageFile(found, { own: directory, boundary: tree.boundary });
  if (file === undefined) {
    const dockerfile = dockerfileNamed('Dockerfile', directory, shown, tree.boundary);
    const source = { ...common, isOfDirectory: true, dockerfile, name: own, diagnostics: [] };
    return [readPlainImage(tree, source, versions)];
  }
  if (!file.isReadable) {
    const diagnostics = file.images.flatMap((image) => image.diagnostics);
    return [brokenReading({ tree, directory, shown, perhaps: [own] }, diagnostics)];
  }
  return file.images.map(({ settings, diagnostics }) => {
    const source: PlainSource = {
      ...common,
      isOfDirectory: !file.isList,
      dockerfile: dockerfileOf(settings, entries, tree.boundary),
      settings,
      name: file.isList ? nameBeside(own, settings) : own,
      diagnostics,
    };
    return readPlainImage(tree, source, versions);
  });
}

/** The name of one of several images of a directory, by its Dockerfile's. */
function nameBeside(directory: string, { dockerfile }: ImageSettings): string {
  const role = roleOf(basename(dockerfile?.value ?? 'Dockerfile'));
  switch (role?.kind) {
    case 'variant':
      return `${directory}-${role.suffix}`;
    case 'named':
      return role.name;
    default:
      return directory;
  }
}

/** The version that the configuration gives to images that have none of their own. */
export function configuredVersion(tree: Tree): PlainSource['version'] {
  const { dockerfileVersion: text, places, files } = tree.config;
  if (text === undefined) {
    return undefined;
  }
  const place = places.get('dockerfile_version') ?? { file: files[0] ?? '' };
  return { text, place, from: { directory: tree.directory, shown: tree.shownDirectory } };
}
