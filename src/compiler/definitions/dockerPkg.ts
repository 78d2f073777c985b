import type { Diagnostic, Outcome } from '#core/diagnostics/diagnostic.js';
import { type Control, readControl } from '#formats/debian/control.js';
import type { Tree } from '../workspace/tree.js';
import type { ImageDefinition } from './definition.js';
import { identify } from './identity.js';
import { insideTest } from './insideTests.js';
import { newestBlock } from './newestBlock.js';
import { readText } from './readText.js';
import type { ImageDirectory } from './scan.js';

/**
 * One docker-pkg image directory: name and version from the newest changelog block, declared
 * parents from control, the template as it stands (doc/dev/docker-pkg.md, Behaviour). Undefined, with
 * every error found in its files, where it cannot be read.
 */
export function readDockerPkgImage(
  tree: Tree,
  found: ImageDirectory,
): Outcome<ImageDefinition | undefined> {
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
  const controlText = found.entries.has('control') ? read('control') : '';

  let control: Control | undefined;
  if (controlText !== undefined && controlText !== '') {
    const outcome = readControl(`${found.shown}/control`, controlText);
    diagnostics.push(...outcome.diagnostics);
    control = outcome.value;
  }
  const block = newest.value;
  if (block === undefined || template === undefined) {
    return { value: undefined, diagnostics };
  }

  const identity = identify(
    tree,
    { text: block.package, place: block.place },
    { text: block.version, place: block.versionPlace },
  );
  diagnostics.push(...identity.diagnostics);
  if (identity.value === undefined) {
    return { value: undefined, diagnostics };
  }

  const value: ImageDefinition = {
    tree,
    ...identity.value,
    directory: found.directory,
    context: found.shown,
    dockerfile: { kind: 'template', file: `${found.shown}/Dockerfile.template`, text: template },
    depends: control?.depends ?? [],
    place: block.place,
    ...(block.created === undefined ? {} : { created: block.created }),
    ...(block.author === undefined ? {} : { author: block.author }),
    ...(control?.description === undefined ? {} : { description: control.description }),
    extraTags: [],
    labels: none,
    args: none,
    platforms: [],
    ...testsOf(tree, found),
  };
  return { value, diagnostics };
}

const none: ReadonlyMap<string, string> = new Map();

function testsOf({ config }: Tree, { directory, shown, entries }: ImageDirectory) {
  const present = config.insideTests.filter((test) => entries.has(test));
  if (present.length === 0) {
    return {};
  }
  return {
    tests: { directory, inside: present.map((test) => insideTest(directory, shown, test)) },
  };
}
