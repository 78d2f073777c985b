import { readFileSync } from 'node:fs';
import { readNewestBlock } from '../debian/changelog.js';
import { type Control, readControl } from '../debian/control.js';
import { type Diagnostic, error, type Outcome, type Place } from '../diagnostics/diagnostic.js';
import { whyNot } from '../files/paths.js';
import { decodeUtf8 } from '../files/utf8.js';
import type { ImageName } from '../reference/brands.js';
import { joinLabel } from '../reference/label.js';
import { type IllegalText, repositoryProblem, tagProblem } from '../reference/legal.js';
import type { Tree } from '../workspace/tree.js';
import type { ImageDefinition } from './definition.js';
import type { ImageDirectory } from './scan.js';

/**
 * One docker-pkg image directory: name and version from the newest changelog block, declared
 * parents from control, the template as it stands (docs/docker-pkg.md, Behaviour). Undefined, with
 * every error found in its files, where it cannot be read.
 */
export function readDockerPkgImage(
  tree: Tree,
  found: ImageDirectory,
): Outcome<ImageDefinition | undefined> {
  const diagnostics: Diagnostic[] = [];
  const read = (name: string): string | undefined => {
    const text = readText(`${found.directory}/${name}`, `${found.shown}/${name}`);
    diagnostics.push(...text.diagnostics);
    return text.value;
  };

  const changelogText = read('changelog');
  const template = read('Dockerfile.template');
  const controlText = found.entries.has('control') ? read('control') : '';

  let control: Control | undefined;
  if (controlText !== undefined && controlText !== '') {
    const outcome = readControl(`${found.shown}/control`, controlText);
    diagnostics.push(...outcome.diagnostics);
    control = outcome.value;
  }
  if (changelogText === undefined || template === undefined)
    return { value: undefined, diagnostics };
  const newest = readNewestBlock(`${found.shown}/changelog`, changelogText);
  diagnostics.push(...newest.diagnostics);
  const block = newest.value;
  if (block === undefined) return { value: undefined, diagnostics };

  const { repository, reference } = joinLabel({
    registry: tree.config.registry,
    namespace: tree.config.namespace,
    name: block.package,
    version: block.version,
  });
  const nameProblem = repositoryProblem(repository);
  const versionProblem = tagProblem(block.version);
  if (nameProblem !== undefined) {
    const { message, hint } = nameProblem;
    diagnostics.push(error('name-illegal', message, { place: block.place, hint }));
  }
  if (versionProblem !== undefined) {
    const { message, hint } = versionProblem;
    const place = partOf(block.versionPlace, versionProblem);
    diagnostics.push(error('version-illegal', message, { place, hint }));
  }
  if (nameProblem !== undefined || versionProblem !== undefined) {
    return { value: undefined, diagnostics };
  }

  const value: ImageDefinition = {
    tree,
    name: block.package as ImageName,
    version: block.version,
    repository,
    reference,
    directory: found.directory,
    context: found.shown,
    dockerfile: { kind: 'template', file: `${found.shown}/Dockerfile.template`, text: template },
    depends: control?.depends ?? [],
    place: block.place,
    ...(block.created === undefined ? {} : { created: block.created }),
    ...(block.author === undefined ? {} : { author: block.author }),
    ...(control?.description === undefined ? {} : { description: control.description }),
    extraTags: [],
    labels: NONE,
    args: NONE,
    platforms: [],
  };
  return { value, diagnostics };
}

function partOf({ column = 1, ...place }: Place, { at, length }: IllegalText): Place {
  return { ...place, column: column + at, length: Math.max(1, length) };
}

const NONE: ReadonlyMap<string, string> = new Map();

/** A file that must be there: undefined, with the reason, where it cannot be read. */
function readText(file: string, shown: string): Outcome<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const [message, hint] =
      code === 'ENOENT'
        ? ['is a symbolic link to nothing', 'make the link point at a file, or remove it']
        : code === 'ELOOP'
          ? ['is a symbolic link that leads back to itself', 'make the link point at a file']
          : [whyNot(cause), 'make it readable'];
    return {
      value: undefined,
      diagnostics: [
        error('file-unreadable', `the file ${message}`, { place: { file: shown }, hint }),
      ],
    };
  }
  const text = decodeUtf8(shown, bytes);
  return text.diagnostics.length > 0 ? { value: undefined, diagnostics: text.diagnostics } : text;
}
