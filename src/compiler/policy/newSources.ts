import { type Diagnostic, error, type Place, warning } from '#core/diagnostics/diagnostic.js';
import type { Mirror } from '#core/reference/pullThrough.js';
import type { RegistryNames } from '#core/reference/registryNames.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { levelIn } from '../workspace/checkKeys.js';
import { isHost, type Policy } from '../workspace/policyKeys.js';
import type { Tree, TreeConfig } from '../workspace/tree.js';
import { isAllowedRegistry } from './allowed.js';
import type { Governing } from './findings.js';
import { isOwnRepository, repositoriesOf } from './registries.js';

const rule = 'policy-registry';

/** What a workspace says of where images come from, beside their Dockerfiles. */
interface Sources {
  readonly trees: readonly Tree[];
  readonly images: readonly ResolvedImage[];
  readonly staging?: Found<string>;
}

/** The same of the commit that a policy is from. */
export interface SourcesBefore {
  /** As a person would open it at the commit. */
  readonly file: string;
  readonly configs: readonly TreeConfig[];
  readonly staging?: string;
  readonly registryNames: RegistryNames;
  readonly governs: (tree: Tree) => Governing;
}

/**
 * Where the trees have images come from that neither the policy allows nor the commit that it is from has. Images of the
 * trees may be taken from wherever these are, and all others through mirrors: a change could so name any registry.
 */
export function newSources(
  policy: Policy,
  { trees, images, staging }: Sources,
  before: SourcesBefore,
): readonly Diagnostic[] {
  const isAllowed = (place: string): boolean =>
    isAllowedRegistry(policy, `${place}/any`, before.registryNames);
  const isKnown = (place: string): boolean =>
    isAllowed(place) ||
    before.configs.some((own) =>
      isOwnRepository(`${place}/any`, { ...own, registryNames: before.registryNames }),
    );
  const mirrorsBefore = before.configs.flatMap(({ pullThrough }) => pullThrough?.mirrors ?? []);
  const isKnownMirror = ({ of, at }: Mirror): boolean =>
    isAllowed(at) || mirrorsBefore.some((one) => one.of === of && one.at === at);
  const found = new Map<string, Diagnostic>();
  const add = (tree: Tree | undefined, what: string, place: Place | undefined): void => {
    const level = levelIn(tree && before.governs(tree).check, rule);
    const message = `${what}, whose registry the policy does not allow`;
    const about = { hint: `allow it in ${before.file} first`, ...(place && { place }) };
    const key = JSON.stringify([message, place]);
    if (level === 'error' || (level === 'warning' && !found.has(key))) {
      found.set(
        key,
        level === 'error' ? error(rule, message, about) : warning(rule, message, about),
      );
    }
  };
  for (const tree of trees) {
    const { registry, namespace, places, pullThrough } = tree.config;
    const own = repositoriesOf({ registry, namespace });
    if (registry !== '' && !isKnown(own)) {
      const place = places.get('registry') ?? places.get('namespace');
      add(tree, `images of the tree ${tree.name} come from ${own}`, place);
    }
    for (const mirror of pullThrough?.mirrors ?? []) {
      if (!isKnownMirror(mirror)) {
        add(tree, `pull_through takes images of ${mirror.of} from ${mirror.at}`, mirror.place);
      }
    }
  }
  for (const { rendered } of images) {
    const { tree, repository, place } = rendered.definition;
    if (tree.config.registry === '' && namesHost(repository) && !isKnown(repository)) {
      add(tree, `the image is called ${repository}`, place);
    }
  }
  if (staging !== undefined && staging.value !== before.staging && !isKnown(staging.value)) {
    add(trees[0], `images travel through the staging repository ${staging.value}`, staging.place);
  }
  return [...found.values()];
}

/** Whether a name begins with a registry, as it may in trees that have none. */
function namesHost(repository: string): boolean {
  const [first = '', ...path] = repository.split('/');
  return path.length > 0 && isHost(first);
}
