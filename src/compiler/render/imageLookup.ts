import { addTo } from '#core/data/groups.js';
import { joinNames } from '#core/reference/registryNames.js';
import { suggest } from '#core/text/suggest.js';
import type { BrokenImage } from '../definitions/broken.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { Tree } from '../workspace/tree.js';
import type { FoundImage } from './dockerPkgFilters.js';

/** What the filter `image_tag` finds under a name. */
type Lookup = FoundImage & {
  /** The broken image that is meant, as far as it can be known: its own name or version is not. */
  readonly because?: BrokenImage;
};

/** An image as far as a name finds it. */
interface Listed {
  readonly tree: Tree;
  readonly repository: string;
  /** Absent: its version is not known. */
  readonly reference?: string;
  readonly broken?: BrokenImage;
}

/** The images of the directory around the trees that the command line names. */
export type AroundTrees = () => { readonly images: readonly ImageDefinition[] };

export interface ImageLookup {
  /** The full reference, or why there is none. */
  find(tree: Tree, name: string): Lookup;
}

/**
 * The images that templates may name (doc/dev/decisions.md, `image_tag` across trees): the own tree
 * first, then the repository as written under the tree's registry, then a short name that one
 * other tree alone has; the images of the trees beat `base_images`. A single tree behaves as
 * docker-pkg does: every further step only answers where docker-pkg fails. A broken image is found
 * as any other is where its reference is known.
 */
export function imageLookup(
  definitions: readonly ImageDefinition[],
  broken: readonly BrokenImage[] = [],
  around?: AroundTrees,
): ImageLookup {
  const trees = new Set([...definitions, ...broken].map(({ tree }) => tree));
  const names = joinNames([...trees].map(({ config }) => config.registryNames));
  // Repositories are compared by the canonical names of their registries.
  const join = (...parts: readonly string[]): string => names.canonical(joinParts(parts));
  const byRepository = new Map<string, Listed>();
  const byName = new Map<string, Listed[]>();
  const byPerhaps = new Map<string, BrokenImage[]>();
  for (const image of broken) {
    const { tree, name, repository, reference } = image;
    if (name === undefined || repository === undefined) {
      for (const perhaps of image.perhaps) {
        addTo(byPerhaps, perhaps, image);
      }
      continue;
    }
    const known = reference === undefined ? {} : { reference };
    const listed = { tree, repository, ...known, broken: image };
    byRepository.set(names.canonical(repository), listed);
    addTo(byName, name, listed);
  }
  const ambiguous = new Map<string, ImageDefinition>();
  for (const definition of definitions) {
    const repository = names.canonical(definition.repository);
    const other = byRepository.get(repository)?.reference;
    if (other !== undefined && other !== definition.reference) {
      ambiguous.set(repository, definition);
    }
    const twin = byRepository.get(repository)?.broken !== undefined;
    byRepository.set(repository, definition);
    if (!twin) {
      addTo(byName, definition.name, definition);
    }
  }
  const baseImages = new Map<Tree, ReadonlyMap<string, string>>();

  const find = (tree: Tree, name: string): Lookup => {
    const { registry, namespace } = tree.config;
    const own = byRepository.get(join(registry, namespace, name));
    const exact = own ?? byRepository.get(join(registry, name));
    if (exact !== undefined) {
      const one = ambiguous.get(names.canonical(exact.repository));
      return one === undefined ? answer(exact) : ofSeveral(name, one);
    }

    const sameName = byName.get(name) ?? [];
    const [only] = sameName;
    if (sameName.length === 1 && only !== undefined) {
      const one = ambiguous.get(names.canonical(only.repository));
      return one === undefined ? answer(only) : ofSeveral(name, one);
    }
    if (sameName.length > 1) {
      const candidates = sameName.map((candidate) => candidate.repository).join(', ');
      return {
        kind: 'missing',
        reason: `the name "${name}" matches several images: ${candidates}; write the name with its namespace`,
      };
    }

    let bases = baseImages.get(tree);
    if (bases === undefined) {
      bases = new Map(
        tree.config.baseImages.flatMap((base) => {
          const colon = tagColon(base);
          return colon === -1 ? [] : [[names.canonical(base.slice(0, colon)), base]];
        }),
      );
      baseImages.set(tree, bases);
    }
    const base = bases.get(join(registry, namespace, name));
    if (base !== undefined) {
      return { kind: 'found', reference: base };
    }

    const perhaps = byPerhaps.get(name) ?? [];
    const because = perhaps.find((each) => each.tree === tree) ?? perhaps[0];
    if (because !== undefined) {
      const reason = `Image ${name} not found: the name in ${because.shown} is not known`;
      return { kind: 'missing', reason, because };
    }

    const full = joinParts([registry, namespace, name]);
    const outside = around?.().images.find(
      (each) => each.repository === full || each.name === name,
    );
    if (outside !== undefined) {
      const where = outside.definedIn ?? outside.context;
      const reason = `Image ${full} not found: ${where} defines it, which is not in ${tree.shownDirectory}; select images by their names, with --select, instead of the directory`;
      return { kind: 'missing', reason };
    }
    const near = suggest(name, byName.keys());
    const hint = near.length > 0 ? `; did you mean ${near.map((n) => `"${n}"`).join(' or ')}?` : '';
    const reason = `Image ${full} not found, or it has no tag${hint}`;
    return { kind: 'missing', reason };
  };
  return { find };
}

function answer({ repository, reference, broken }: Listed): Lookup {
  if (reference !== undefined) {
    return { kind: 'found', reference };
  }
  const reason = `the version of ${repository} is not known`;
  return { kind: 'missing', reason, ...(broken === undefined ? {} : { because: broken }) };
}

/** docker-pkg takes one of them, now this one and now that one. */
function ofSeveral(name: string, { context, definedIn = context }: ImageDefinition): Lookup {
  const reason = `several directories define ${name}, with different versions: ${definedIn} is one of them`;
  return { kind: 'missing', reason };
}

/** `os.path.join` of the parts that are not empty, as docker-pkg's labels are made. */
function joinParts(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

/** Where the tag of a reference begins, a registry's port not taken for one; -1 without a tag. */
function tagColon(reference: string): number {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') && !reference.includes('@') ? colon : -1;
}
