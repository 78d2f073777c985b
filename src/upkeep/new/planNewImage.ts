import { basename, join, relative } from 'node:path';
import type { BrokenImage } from '#compiler/definitions/broken.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { conventionalName } from '#compiler/definitions/dockerfiles/names.js';
import { imageLookup } from '#compiler/render/imageLookup.js';
import { pathOf } from '#compiler/resolve/catalogue.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { packageRoot } from '#core/files/packageRoot.js';
import { readText } from '#core/files/readBytes.js';
import { didYouMean } from '#core/text/suggest.js';
import { renderString } from '#jinja/index.js';
import { changelogDate, type Moment } from '../versioning/clock.js';

/** A directory with the files of a new image, to be made. */
export interface NewImage {
  /** Absolute, and as a person would write it. */
  readonly directory: string;
  readonly shownDirectory: string;
  readonly files: readonly NewFile[];
  /** Whether the directory may be there already, without these files; absent: it must not. */
  readonly isAdded?: boolean;
}

interface NewFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

export interface NewImageOptions {
  /** Images that are broken: their names are taken, and one may be built on them. Absent: none. */
  readonly broken?: readonly BrokenImage[];
  /** A directory in one of the trees to make it in; absent: the tree's own. */
  readonly inside?: { readonly directory: string; readonly shownDirectory: string };
  /** What it is built on: an image of the trees, a base image, or any reference. */
  readonly from?: string;
  readonly moment: Moment;
  /** `Name <address>`. */
  readonly authorOf: (tree: Tree) => string;
}

/** The templates of a new image's files, shipped with the program. */
const templateDirectory = join(packageRoot(), 'templates', 'new');
const fileKinds = [
  { name: 'Dockerfile.template', mode: 0o644 },
  { name: 'changelog', mode: 0o644 },
  { name: 'control', mode: 0o644 },
  { name: 'test.sh', mode: 0o755 },
] as const;

const firstVersion = '0.0.1';

