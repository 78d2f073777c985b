import { addTo } from '#core/data/groups.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import type { ContextKey, ImageName, Reference, Repository } from '#core/reference/brands.js';
import {
  canonicalRepository,
  contextKey,
  type ImageReference,
  parseReference,
} from '#core/reference/reference.js';
import { joinNames, type RegistryNames } from '#core/reference/registryNames.js';
import type { BrokenImage } from '../definitions/broken.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { RenderedImage } from '../render/rendered.js';
import { entryIn } from '../workspace/inLanguage.js';
import type { Tree } from '../workspace/tree.js';

/** An image of the trees, sound or broken, as references find it. */
export interface KnownImage {
  readonly tree: Tree;
  readonly name: ImageName;
  readonly repository: Repository;
  /** Both absent where its version cannot be read. */
  readonly version?: string;
  readonly reference?: Reference;
  /** As in the definition. */
  readonly ownVersion?: string;
  readonly extraTags: readonly string[];
  readonly aliases: readonly string[];
  /** What defines it, for messages: its directory, or a stage's Dockerfile. */
  readonly shown: string;
  /** Where its name is written. */
  readonly place: Place;
  /** As in the definition. */
  readonly namedAt?: Place;
  readonly namedByPath?: true;
  /** Absent where it has no Dockerfile. */
  readonly rendered?: RenderedImage;
  /** Present where it is broken already. */
  readonly broken?: BrokenImage;
}

/** What a reference in a Dockerfile means, given the images of the trees. */
export type Meaning =
  /** The image of a tree, at the version that the tree has. */
  | { readonly kind: 'image'; readonly image: KnownImage; readonly key: ContextKey }
  /** An image of a tree, but at another version. */
  | { readonly kind: 'other-version'; readonly image: KnownImage; readonly key: ContextKey }
  | { readonly kind: 'external'; readonly key: ContextKey }
  /** One sentence's middle: `it is empty`. */
  | { readonly kind: 'illegal'; readonly problem: string };

/** The images of all trees by the one name that Docker gives a repository. */
export class Catalogue {
  /** Errors that several images share: names and aliases of two. Each breaks the image. */
  readonly faults = new Map<KnownImage, Diagnostic[]>();
  /** Several only where each of them is broken for it. */
  readonly #byRepository = new Map<string, KnownImage[]>();
  readonly #byName = new Map<string, KnownImage[]>();
  /** By context key, with the canonical name of the registry. */
  readonly #byAlias = new Map<string, KnownImage>();
  /** By the path without a registry, as Dockerfiles write it: `company/base`. */
  readonly #byPath = new Map<string, KnownImage[]>();
  /** Many images write the same references. */
  readonly #meanings = new Map<string, Meaning>();
  /** The same of plain Dockerfiles, by tree. */
  readonly #plainMeanings = new Map<Tree, Map<string, Meaning>>();

  readonly images: readonly KnownImage[];
  /** Of the registries of all trees. */
  readonly names: RegistryNames;

  constructor(images: readonly KnownImage[]) {
    this.images = images;
    const trees = new Set(images.map(({ tree }) => tree));
    this.names = joinNames([...trees].map(({ config }) => config.registryNames));
    for (const image of images) {
      const { name, repository, reference } = image;
      const parsed = parseReference(reference ?? repository);
      const isLegal = parsed.kind === 'reference';
      // An invalid reference is reported where it is read. One image a repository: so no extra tag
      // of one image is another image's.
      const canonical = isLegal ? this.#repositoryOf(parsed) : repository;
      const [first] = this.#byRepository.get(canonical) ?? [];
      addTo(this.#byRepository, canonical, image);
      addTo(this.#byName, name, image);
      addTo(this.#byPath, pathOf(image), image);
      if (first !== undefined) {
        const fault = duplicate(first, image);
        addTo(this.faults, first, fault);
        addTo(this.faults, image, fault);
      } else if (isLegal && reference !== undefined) {
        // Most references are written as they are defined: this saves reading them again.
        this.#meanings.set(reference, { kind: 'image', image, key: contextKey(parsed) });
      }
    }
    for (const image of images) {
      for (const alias of image.aliases) {
        this.#addAlias(alias, image);
      }
    }
  }

  /**
   * What `written` means, in the Dockerfile of `by`: untagged and `:latest` are the tree's own version
   * of an image. A plain Dockerfile may leave the registry out (`company/base`). A name of one component
   * (`redis`) is Docker Hub's, unless it is an alias, or a file of the tree gives an image this very name: a
   * directory that happens to be called so does not.
   */
  meaning(written: string, by?: KnownImage): Meaning {
    if (by === undefined || !isPlain(by)) {
      return this.#findTemplates(written);
    }
    let meanings = this.#plainMeanings.get(by.tree);
    if (meanings === undefined) {
      meanings = new Map();
      this.#plainMeanings.set(by.tree, meanings);
    }
    const known = meanings.get(written);
    if (known !== undefined) {
      return known;
    }
    const meaning = this.#findPlain(written, by.tree);
    meanings.set(written, meaning);
    return meaning;
  }

  #meaning(written: string): Meaning {
    const known = this.#meanings.get(written);
    if (known !== undefined) {
      return known;
    }
    const meaning = this.#find(written);
    this.#meanings.set(written, meaning);
    return meaning;
  }

  #find(written: string): Meaning {
    const reference = parseReference(written);
    if (reference.kind === 'problem') {
      return { kind: 'illegal', problem: reference.message };
    }
    const key = contextKey(reference);
    const aliased = this.#byAlias.get(this.names.canonical(key));
    if (aliased !== undefined) {
      return { kind: 'image', image: aliased, key };
    }
    const images = this.#byRepository.get(this.#repositoryOf(reference)) ?? [];
    return versionAmong(images, reference, key);
  }

  /** The one name of a repository, however it and its registry are written. */
  #repositoryOf(reference: ImageReference): string {
    return this.names.canonical(canonicalRepository(reference));
  }

