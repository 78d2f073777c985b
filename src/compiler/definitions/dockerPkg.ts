import { basename } from 'node:path';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import type { Door } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import { type Control, readControl } from '#formats/debian/control.js';
import type { Tree } from '../workspace/tree.js';
import { type About, type Reading, readingOf } from './broken.js';
import type { ImageDefinition } from './definition.js';
import { identify } from './identity.js';
import { presentTests } from './insideTests.js';
import { namesIn, newestBlock } from './newestBlock.js';
import { readFile, readText } from './readText.js';
import type { ImageDirectory } from './scan.js';
import { isSecurityFix } from './securityFix.js';

/**
 * One docker-pkg image directory: name and version from the newest changelog block, declared
 * parents from control, the template as it stands (doc/dev/docker-pkg.md, Behaviour). Broken, with
 * every error found in its files, where it cannot be read.
 */
export function readDockerPkgImage(tree: Tree, found: ImageDirectory): Reading {
  const diagnostics: Diagnostic[] = [];
  const door = { own: found.directory, boundary: tree.boundary };
  const read = (name: string): string | undefined => {
    const text = readText(`${found.directory}/${name}`, `${found.shown}/${name}`, door);
    diagnostics.push(...text.diagnostics);
    return text.value;
  };

  const newest = newestBlock(`${found.directory}/changelog`, `${found.shown}/changelog`, door);
  diagnostics.push(...newest.diagnostics);
  const template = read('Dockerfile.template');
  const controlText = found.entries.has('control')
    ? readDeclarations(`${found.directory}/control`, `${found.shown}/control`, door, diagnostics)
    : '';

  let control: Control | undefined;
  if (controlText !== undefined && controlText !== '') {
    const outcome = readControl(`${found.shown}/control`, controlText);
    diagnostics.push(...outcome.diagnostics);
    control = outcome.value;
  }
  const { directory, shown } = found;
  const maintainer = control?.maintainer === undefined ? {} : { maintainer: control.maintainer };
  const about: About = { tree, directory, shown, ...maintainer };
  const block = newest.value;
  if (block === undefined) {
    const perhaps = [basename(directory), ...namesIn(`${directory}/changelog`, door)];
    return readingOf({ ...about, perhaps }, undefined, diagnostics);
  }

  const identity = identify(
    tree,
    { text: block.package, place: block.place },
    { text: block.version, place: block.versionPlace },
  );
  diagnostics.push(...identity.diagnostics);
  const { place } = block;
  if (identity.value.kind === 'part') {
    const known = { ...about, ...identity.value.known, place, perhaps: [block.package] };
    return readingOf(known, undefined, diagnostics);
  }
  if (template === undefined) {
    return readingOf({ ...about, ...identity.value.identity, place }, undefined, diagnostics);
  }

  const definition: ImageDefinition = {
    tree,
    ...identity.value.identity,
    directory: found.directory,
    context: found.shown,
    dockerfile: { kind: 'template', file: `${found.shown}/Dockerfile.template`, text: template },
    depends: control?.depends ?? [],
    place,
    ...(block.created === undefined ? {} : { created: block.created }),
    ...(block.author === undefined ? {} : { author: block.author }),
    ...(isSecurityFix(block.changes) ? { isSecurity: true as const } : {}),
    ...(control?.description === undefined ? {} : { description: control.description }),
    ...maintainer,
    extraTags: [],
    labels: none,
    args: none,
    platforms: [],
    ...testsOf(tree, found, diagnostics),
  };
  return readingOf(about, definition, diagnostics);
}

/** A byte that is not UTF-8 is most often in a person's name, and nothing is built from that. */
function readDeclarations(
  file: string,
  shown: string,
  door: Door,
  diagnostics: Diagnostic[],
): string | undefined {
  const bytes = readFile(file, shown, door);
  diagnostics.push(...bytes.diagnostics);
  if (bytes.value === undefined) {
    return undefined;
  }
  const text = decodeUtf8(shown, bytes.value);
  for (const problem of text.diagnostics) {
    diagnostics.push({ ...problem, severity: 'warning' });
  }
  return text.value;
}

const none: ReadonlyMap<string, string> = new Map();

function testsOf(
  { config, boundary }: Tree,
  { directory, shown, entries }: ImageDirectory,
  diagnostics: Diagnostic[],
) {
  const present = config.insideTests.filter((test) => entries.has(test));
  if (present.length === 0) {
    return {};
  }
  const tests = presentTests({ own: directory, boundary }, shown, present);
  diagnostics.push(...tests.diagnostics);
  return { tests: { directory, inside: tests.value } };
}
