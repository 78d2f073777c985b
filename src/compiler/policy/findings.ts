import { type Diagnostic, type Place, warning } from '#core/diagnostics/diagnostic.js';
import type { Digest } from '#core/reference/brands.js';
import { parseReference } from '#core/reference/reference.js';
import { labelKeys, labelsOf } from '../plan/labels.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import { releaseOf } from '../rules/distributions.js';
import { levelIn } from '../workspace/checkKeys.js';
import type { ImageKind, Policy } from '../workspace/policyKeys.js';
import type { Tree, TreeConfig } from '../workspace/tree.js';
import { kindsOf, kindsOfExternal } from './allowed.js';
import { allowed, type Breach } from './breach.js';
import { allowsRelease } from './distributions.js';
import { Exceptions } from './exceptions.js';
import { registryBreaches, settingsUses, usesOf } from './registries.js';

export interface PolicyInput {
  /** Absent: there is none, and nothing is found. */
  readonly policy: Policy | undefined;
  readonly graph: Graph;
  /** Those that are looked at. */
  readonly images: readonly ResolvedImage[];
  /** Those of which only the settings are looked at that no definition digest covers; absent: none. */
  readonly ofSettings?: readonly ResolvedImage[];
  readonly now: Date;
  /** What a tree says of rules and registries; absent: what its configuration says. */
  readonly governs?: (tree: Tree) => Governing;
}

/** The keys of a tree's configuration that decide what a policy finds in it. */
export type Governing = Pick<TreeConfig, 'check' | 'registry' | 'namespace' | 'registryNames'>;

/**
 * What images have that the policy does not allow, and what is to be said of its exceptions; each as a warning: its
 * level is for `withLevels` to say. Rules that are off are not looked for.
 */
export function policyFindings({
  policy,
  graph,
  images,
  ofSettings = [],
  now,
  governs = ({ config }) => config,
}: PolicyInput): readonly Diagnostic[] {
  if (policy === undefined) {
    return [];
  }
  const exceptions = new Exceptions(policy.exceptions, now);
  const judge = new Judge(policy, graph, governs);
  const kept = (image: ResolvedImage, breaches: readonly Breach[]): readonly Diagnostic[] => {
    const { definition } = image.rendered;
    const { check } = governs(definition.tree);
    return breaches
      .filter(({ rule }) => levelIn(check, rule) !== 'off' && !exceptions.covers(definition, rule))
      .map(({ rule, message, place, hint }) => warning(rule, message, { place, hint }));
  };
  const found = [
    ...images.flatMap((image) => kept(image, judge.breaches(image))),
    ...ofSettings.flatMap((image) => kept(image, judge.ofSettings(image))),
  ];
  const isWhole = images.length === graph.images.length && graph.broken.length === 0;
  return [...found, ...exceptions.findings(isWhole)];
}

class Judge {
  readonly #policy: Policy;
  readonly #graph: Graph;
  readonly #keys: readonly string[];
  readonly #governs: (tree: Tree) => Governing;
  readonly #kinds = new Map<ResolvedImage, readonly ImageKind[]>();

  constructor(policy: Policy, graph: Graph, governs: (tree: Tree) => Governing) {
    this.#policy = policy;
    this.#governs = governs;
    this.#graph = graph;
    this.#keys = policy.labels.length === 0 ? [] : labelKeys(graph.images);
  }

