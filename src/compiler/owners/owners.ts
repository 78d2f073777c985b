import { existsSync, realpathSync } from 'node:fs';
import { basename, isAbsolute, join, posix, relative } from 'node:path';
import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import {
  type Codeowners,
  longestCodeowners,
  readCodeowners,
} from '#formats/codeowners/codeowners.js';
import { readDockerfile } from '#formats/dockerfile/read.js';
import type { BrokenImage } from '../definitions/broken.js';
import type { ImageDefinition } from '../definitions/definition.js';
import { readText } from '../definitions/readText.js';
import type { Tree } from '../workspace/tree.js';

/** Who answers for an image. */
export interface Owner {
  /** As it is shown: `Ann Lee <ann@example.org>`, `@org/team, @org/other`. */
  readonly text: string;
  /** Each owner by itself. */
  readonly names: readonly string[];
  /** What says so: `owner` of its settings, Maintainer of its control, a label, or CODEOWNERS. */
  readonly from: 'settings' | 'control' | 'label' | 'codeowners';
}

/** Finds owners: each CODEOWNERS file is read once, and not before it is asked for. */
export interface Owners {
  /** By what is nearest to the image: its own files, then CODEOWNERS; undefined: nobody is named. */
  of(image: ImageDefinition | BrokenImage): Owner | undefined;
  /** What is wrong with the CODEOWNERS files that were read since this was last asked. */
  takeWarnings(): readonly Diagnostic[];
}

/** In the order in which GitHub looks, and then GitLab's own. */
const places = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'];

const labels = ['org.opencontainers.image.authors', 'maintainer'];

interface Repository {
  /** Absolute, links resolved: of the work tree. */
  readonly root: string;
  readonly owners: Codeowners;
}

/** Of a tree: what its CODEOWNERS says, and the tree's directory without links. */
type TreeOwners = (Repository & { readonly directory: string }) | undefined;

export function findOwners(): Owners {
  const trees = new Map<Tree, TreeOwners>();
  const repositories = new Map<string, Repository | undefined>();
  let warnings: Diagnostic[] = [];
  const ofTree = (tree: Tree): TreeOwners => {
    const directory = realPath(tree.directory);
    const root = directory === undefined ? undefined : tree.boundary.workTree();
    if (directory === undefined || root === undefined) {
      return undefined;
    }
    let repository = repositories.get(root);
    if (!repositories.has(root)) {
      const read = readRepository(root, tree);
      repository = read.value;
      warnings.push(...read.diagnostics);
      repositories.set(root, repository);
    }
    return repository && { ...repository, directory };
  };
  return {
    of(image) {
      const own = ownerInFiles(image);
      if (own !== undefined) {
        return own;
      }
      const { tree } = image;
      if (!trees.has(tree)) {
        trees.set(tree, ofTree(tree));
      }
      const found = trees.get(tree);
      const path = found && relative(found.root, join(found.directory, pathInTree(image)));
      const names = path === undefined ? [] : (found?.owners.of(path) ?? []);
      return names.length === 0 ? undefined : { text: names.join(', '), names, from: 'codeowners' };
    },
    takeWarnings() {
      const taken = warnings;
      warnings = [];
      return taken;
    },
  };
}

/** What the image's own files say; a broken one may have no definition, and still a control. */
function ownerInFiles(image: ImageDefinition | BrokenImage): Owner | undefined {
  const known: Partial<ImageDefinition> = 'dockerfile' in image ? image : (image.definition ?? {});
  const owner = image.owner ?? known.owner;
  if (owner !== undefined) {
    return { text: owner, names: namesIn(owner), from: 'settings' };
  }
  const maintainer = image.maintainer ?? known.maintainer;
  if (maintainer !== undefined) {
    return { text: maintainer, names: namesIn(maintainer), from: 'control' };
  }
  for (const label of labels) {
    const text = known.labels?.get(label)?.trim();
    if (text !== undefined && text !== '') {
      return { text, names: namesIn(text), from: 'label' };
    }
  }
  const isPlain = known.dockerfile?.kind === 'plain' && known.dockerfile.blubber === undefined;
  const text = isPlain ? labelInDockerfile(known) : undefined;
  return text === undefined ? undefined : { text, names: namesIn(text), from: 'label' };
}

/** What the LABELs of a Dockerfile give its image: of its final stage, or of the stages that this starts from. */
function labelInDockerfile({
  dockerfile,
  stage: target,
}: Partial<Pick<ImageDefinition, 'dockerfile' | 'stage'>>): string | undefined {
  const { stages } = readDockerfile(dockerfile?.text ?? '');
  const named = target?.toLowerCase();
  let at =
    named === undefined
      ? stages.length - 1
      : stages.findLastIndex(({ name }, index) => name === named || String(index) === named);
  for (let stage = stages[at]; stage !== undefined; stage = stages[at]) {
    for (const label of labels) {
      const text = stage.labelValues?.get(label)?.trim();
      if (text !== undefined && text !== '') {
        return text;
      }
      if (stage.labels?.includes(label) === true) {
        return undefined; // A variable is in it, or it is emptied.
      }
    }
    const base = stage.base.text.toLowerCase();
    at = stages.slice(0, at).findLastIndex(({ name }) => name === base);
  }
  return undefined;
}

/** `Ann <ann@example.org>, Bob <bob@example.org>` are two. */
function namesIn(text: string): readonly string[] {
  return text
    .split(/(?<=>)\s*,\s*|,\s*(?=@)/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/**
 * The file whose owners are those of the image, relative to its tree: its Dockerfile, which is what a
 * pattern for the image's directory and one for its files both match.
 */
function pathInTree(image: ImageDefinition | BrokenImage): string {
  const { tree } = image;
  const definition = 'dockerfile' in image ? image : image.definition;
  if (definition !== undefined) {
    return relative(tree.shownDirectory, definition.dockerfile.file);
  }
  const broken = image as BrokenImage;
  const file = broken.stageFile === undefined ? undefined : basename(broken.stageFile);
  const template = file ?? 'Dockerfile.template';
  return relative(tree.directory, broken.stageFile ?? join(broken.directory, template));
}

function readRepository(
  root: string,
  { boundary, directory, shownDirectory }: Tree,
): { value: Repository | undefined; diagnostics: readonly Diagnostic[] } {
  const place = places.find((one) => existsSync(join(root, one)));
  if (place === undefined) {
    return { value: undefined, diagnostics: [] };
  }
  const file = join(root, place);
  const shown = shownPath(file, directory, shownDirectory);
  const text = readText(file, shown, { own: root, boundary }, undefined, longestCodeowners);
  if (text.value === undefined) {
    // Nothing is built from it.
    const diagnostics = text.diagnostics.map((each) => ({ ...each, severity: 'warning' as const }));
    return { value: undefined, diagnostics };
  }
  const { value: owners, diagnostics } = readCodeowners(text.value, shown);
  return { value: { root, owners }, diagnostics };
}

/** As a person would open it from where the tree is shown from. */
function shownPath(file: string, directory: string, shownDirectory: string): string {
  const isPlain = realPath(directory) === directory && !isAbsolute(shownDirectory);
  return isPlain ? posix.normalize(join(shownDirectory, relative(directory, file))) : file;
}

/** Undefined where it is not there any more. */
function realPath(directory: string): string | undefined {
  try {
    return realpathSync(directory);
  } catch {
    return undefined;
  }
}
