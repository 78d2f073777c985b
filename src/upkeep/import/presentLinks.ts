import { basename, dirname, relative, resolve } from 'node:path';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { conventionalName, roleOf } from '#compiler/definitions/dockerfiles/names.js';
import {
  Catalogue,
  type KnownImage,
  knownBroken,
  knownRendered,
} from '#compiler/resolve/catalogue.js';
import { conventionalRoot } from '#compiler/workspace/conventional.js';
import { openDirectory, openWorkspace } from '#compiler/workspace/open.js';
import type { OpenInput, Workspace } from '#compiler/workspace/workspace.js';
import { hasErrors } from '#core/diagnostics/diagnostic.js';
import { shownPath } from '#core/files/paths.js';
import { type Followed, follow } from '#formats/dockerfile/follow.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import { compileAll } from '../compileAll.js';

/** An image of a plain Dockerfile, as it is before an import writes its file. Paths are relative to that file. */
export interface PresentImage {
  readonly dockerfile: string;
  readonly context: string;
  /** The name by convention, once the new file is there. */
  readonly name: string;
  /** What is before the name in references; empty: nothing. */
  readonly prefix: string;
}

/** How an image of the repository is named in a Dockerfile. */
interface PresentLink {
  /** The reference, its arguments expanded. */
  readonly written: string;
  readonly parent: PresentImage;
}

/** How a Dockerfile is built. */
interface Building {
  readonly args?: ReadonlyMap<string, string>;
  readonly stage?: string;
}

/** The links that a Dockerfile (its text) makes to images of the repository. */
export type FindLinks = (text: string, building: Building) => readonly PresentLink[];

/**
 * How plain Dockerfiles are linked before an import writes its file in `root` (absolute): as the
 * workspace that is there says, and where that says nothing, by convention.
 */
export function presentLinks(input: OpenInput, root: string): FindLinks {
  const catalogues = workspacesAt({ ...input, cwd: root }).map((workspace) =>
    catalogueOf(workspace),
  );
  const find = (written: string): KnownImage | undefined => {
    for (const catalogue of catalogues) {
      const by = catalogue.images.find(({ rendered }) => rendered !== undefined);
      const meaning = by && catalogue.meaning(written, by);
      if (meaning?.kind === 'image') {
        return meaning.image;
      }
    }
    return undefined;
  };
  return (text, building) =>
    followed(text, building, find, new Set()).images.flatMap(({ image, reached }) => {
      const parent = reached ? definitionOf(find(image)) : undefined;
      return parent === undefined ? [] : [{ written: image, parent: presentOf(parent, root) }];
    });
}

/** With what ONBUILD of parents asks for; `above` are the parents on the way, which may be a circle. */
function followed(
  text: string,
  { args, stage }: Building,
  find: (written: string) => KnownImage | undefined,
  above: ReadonlySet<KnownImage>,
): Followed {
  return follow(readDockerfile(text), {
    ...(args === undefined ? {} : { args }),
    ...(stage === undefined ? {} : { stage }),
    triggersOf: (written) => {
      const parent = find(written);
      const definition = definitionOf(parent);
      if (parent === undefined || definition === undefined || above.has(parent)) {
        return [];
      }
      const { dockerfile, ...building } = definition;
      return followed(dockerfile.text, building, find, new Set([...above, parent])).triggers;
    },
  });
}

function workspacesAt(input: OpenInput): readonly Workspace[] {
  const { cwd } = input;
  const opened = openWorkspace(input);
  const { directory } = conventionalRoot(cwd, input.uid);
  const root = { directory, shown: shownPath(cwd, directory) };
  const conventional = openDirectory(input, directory, root).value;
  return hasErrors(opened.diagnostics) ? [conventional] : [opened.value, conventional];
}

function catalogueOf(workspace: Workspace): Catalogue {
  const { graph } = compileAll(workspace);
  return new Catalogue(
    [
      ...graph.images.map(({ rendered }) => knownRendered(rendered)),
      ...graph.broken.flatMap(({ image }) => knownBroken(image) ?? []),
    ].filter((image) => definitionOf(image)?.dockerfile.kind === 'plain'),
  );
}

function definitionOf(image: KnownImage | undefined): ImageDefinition | undefined {
  return image?.rendered?.definition ?? image?.broken?.definition;
}

function presentOf(definition: ImageDefinition, root: string): PresentImage {
  const { name, repository, directory } = definition;
  const dockerfile = relative(root, resolve(root, definition.dockerfile.file));
  const isBelow = !dockerfile.startsWith('../');
  const path = dirname(dockerfile);
  const role = roleOf(basename(dockerfile)) ?? { kind: 'own' };
  return {
    dockerfile,
    context: relative(root, directory) || '.',
    name: isBelow ? conventionalName(path === '.' ? '' : path, role, basename(root)) : name,
    prefix: repository.slice(0, Math.max(0, repository.length - name.length - 1)),
  };
}