  breaches(image: ResolvedImage): readonly Breach[] {
    return [
      ...registryBreaches(this.#policy, usesOf(image), this.#ofTree(image)),
      ...this.#kind(image),
      ...this.#base(image),
      ...this.#distribution(image),
      ...this.#labels(image),
    ];
  }

  ofSettings(image: ResolvedImage): readonly Breach[] {
    return registryBreaches(this.#policy, settingsUses(image), this.#ofTree(image));
  }

  #ofTree({ rendered }: ResolvedImage): Governing {
    return this.#governs(rendered.definition.tree);
  }

  #kind({ rendered: { definition } }: ResolvedImage): Breach[] {
    const { kinds } = this.#policy;
    const [first, ...others] = kindsOf(this.#policy, definition);
    const { name, place } = definition;
    if (kinds.length === 0 || (first !== undefined && others.length === 0)) {
      return [];
    }
    if (first === undefined) {
      const message = `the policy does not say what ${name} is`;
      const tables = kinds.map(({ kind }) => `policy.${kind}`).join(', ');
      return [{ rule: 'policy-kind', message, place, hint: `add it to images of one: ${tables}` }];
    }
    const names = [first, ...others].map(({ kind }) => kind).join(' and ');
    const message = `${name} is ${names} for the policy`;
    return [{ rule: 'policy-kind', message, place, hint: 'an image is of one kind' }];
  }

  #base(image: ResolvedImage): Breach[] {
    const { definition } = image.rendered;
    return kindsOf(this.#policy, definition).flatMap(({ kind, on }): Breach[] => {
      const below = this.#foundations(image);
      if (on === undefined || on.some((one) => below.includes(one))) {
        return [];
      }
      const kinds = below.length === 0 ? '' : `, which is ${below.join(' and ')}`;
      const base = image.base === 'scratch' ? 'scratch' : `${image.base}${kinds}`;
      return [
        {
          rule: 'policy-base',
          message: `${definition.name} is ${kind}, and built on ${base}`,
          place: placeOfBase(image),
          hint: `the policy wants ${kind} images on: ${on.join(', ')}`,
        },
      ];
    });
  }

  /** What an image stands on. Empty: an image of the trees that is of no kind. */
  #foundations(image: ResolvedImage): readonly string[] {
    const { base } = image;
    if (base === 'scratch') {
      return ['scratch'];
    }
    const parent = this.#parent(base);
    if (parent !== undefined) {
      return this.#kindsOf(parent);
    }
    const known = kindsOfExternal(this.#policy, base, this.#ofTree(image));
    return known.length === 0 ? ['external'] : known;
  }

  #kindsOf(image: ResolvedImage): readonly ImageKind[] {
    const known = this.#kinds.get(image);
    const kinds = known ?? kindsOf(this.#policy, image.rendered.definition).map(({ kind }) => kind);
    this.#kinds.set(image, kinds);
    return kinds;
  }

  #parent(base: string): ResolvedImage | undefined {
    return (this.#graph.byReference as ReadonlyMap<string, ResolvedImage>).get(base);
  }

  /** Of what is built on an image of the trees, that is judged. */
  #distribution(image: ResolvedImage): Breach[] {
    const { distributions } = this.#policy;
    const { definition } = image.rendered;
    const isApart =
      distributions === undefined ||
      this.#parent(image.base) !== undefined ||
      this.#kindsOf(image).includes('distroless');
    if (isApart) {
      return [];
    }
    const hint = allowed(distributions, 'no distribution is allowed');
    const { release, name } = definition;
    if (image.base === 'scratch') {
      const isFine = release === undefined || allowsRelease(distributions, release);
      const message = `${name} is of ${release?.distribution} ${release?.codename}, which the policy does not allow`;
      const { place } = definition;
      return isFine ? [] : [{ rule: 'policy-distribution', message, place, hint }];
    }
    const reference = parseReference(image.base);
    const isDistroless = kindsOfExternal(this.#policy, image.base, this.#ofTree(image)).includes(
      'distroless',
    );
    if (reference.kind === 'problem' || isDistroless) {
      return [];
    }
    const known = releaseOf(reference);
    const own = reference.path.slice(reference.path.lastIndexOf('/') + 1);
    if (allowsRelease(distributions, known ?? { distribution: own, codename: own })) {
      return [];
    }
    const message =
      known === undefined
        ? `the name ${image.base} does not say that it is of a distribution that the policy allows`
        : `${image.base} is ${known.name}, which the policy does not allow`;
    return [{ rule: 'policy-distribution', message, place: placeOfBase(image), hint }];
  }

  #labels(image: ResolvedImage): Breach[] {
    const { name, place } = image.rendered.definition;
    return this.#policy.labels
      .filter(({ value }) => !this.#hasLabel(image, value))
      .map(({ value }) => ({
        rule: 'policy-label',
        message: `${name} does not have the label ${value}`,
        place,
        hint: `write LABEL ${value}="…" in its Dockerfile, or set it in labels of its image.toml`,
      }));
  }

  /** Its own, or one that it inherits from an image of the trees: what others have is not known. */
  #hasLabel(image: ResolvedImage, key: string): boolean {
    for (let at: ResolvedImage | undefined = image; at !== undefined; ) {
      if (at.ownLabels?.includes(key) === true) {
        return true;
      }
      const parent = this.#parent(at.base);
      const base = parent === undefined ? undefined : someDigest;
      const value = labelsOf(at, this.#keys, someDigest, base).value.get(key);
      if (value !== undefined) {
        // An empty one is set so that none is inherited.
        return value !== '';
      }
      at = parent;
    }
    return false;
  }
}

/** Of what is not built yet: only whether there is one counts. */
const someDigest = 'sha256:0' as Digest;

/** Where an image says what it is built on. */
function placeOfBase({ base, parents, externals, rendered }: ResolvedImage): Place {
  const edge =
    parents.find(({ kind, parent }) => kind === 'from' && parent === base) ??
    externals.find(({ kind, written }) => kind === 'from' && written === base);
  return edge?.place ?? rendered.definition.place;
}