  /** In a template, `image_tag` writes the very version; by hand one writes it without. */
  #findTemplates(written: string): Meaning {
    const meaning = this.#meaning(written);
    if (!isOfPath(meaning) || this.#byAlias.has(this.names.canonical(meaning.key))) {
      return meaning;
    }
    const isVersion = meaning.kind === 'image' && written.endsWith(`:${meaning.image.version}`);
    return isVersion ? meaning : { kind: 'external', key: meaning.key };
  }

  #findPlain(written: string, tree: Tree): Meaning {
    const meaning = this.#meaning(written);
    const reference = parseReference(written);
    if (reference.kind === 'problem' || reference.domain !== 'docker.io') {
      return meaning;
    }
    const key = contextKey(reference);
    if (this.#byAlias.has(this.names.canonical(key))) {
      return meaning;
    }
    if (isHubs(reference)) {
      // With another version, what Docker Hub has is meant, as far as a tree of Dockerfiles can say.
      const isOthers = meaning.kind === 'other-version' && tree.dockerfiles !== undefined;
      return isOthers || isOfPath(meaning) ? { kind: 'external', key } : meaning;
    }
    if (meaning.kind !== 'external') {
      return meaning;
    }
    const same = this.#byPath.get(reference.path) ?? [];
    const own = same.filter((image) => image.tree === tree);
    const meant = own.length > 0 ? own : same;
    const repositories = new Set(meant.map(({ repository }) => repository));
    return repositories.size === 1 ? versionAmong(meant, reference, key) : meaning;
  }

  #addAlias(alias: string, image: KnownImage): void {
    const { place: ofDockerfile, namedAt: place = ofDockerfile } = image;
    const parsed = parseReference(alias);
    if (parsed.kind === 'problem') {
      const message = `the alias ${JSON.stringify(alias)} is not a valid image reference: ${parsed.message}`;
      addTo(this.faults, image, error('bad-reference', message, { place }));
      return;
    }
    const key = this.names.canonical(contextKey(parsed));
    const other = this.#byAlias.get(key);
    const [named] = this.#byRepository.get(this.#repositoryOf(parsed)) ?? [];
    const first = other ?? named ?? image;
    this.#byAlias.set(key, image);
    if (first === image) {
      return;
    }
    const isName = first !== other;
    const message = isName
      ? `the alias ${alias} is the name of another image: ${first.shown}`
      : `the alias ${alias} is used by two images`;
    const fault = error('duplicate-alias', message, {
      place,
      hint: isName
        ? 'remove it, or name the other image differently'
        : 'remove it from one of them',
      related: [{ message: 'the other one is here', place: first.place }],
    });
    addTo(this.faults, image, fault);
    // An image that has the name itself is what it says.
    if (first === other) {
      addTo(this.faults, first, fault);
    }
  }

  /**
   * The images that a name in control can mean: the one of the same tree, else those of the other
   * trees; a name with the namespace or the registry in front means what it says.
   */
  named(name: string, by: KnownImage): readonly KnownImage[] {
    const named = this.#byName.get(name) ?? [];
    const own = named.find(({ tree }) => tree === by.tree);
    if (own !== undefined) {
      return [own];
    }
    if (named.length > 0) {
      return named;
    }
    const { registry } = by.tree.config;
    for (const repository of [name, registry === '' ? '' : `${registry}/${name}`]) {
      const parsed = parseReference(repository);
      // An invalid one is reported where it is read.
      const canonical = parsed.kind === 'reference' ? this.#repositoryOf(parsed) : repository;
      const [image] = this.#byRepository.get(canonical) ?? [];
      if (image !== undefined) {
        return [image];
      }
    }
    return [];
  }
}

