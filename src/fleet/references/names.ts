import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { pathOf } from '#compiler/resolve/catalogue.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { registryNamesOf } from '#compiler/resolve/registryNames.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { addTo } from '#core/data/groups.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { canonicalHost, dockerHub } from '#core/reference/hosts.js';
import { canonicalRepository, parseReference } from '#core/reference/reference.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { Mention } from '#formats/references/mentions.js';

/** An image of the trees as other people's files refer to it, sound or broken. */
export interface TreeImage {
  readonly tree: Tree;
  readonly repository: Repository;
  /** Both absent where its version cannot be read. */
  readonly version?: string;
  readonly reference?: Reference;
  /** Absent where it is broken and its files could not be read. */
  readonly definition?: ImageDefinition;
  /** The directory that defines it: absolute, and as a person would write it. */
  readonly directory: string;
  readonly shown: string;
}

/** What a mention is about, and how much of the name says so. */
export type Meant =
  /** The registry is written, or a template has its place: then no other image can be meant. */
  | { readonly kind: 'image'; readonly by: 'registry' | 'template'; readonly images: Images }
  /** Only the name without the registry: another registry may have an image of that name. */
  | { readonly kind: 'image'; readonly by: 'path'; readonly images: Images }
  /** Not even the namespace is written, so that several may be meant. */
  | { readonly kind: 'image'; readonly by: 'name'; readonly images: Images }
  /** The registry is one of the trees', and no tree defines the image. */
  | { readonly kind: 'undefined'; readonly repository: string }
  /** Another registry, of which nobody says that it is the same, has an image of this name. */
  | { readonly kind: 'elsewhere'; readonly host: string; readonly images: Images };

type Images = readonly [TreeImage, ...TreeImage[]];

/** The images of the trees by all that may be written for them. */
export class TreeNames {
  readonly images: readonly TreeImage[];
  readonly #names: RegistryNames;
  readonly #byRepository = new Map<string, TreeImage[]>();
  /** Without the registry: `istio/pilot`. */
  readonly #byPath = new Map<string, TreeImage[]>();
  /** Without the namespace too, where there is one. */
  readonly #byName = new Map<string, TreeImage[]>();
  readonly #lastParts = new Set<string>();
  /** What they end with: 1. */
  readonly #endings = new Uint8Array(1 << 14);
  /** All parts of names, those of namespaces too. */
  readonly #words = new Set<string>();
  /** The registries under every name, in lower case. */
  readonly #hosts: readonly string[];
  /** The registries of the trees, each with a slash behind it. */
  readonly #registries = new Set<string>();