/** What both a changelog's heading and a repository's name take. */
const legalName = /^[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*$/;
/** The path of a plain image's directory, as it is in the image's name. */
const legalPath = /^[a-z0-9]+(?:(?:[./_]|__|-+)[a-z0-9]+)*$/;

function hintForName(name: string, isPlain: boolean): string {
  const rule = isPlain
    ? 'take a path of lower-case letters and digits, with single ".", "_" or "-" between them'
    : 'take lower-case letters and digits, with single "." or "-" between them';
  const near = name
    .toLowerCase()
    .replace(isPlain ? /[^a-z0-9./_-]+/g : /[^a-z0-9.-]+/g, '-')
    .replace(/[./_-]{2,}/g, (run) => (run.includes('/') ? '/' : '-'))
    .replace(/^[./_-]+|[./_-]+$/g, '');
  return near === '' ? rule : `${rule}: generate-bake new ${near}`;
}

/**
 * The files of a new image `name` (or `tree/name`, where there are several trees): it builds as it
 * is. In a tree of plain Dockerfiles that is a Dockerfile alone, and the name is the path of its directory.
 * The value is undefined, with an error, where the name or what it is built on cannot be.
 */
export function planNewImage(
  trees: readonly Tree[],
  definitions: readonly ImageDefinition[],
  written: string,
  options: NewImageOptions,
): Outcome<NewImage | undefined> {
  const refuse = (problem: Diagnostic) => ({ value: undefined, diagnostics: [problem] });
  const [tree, name] = treeAndName(trees, definitions, written);
  const isPlain = tree?.dockerfiles !== undefined;
  if (!(isPlain ? legalPath : legalName).test(name)) {
    const hint = hintForName(name, isPlain);
    return refuse(error('new-name', `"${name}" cannot be an image's name`, { hint }));
  }
  if (tree === undefined) {
    const choices = trees.map((each) => `"${each.name}/${name}"`).join(', ');
    const hint = `write one of ${choices}`;
    return refuse(error('new-tree', `"${written}" does not say in which tree`, { hint }));
  }
  if (tree.dockerfiles?.blubber !== undefined) {
    const message = `the tree ${tree.name} has Blubber files, which "new" does not write`;
    const hint = 'write .pipeline/blubber.yaml in a directory of its own below the tree';
    return refuse(error('new-tree', message, { hint }));
  }
  const { broken = [] } = options;
  const { directory, shownDirectory } = options.inside ?? tree;
  const where = {
    directory: join(directory, name),
    shownDirectory: join(shownDirectory, name),
  };
  const wholeName = isPlain
    ? conventionalName(
        relative(tree.directory, where.directory),
        { kind: 'own' },
        basename(tree.directory),
      )
    : name;
  const same = [...definitions, ...broken].find(
    (each) => each.tree === tree && each.name === wholeName,
  );
  if (same !== undefined) {
    const { place } = same;
    const hint = 'take another name; generate-bake list shows those that are taken';
    const rest = { ...(place === undefined ? {} : { place }), hint };
    return refuse(error('new-name', `the tree has an image "${wholeName}" already`, rest));
  }
  const parent = findParent(definitions, broken, tree, written, options.from);
  if (parent.kind === 'none') {
    return refuse(parent.problem);
  }
  if (tree.dockerfiles !== undefined) {
    const from = parent.image === undefined ? parent.from : plainName(parent.image);
    if (from === undefined) {
      const message = `${parent.shown} cannot be named in a Dockerfile: a name of one component is Docker Hub's`;
      const hint = `write namespace = "company" in generate-bake.toml (generate-bake init makes it), then: generate-bake new ${written} --from company/${parent.shown}`;
      return refuse(error('new-parent', message, { hint }));
    }
    const text = `FROM ${from}\n\n# What ${name} adds: RUN, COPY, CMD.\n`;
    const files = [{ name: 'Dockerfile', text, mode: 0o644 }];
    return { value: { ...where, files, isAdded: true }, diagnostics: [] };
  }

  const variables = {
    name,
    version: firstVersion,
    distribution: tree.config.distribution,
    author: options.authorOf(tree),
    date: changelogDate(options.moment),
    from: parent.from,
    parent: parent.shown,
    depends: parent.depends,
  };
  const files: NewFile[] = [];
  for (const file of fileKinds) {
    const text = readText(join(templateDirectory, file.name));
    const rendered = renderString(text, variables, { name: `templates/new/${file.name}` });
    if (!rendered.ok) {
      throw new Error(`templates/new/${file.name}: ${rendered.error.message}`);
    }
    files.push({ ...file, text: `${rendered.output}\n` });
  }
  return { value: { ...where, files }, diagnostics: [] };
}

/** The tree is undefined where several come into question. */
function treeAndName(
  trees: readonly Tree[],
  definitions: readonly ImageDefinition[],
  written: string,
): [Tree | undefined, string] {
  const [only, second] = trees;
  const prefixed =
    second === undefined && only?.dockerfiles !== undefined
      ? undefined
      : trees
          .filter((tree) => written.startsWith(`${tree.name}/`))
          .sort((a, b) => b.name.length - a.name.length)[0];
  if (prefixed !== undefined) {
    return [prefixed, written.slice(prefixed.name.length + 1)];
  }
  const plain = trees.filter(({ dockerfiles }) => dockerfiles !== undefined);
  // Only the name of a plain image has several parts.
  const tree =
    second === undefined
      ? only
      : written.includes('/') && plain.length === 1
        ? plain[0]
        : undefined;
  if (tree?.dockerfiles === undefined) {
    return [tree, written];
  }
  // As `list` shows the others: with what is before their names.
  const before = definitions.find((each) => each.tree === tree && pathOf(each) !== each.name);
  const prefix = before === undefined ? '' : pathOf(before).slice(0, -before.name.length);
  return [tree, written.startsWith(prefix) ? written.slice(prefix.length) : written];
}

type Parent =
  | {
      readonly kind: 'parent';
      /** What stands after FROM in the template. */
      readonly from: string;
      readonly shown: string;
      /** For Build-Depends; empty where it is not an image of the trees. */
      readonly depends: string;
      /** The image of the trees that it is. */
      readonly image?: ImageDefinition | BrokenImage;
    }
  | { readonly kind: 'none'; readonly problem: Diagnostic };

function findParent(
  definitions: readonly ImageDefinition[],
  broken: readonly BrokenImage[],
  tree: Tree,
  image: string,
  wanted: string | undefined,
): Parent {
  const { registry, baseImages } = tree.config;
  const written = wanted ?? baseImages[0];
  if (written === undefined) {
    const hint = `say with --from what it is built on: generate-bake new ${image} --from debian:trixie`;
    const message =
      tree.dockerfiles === undefined
        ? 'the configuration has no base_images to build it on'
        : 'what is the new image built on?';
    return none(message, hint);
  }
  const found = imageLookup(definitions, broken).find(tree, written);
  if (found.kind === 'found') {
    const own = [...definitions, ...broken].find((each) => each.reference === found.reference);
    const depends = own?.name ?? '';
    const image = own === undefined ? {} : { image: own };
    return {
      kind: 'parent',
      from: `{{ "${written}" | image_tag }}`,
      shown: written,
      depends,
      ...image,
    };
  }
  if (definitions.filter((each) => each.name === written).length > 1) {
    const [first] = definitions.filter((each) => each.name === written);
    const hint = `write the name with its namespace before it: --from ${first === undefined ? written : pathOf(first)}`;
    return none(found.reason, hint);
  }
  // A base image by its last word, as `bookworm` for registry.example.org/bookworm:latest.
  const base = baseImages.find(
    (each) => each.replace(/^.*\//, '').replace(/[:@].*$/, '') === written,
  );
  const reference = base ?? written;
  if (base === undefined && wanted !== undefined && !/[/:@]|^scratch$/.test(wanted)) {
    const names = new Set([...definitions.map((each) => each.name), ...baseImages]);
    const hint =
      didYouMean(wanted, names) ??
      `write a whole reference for an image outside the trees: --from ${wanted}:latest`;
    return none(`no image "${wanted}" to build on`, hint);
  }
  if (/[\s{}"]/.test(reference)) {
    return none(
      `"${reference}" is not a valid image reference`,
      'write registry/name:tag, as in --from debian:trixie',
    );
  }
  const inRegistry = registry !== '' && reference.startsWith(`${registry}/`);
  const from = inRegistry ? `{{ registry }}${reference.slice(registry.length)}` : reference;
  return { kind: 'parent', from, shown: reference, depends: '' };
}

/** How a Dockerfile names an image of the trees so that it is linked; undefined where it cannot. */
function plainName(image: ImageDefinition | BrokenImage): string | undefined {
  const { tree, repository } = image;
  const [alias] = 'aliases' in image ? (image.aliases ?? []) : [];
  if (repository === undefined) {
    return alias;
  }
  const path = pathOf({ tree, repository });
  return path.includes('/')
    ? path
    : (alias ?? (tree.config.registry === '' ? undefined : repository));
}

function none(message: string, hint: string): Parent {
  return { kind: 'none', problem: error('new-parent', message, { hint }) };
}
