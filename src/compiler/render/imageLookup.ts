import { addTo } from '#core/data/groups.js';
import { suggest } from '#core/text/suggest.js';
import type { ImageDefinition } from '../definitions/definition.js';
import type { Tree } from '../workspace/tree.js';
import type { FoundImage } from './dockerPkgFilters.js';

/** What the filter `image_tag` finds under a name. */
type Lookup = FoundImage & {
  /** Whether the trees have names that it may be a slip of. */
  readonly isSlip?: boolean;
};

export interface ImageLookup {
  /** The full reference, or why there is none. */
  find(tree: Tree, name: string): Lookup;
}

/**
 * The images that templates may name (doc/dev/decisions.md, `image_tag` across trees): the own tree
 * first, then the repository as written under the tree's registry, then a short name that one
 * other tree alone has; the images of the trees beat `base_images`. A single tree behaves as
 * docker-pkg does: every further step only answers where docker-pkg fails.
 */
export function imageLookup(definitions: readonly ImageDefinition[]): ImageLookup {
  const byRepository = new Map<string, ImageDefinition>();
  const byName = new Map<string, ImageDefinition[]>();
  for (const definition of definitions) {
    byRepository.set(definition.repository, definition);
    addTo(byName, definition.name, definition);
  }
  const baseImages = new Map<Tree, ReadonlyMap<string, string>>();

  const find = (tree: Tree, name: string): Lookup => {
    const { registry, namespace } = tree.config;
    const own = byRepository.get(join(registry, namespace, name));
    const exact = own ?? byRepository.get(join(registry, name));
    if (exact !== undefined) {
      return { kind: 'found', reference: exact.reference };
    }

    const sameName = byName.get(name) ?? [];
    const [only] = sameName;
    if (sameName.length === 1 && only !== undefined) {
      return { kind: 'found', reference: only.reference };
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
          return colon === -1 ? [] : [[base.slice(0, colon), base]];
        }),
      );
      baseImages.set(tree, bases);
    }
    const base = bases.get(join(registry, namespace, name));
    if (base !== undefined) {
      return { kind: 'found', reference: base };
    }

    const near = suggest(name, byName.keys());
    const hint = near.length > 0 ? `; did you mean ${near.map((n) => `"${n}"`).join(' or ')}?` : '';
    const full = join(registry, namespace, name);
    const reason = `Image ${full} not found, or it has no tag${hint}`;
    return { kind: 'missing', reason, isSlip: near.length > 0 };
  };
  return { find };
}

/** `os.path.join` of the parts that are not empty, as docker-pkg's labels are made. */
function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

/** Where the tag of a reference begins, a registry's port not taken for one; -1 without a tag. */
function tagColon(reference: string): number {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') && !reference.includes('@') ? colon : -1;
}