  constructor(graph: Graph) {
    this.images = imagesOf(graph);
    this.#names = registryNamesOf(graph);
    const hosts = new Set<string>();
    for (const image of this.images) {
      const path = pathOf(image);
      const name = path.slice(path.lastIndexOf('/') + 1);
      addTo(this.#byRepository, this.canonical(image.repository), image);
      addTo(this.#byPath, path, image);
      if (name !== path) {
        addTo(this.#byName, name, image);
      }
      this.#lastParts.add(name);
      this.#endings[endingAt(`/${name}`, name.length + 1)] = 1;
      for (const part of path.split('/')) {
        this.#words.add(part);
      }
      const { registry } = image.tree.config;
      if (registry !== '' && canonicalHost(registry) !== dockerHub) {
        this.#registries.add(`${this.#names.canonical(registry.toLowerCase())}/`);
        for (const spelling of this.#names.all(registry)) {
          hosts.add(spelling.toLowerCase());
        }
      }
    }
    this.#hosts = [...hosts];
  }

  /**
   * Whether a word may be about one of the images, their registries or namespaces: a quick look, since few words
   * of a file are.
   */
  mayName(word: string): boolean {
    let end = word.length;
    // The punctuation of a sentence.
    while (end > 0 && './:-'.includes(word.charAt(end - 1))) {
      end--;
    }
    const slash = word.lastIndexOf('/', end - 1);
    for (let from = slash + 1; from < end; ) {
      let to = from;
      while (to < end && word[to] !== ':' && word[to] !== '@') {
        to++;
      }
      if (this.#words.has(word.slice(from, to))) {
        return true;
      }
      from = to + 1;
    }
    if (slash <= 0) {
      return false;
    }
    const first = word.slice(0, slash).toLowerCase();
    return this.#hosts.some((host) => first.includes(host));
  }

  /**
   * Whether a part of a text, which has no space in it, is an image's name or ends with one. Millions of words are
   * asked about: hardly any ends as a name does.
   */
  endsWithName(text: string, start: number, end: number): boolean {
    if (end - start > 1 && this.#endings[endingAt(text, end)] !== 1) {
      return false;
    }
    const word = text.slice(start, end);
    const slash = word.lastIndexOf('/');
    return this.#lastParts.has(slash === -1 ? word : word.slice(slash + 1));
  }

  /** The one spelling of a repository, whatever name of its registry is written. */
  canonical(repository: string): string {
    const parsed = parseReference(repository);
    return parsed.kind === 'problem' || parsed.domain === ''
      ? repository
      : this.#names.canonical(
          canonicalRepository({ ...parsed, domain: canonicalHost(parsed.domain) }),
        );
  }

  /** The images of a namespace, whatever registry it is in: `istio`. */
  within(namespace: string): readonly TreeImage[] {
    const prefix = `${namespace}/`;
    return [...this.#byPath].flatMap(([path, images]) => (path.startsWith(prefix) ? images : []));
  }

  /** Undefined where it is about no image of the trees. */
  meant({ host, path }: Pick<Mention, 'host' | 'path'>): Meant | undefined {
    if (typeof host === 'string') {
      return this.#under(host, path);
    }
    const [first, ...more] = this.#byPath.get(path) ?? [];
    if (host !== undefined) {
      const images = first === undefined ? this.#byName.get(path) : [first, ...more];
      return imageBy(first === undefined ? 'name' : 'template', images);
    }
    return (
      imageBy('registry', this.#byRepository.get(this.canonical(path))) ??
      (first === undefined
        ? imageBy('name', this.#byName.get(path))
        : imageBy('path', [first, ...more]))
    );
  }

  #under(host: string, path: string): Meant | undefined {
    const repository = this.canonical(`${host}/${path}`);
    const exact = imageBy('registry', this.#byRepository.get(repository));
    if (exact !== undefined) {
      return exact;
    }
    for (const registry of this.#registries) {
      if (repository.startsWith(registry)) {
        return { kind: 'undefined', repository };
      }
    }
    const [first, ...more] = this.#byPath.get(path) ?? [];
    return first && { kind: 'elsewhere', host: host.toLowerCase(), images: [first, ...more] };
  }
}

/** The two characters before an offset, as a number of 14 bits. */
function endingAt(text: string, end: number): number {
  return ((text.charCodeAt(end - 2) & 127) << 7) | (text.charCodeAt(end - 1) & 127);
}

function imageBy(
  by: 'registry' | 'template' | 'path' | 'name',
  found: readonly TreeImage[] | undefined,
): Meant | undefined {
  const [first, ...more] = found ?? [];
  return first && { kind: 'image', by, images: [first, ...more] };
}

function imagesOf({ images, broken }: Graph): readonly TreeImage[] {
  const sound = images.map(({ reference, rendered: { definition } }): TreeImage => {
    const { tree, repository, version } = definition;
    const {
      context,
      definedIn: shown = context,
      home: directory = definition.directory,
    } = definition;
    return { tree, repository, version, reference, definition, directory, shown };
  });
  const others = broken.flatMap(({ image }): TreeImage[] => {
    const { tree, repository, version, reference, definition, directory, shown } = image;
    return repository === undefined
      ? []
      : [
          {
            tree,
            repository,
            directory,
            shown,
            ...(version === undefined ? {} : { version }),
            ...(reference === undefined ? {} : { reference }),
            ...(definition === undefined ? {} : { definition }),
          },
        ];
  });
  // Several broken definitions may have one name.
  const known = new Set<string>(sound.map(({ repository }) => repository));
  return [
    ...sound,
    ...others.filter(({ repository }) => !known.has(repository) && known.add(repository)),
  ];
}
