import { addTo, groupBy } from '#core/data/groups.js';
import type { Repository } from '#core/reference/brands.js';
import { dockerHub } from '#core/reference/hosts.js';
import { canonicalRepository, parseReference } from '#core/reference/reference.js';
import type { TreeImage, TreeNames } from '../references/names.js';
import type { RunningDigest, Use } from './use.js';

/** An image that something runs: by one reference, in one build of it. */
export interface RunningImage {
  /** As it is shown: the reference with the one name of its registry, without a digest. */
  readonly shown: string;
  readonly about: About;
  readonly tag?: string;
  /** The reference has a digest, so that a tag does not say what is pulled. */
  readonly isPinned: boolean;
  /** What runs; absent: nobody says. */
  readonly running?: RunningDigest;
  readonly uses: readonly [Use, ...Use[]];
}

/** Whose image it is. */
type About =
  | { readonly kind: 'own'; readonly image: TreeImage }
  /** No tree defines it; its registry is one of those that may be asked. */
  | { readonly kind: 'asked'; readonly repository: Repository }
  /** Nobody named its registry, so it is not asked. */
  | { readonly kind: 'foreign'; readonly host: string; readonly resembles?: TreeImage }
  | { readonly kind: 'illegal'; readonly reason: string };

/** The images that are used, each with all its uses, in the order of the first ones. */
export function runningImages(
  uses: readonly Use[],
  names: TreeNames,
  isAsked: (repository: Repository) => boolean,
): readonly RunningImage[] {
  const read = new Map<string, ReadReference>();
  const groups = groupBy(uses, ({ image, running }) => {
    const one = read.get(image) ?? readReference(image, names, isAsked);
    read.set(image, one);
    const digest = running === undefined ? one.digest : `${running.kind} ${running.digest}`;
    return JSON.stringify([one.shown, one.isPinned, digest]);
  });
  return [...groups.values()].flatMap(([first, ...more]): RunningImage[] => {
    const one = first && read.get(first.image);
    if (first === undefined || one === undefined) {
      return [];
    }
    const { shown, about, tag, isPinned, digest } = one;
    // What a reference with a digest names is what runs, or will.
    const running: RunningDigest | undefined =
      first.running ?? (isComparable(digest) ? { kind: 'manifest', digest } : undefined);
    return [
      {
        shown,
        about,
        isPinned,
        ...(tag === undefined ? {} : { tag }),
        ...(running === undefined ? {} : { running }),
        uses: [first, ...more],
      },
    ];
  });
}

/** Registries are asked for digests of this kind. */
function isComparable(digest: string | undefined): digest is string {
  return digest?.startsWith('sha256:') === true;
}

interface ReadReference {
  readonly shown: string;
  readonly about: About;
  readonly tag?: string;
  readonly digest?: string;
  readonly isPinned: boolean;
}

function readReference(
  image: string,
  names: TreeNames,
  isAsked: (repository: Repository) => boolean,
): ReadReference {
  const parsed = parseReference(image);
  if (parsed.kind === 'problem' || parsed.domain === '') {
    const why = parsed.kind === 'problem' ? `: ${parsed.message}` : '';
    const reason = `it is not a valid image reference${why}`;
    return { shown: image, about: { kind: 'illegal', reason }, isPinned: false };
  }
  const { domain: host, path, digest } = parsed;
  const tag = parsed.tag ?? (digest === undefined ? 'latest' : undefined);
  const about = aboutOf(host, path, names, isAsked);
  const repository =
    about.kind === 'own'
      ? about.image.repository
      : about.kind === 'asked'
        ? about.repository
        : canonicalRepository(parsed);
  return {
    shown: tag === undefined ? repository : `${repository}:${tag}`,
    about,
    isPinned: digest !== undefined,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function aboutOf(
  host: string,
  path: string,
  names: TreeNames,
  isAsked: (repository: Repository) => boolean,
): About {
  const meant = names.meant({ host, path });
  if (meant?.kind === 'image' && meant.by === 'registry') {
    return { kind: 'own', image: meant.images[0] };
  }
  const repository = (
    meant?.kind === 'undefined' ? meant.repository : names.canonical(`${host}/${path}`)
  ) as Repository;
  // Docker Hub has everybody's images: of a tree that publishes there only its own namespaces are looked at.
  const isHub = repository.startsWith(`${dockerHub}/`);
  if (isAsked(repository) && (!isHub || isBeside(repository, names))) {
    return { kind: 'asked', repository };
  }
  return meant?.kind === 'elsewhere'
    ? { kind: 'foreign', host, resembles: meant.images[0] }
    : { kind: 'foreign', host };
}

/** Whether it is in a namespace of Docker Hub that has images of the trees. */
function isBeside(repository: string, names: TreeNames): boolean {
  const namespace = repository.slice(0, repository.lastIndexOf('/') + 1);
  return names.images.some((image) => names.canonical(image.repository).startsWith(namespace));
}

/** A workload that runs an image. */
export interface RunningWorkload {
  readonly cluster: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly name: string;
  /** Names of its containers. */
  readonly containers: readonly string[];
  /** How many pods run the image. */
  readonly pods: number;
  /** It has no pod that was listed. */
  readonly isTemplate: boolean;
}

/** Who runs an image, those with most pods first. */
export function workloadsOf({ uses }: Pick<RunningImage, 'uses'>): readonly RunningWorkload[] {
  const groups = new Map<string, Use[]>();
  for (const use of uses) {
    const { cluster, namespace, workload, isTemplate } = use;
    addTo(
      groups,
      JSON.stringify([cluster, namespace, workload.kind, workload.name, isTemplate]),
      use,
    );
  }
  const all = [...groups.values()].flatMap((group): RunningWorkload[] => {
    const [first] = group;
    if (first === undefined) {
      return [];
    }
    const { cluster, namespace, workload, isTemplate } = first;
    // Two containers of a pod may run one image.
    const pods = new Map<string, number>();
    for (const { container = '', pods: more } of group) {
      pods.set(container, (pods.get(container) ?? 0) + more);
    }
    return [
      {
        cluster,
        ...(namespace === undefined ? {} : { namespace }),
        ...workload,
        containers: [...pods.keys()].filter((name) => name !== '').sort(),
        pods: Math.max(...pods.values()),
        isTemplate,
      },
    ];
  });
  return all.sort((a, b) => b.pods - a.pods);
}
