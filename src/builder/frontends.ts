import type { EngineFacts } from '#adapters/docker/detect.js';
import type { Docker } from '#adapters/docker/docker.js';
import { inspectImages } from '#adapters/docker/images.js';
import type { ConfigCache } from '#adapters/registry/configCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import { askState } from '#adapters/registry/state.js';
import { blubberOf } from '#compiler/definitions/definition.js';
import { type KnownFrontends, parentsWay } from '#compiler/plan/frontends.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { parseReference } from '#core/reference/reference.js';
import { OpenedRegistries } from '#fleet/openedRegistries.js';
import type { Decision } from '#fleet/status/decide.js';
import { toBuild } from '#fleet/status/prepare.js';
import { type FrontendTakes, frontendLabel, takesOf } from '#formats/blubber/frontendTakes.js';
import type { FrontendRecord } from './frontendRecord.js';
import type { OpenedBuild } from './opened.js';

interface Asked {
  readonly graph: Graph;
  /** The images that are built. */
  readonly building: ReadonlySet<Reference>;
  readonly docker: Docker;
  readonly engine: Pick<EngineFacts, 'sharesImages'>;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly cache: ConfigCache;
  /** What earlier runs read; gets what this one reads. */
  readonly record: FrontendRecord;
  readonly signal: AbortSignal;
}

/**
 * What the frontends of the services that are built take, by the labels of their images: on the engine, else in the registry
 * of a tree. What cannot be read is not in the result, unless it is named by digest and an earlier run has read it: under a tag
 * there may be another one by now, and BuildKit refuses what that does not take.
 */
export async function askFrontends(asked: Asked): Promise<KnownFrontends> {
  const { docker, engine, record, signal } = asked;
  const sources = frontendsOf(asked);
  const local =
    engine.sharesImages && sources.size > 0
      ? await inspectImages(docker, [...sources.values()], { signal })
      : undefined;
  const registries = new OpenedRegistries(asked);
  const known = new Map<string, FrontendTakes>();
  try {
    for (const [written, source] of sources) {
      const image = local?.kind === 'done' ? local.value.get(source) : undefined;
      const labels = image?.labels ?? (await labelsAt(registries, source, asked));
      if (labels !== undefined) {
        record.set(written, labels.get(frontendLabel) ?? '');
      }
      const label = labels !== undefined || isByDigest(written) ? record.get(written) : undefined;
      if (label !== undefined) {
        known.set(written, takesOf(label));
      }
    }
  } finally {
    registries.close();
  }
  record.save();
  return known;
}

function isByDigest(reference: string): boolean {
  const parsed = parseReference(reference);
  return parsed.kind === 'reference' && parsed.digest !== undefined;
}

/** Where each frontend is had, by its reference in the files. */
function frontendsOf({ graph, building }: Asked): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { reference, rendered, syntax } of graph.images) {
    const { definition } = rendered;
    if (building.has(reference) && syntax !== undefined && blubberOf(definition) !== undefined) {
      sources.set(syntax, definition.tree.config.pullThrough?.read(syntax) ?? syntax);
    }
  }
  return sources;
}

/** Elsewhere than in the registries of the trees nobody has said whose credentials are to be sent. */
async function labelsAt(
  registries: OpenedRegistries,
  reference: string,
  { cache }: Asked,
): Promise<ReadonlyMap<string, string> | undefined> {
  const parsed = parseReference(reference);
  if (parsed.kind === 'problem') {
    return undefined;
  }
  const repository = `${parsed.domain}/${parsed.path}` as Repository;
  const registry = registries.at(repository);
  if (registry === undefined) {
    return undefined;
  }
  const version = parsed.digest ?? parsed.tag ?? 'latest';
  const state = await askState(registry, repository, version, { cache });
  return state.kind === 'published' && state.config.known ? state.config.value.labels : undefined;
}

/**
 * Services that a builder cannot be given the parents of: it sees no local images, and what this run builds is
 * neither published nor in staging when the service is built.
 */
export function unseenParents(
  graph: Graph,
  decisions: readonly Decision[],
  frontends: KnownFrontends,
  { opened, staging }: Pick<OpenedBuild, 'opened' | 'staging'>,
): readonly Diagnostic[] {
  if (opened.engine.sharesImages || staging !== undefined) {
    return [];
  }
  return toBuild(decisions).flatMap(({ reference, parents }) => {
    const image = graph.byReference.get(reference);
    const use = parents.find(({ kind }) => kind === 'link');
    if (image === undefined || use === undefined || parentsWay(image, frontends) === 'linked') {
      return [];
    }
    const place = image.parents.find(({ parent }) => parent === use.parent)?.place;
    const message = `${reference} cannot be built on ${use.parent}: the builder ${opened.engine.builder.name} does not see what it has built before`;
    const hint =
      'use a builder with the driver docker, name several builders and --staging, or publish the parent first';
    return [error('engine-unable', message, { hint, ...(place && { place }) })];
  });
}