/** A rendered image, as references find it. */
export function knownRendered(rendered: RenderedImage): KnownImage {
  return { ...knownDefinition(rendered.definition), rendered };
}

/** A broken image, as references find it; undefined where it has no name. */
export function knownBroken(broken: BrokenImage): KnownImage | undefined {
  const { tree, name, repository, version, reference, shown, place, definition } = broken;
  if (definition !== undefined) {
    return { ...knownDefinition(definition), broken };
  }
  if (name === undefined || repository === undefined) {
    return undefined;
  }
  return {
    tree,
    name,
    repository,
    ...(version === undefined ? {} : { version }),
    ...(reference === undefined ? {} : { reference }),
    extraTags: [],
    aliases: [],
    shown,
    place: place ?? { file: shown },
    broken,
  };
}

/** A definition, as references find it. */
export function knownDefinition(definition: ImageDefinition): KnownImage {
  const { tree, name, repository, version, reference, extraTags, aliases = [] } = definition;
  const { context, definedIn = context, stageFile, dockerfile, place } = definition;
  const { namedAt, namedByPath, ownVersion } = definition;
  return {
    tree,
    name,
    repository,
    version,
    reference,
    extraTags,
    aliases,
    shown: stageFile === undefined ? definedIn : dockerfile.file,
    // The place of a plain image's version may be in the configuration, which all share.
    place: dockerfile.kind === 'template' ? place : { file: dockerfile.file },
    ...(namedAt === undefined ? {} : { namedAt }),
    ...(namedByPath === undefined ? {} : { namedByPath }),
    ...(ownVersion === undefined ? {} : { ownVersion }),
  };
}

/** Whether it is an image whose name of one component is only that of its directory. */
function isOfPath(meaning: Meaning): meaning is Extract<Meaning, { image: KnownImage }> {
  return (
    (meaning.kind === 'image' || meaning.kind === 'other-version') &&
    meaning.image.namedByPath === true &&
    !meaning.image.repository.includes('/')
  );
}

/** Which of the images of one repository is meant. */
function versionAmong(
  images: readonly KnownImage[],
  reference: ImageReference,
  key: ContextKey,
): Meaning {
  const [first] = images;
  if (first === undefined) {
    return { kind: 'external', key };
  }
  const image = images.find((each) => isVersionOf(reference, each));
  return image === undefined
    ? { kind: 'other-version', image: first, key }
    : { kind: 'image', image, key };
}

/** Whether its Dockerfile is used as it is written. */
export function isPlain({ rendered }: KnownImage): boolean {
  return rendered?.definition.dockerfile.kind === 'plain';
}

/** The name with its namespace, as a Dockerfile writes it that leaves the registry out. */
export function pathOf({ tree, repository }: Pick<KnownImage, 'tree' | 'repository'>): string {
  const { registry } = tree.config;
  // The namespace need not be the configuration's: that of plain Dockerfiles is found by convention.
  return registry !== '' && repository.startsWith(`${registry}/`)
    ? repository.slice(registry.length + 1)
    : repository;
}

/** Whether a reference is Docker Hub's own: of one component, as people write it. */
export function isHubs({ domain, path }: ImageReference): boolean {
  return domain === 'docker.io' && path.startsWith('library/');
}

function isVersionOf({ tag, digest }: ImageReference, image: KnownImage): boolean {
  if (digest !== undefined) {
    return false;
  }
  if (tag === undefined || tag === 'latest' || tag === image.version || tag === image.ownVersion) {
    return true;
  }
  return image.extraTags.includes(tag);
}

function duplicate(first: KnownImage, second: KnownImage): Diagnostic {
  const shared =
    second.reference !== undefined && first.reference === second.reference
      ? second.reference
      : second.repository;
  const [one, other] = [first.namedAt, second.namedAt];
  if (one !== undefined && other !== undefined && one.file === other.file) {
    const lines = `lines ${one.line ?? 1} and ${other.line ?? 1}`;
    return error(
      'duplicate-image',
      `two images are both named ${second.repository}: ${lines} of ${one.file}`,
      {
        place: other,
        hint: `write another ${entryIn(one, 'name', '…')} in one of these tables of ${one.file}`,
        related: [{ message: 'the other definition', place: one }],
      },
    );
  }
  const isTemplate = second.rendered?.definition.dockerfile.kind === 'template';
  const ofPlain =
    second.tree.dockerfiles === undefined
      ? 'set name in the image.toml of one of them'
      : `name one of them in generate-bake.toml: [[image]] with path = "${second.shown}" and name = "…"`;
  return error('duplicate-image', `${first.shown} and ${second.shown} are both named ${shared}`, {
    place: second.place,
    hint: isTemplate
      ? 'rename one of them in its changelog, or remove one of the directories'
      : ofPlain,
    related: [{ message: 'the other definition', place: first.place }],
  });
}
