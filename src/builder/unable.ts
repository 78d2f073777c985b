import { isMeant, settingsIn } from '#adapters/docker/settings.js';
import { annotationsOf, attestOf, cacheOf, platformsOf } from '#compiler/definitions/definition.js';
import { nameTargets } from '#compiler/plan/nameTargets.js';
import { isPrivate } from '#compiler/privacy/privacy.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { EngineAbilities } from './abilities.js';

/** What other builders make is loaded into the same store. */
const way =
  'use an engine with the containerd image store ("features": {"containerd-snapshotter": true} in its daemon.json)';

const cacheWays =
  'use an engine with the containerd image store ("features": {"containerd-snapshotter": true} in its daemon.json), or a docker-container builder (--builder NAME)';

/**
 * What the images that are built ask for, or the arguments for bake, and the engine cannot do: bake says it
 * for each image, once the build has begun.
 */
export function unableProblems(
  args: readonly string[],
  graph: Graph,
  building: ReadonlySet<Reference>,
  { severalPlatforms, attestations, cacheExport }: EngineAbilities,
): readonly Diagnostic[] {
  if (building.size === 0) {
    return [];
  }
  return [
    ...(severalPlatforms ? [] : platformProblems(graph, building)),
    ...argumentProblems(args, graph, building, { attestations, cacheExport }),
  ];
}

/**
 * Caches that the run would write, and the engine cannot: an error where the user asks for it, else a warning, since
 * they only save work. One for each place that names them.
 */
export function cacheProblems(
  graph: Graph,
  building: ReadonlySet<Reference>,
  { cacheExport }: EngineAbilities,
  {
    cacheWrite,
    publishing,
  }: { readonly cacheWrite: boolean; readonly publishing: ReadonlySet<Tree> },
): readonly Diagnostic[] {
  if (cacheExport) {
    return [];
  }
  const found = new Map<string, Diagnostic>();
  for (const { reference, rendered } of graph.images) {
    const { definition } = rendered;
    const cache = cacheOf(definition);
    const isWritten = cacheWrite || publishing.has(definition.tree);
    if (
      cache !== undefined &&
      isWritten &&
      building.has(reference) &&
      !isPrivate(graph, reference)
    ) {
      const { file, line, column } = cache.place;
      const about = { place: cache.place, hint: cacheWays };
      const message =
        'caches are not written: the classic image store of this engine cannot do that';
      const problem = cacheWrite
        ? error('engine-unable', `--cache-write: ${message}`, about)
        : warning('engine-unable', message, about);
      found.set([file, line, column].join(':'), problem);
    }
  }
  return [...found.values()];
}

/**
 * Annotations and attestations that the engine does not keep: errors where the images are published, else warnings, since
 * a build to look at does without them. One for each place that names them.
 */
export function manifestProblems(
  graph: Graph,
  building: ReadonlySet<Reference>,
  { attestations }: EngineAbilities,
  publishing: ReadonlySet<Tree>,
): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const { reference, rendered } of attestations ? [] : graph.images) {
    const { definition } = rendered;
    if (!building.has(reference)) {
      continue;
    }
    const attest = attestOf(definition);
    const [annotation] = annotationsOf(definition).values();
    const isPublished = publishing.has(definition.tree);
    for (const [what, place] of [
      ['attestations', attest?.place],
      ['annotations', annotation?.place],
    ] as const) {
      if (place === undefined) {
        continue;
      }
      const key = [place.file, place.line, place.column].join(':');
      const message = `${what}: the classic image store of this engine keeps none`;
      if (isPublished) {
        found.set(key, error('engine-unable', message, { place, hint: way }));
      } else if (!found.has(key)) {
        found.set(key, warning('engine-unable', `${message}: images are built without`, { place }));
      }
    }
  }
  return [...found.values()];
}

function platformProblems(graph: Graph, building: ReadonlySet<Reference>): Diagnostic[] {
  return graph.images
    .filter(({ reference, platforms }) => platforms.length > 1 && building.has(reference))
    .map(platformProblem);
}

/** Of an image for several platforms that a classic image store would have to keep. */
export function platformProblem({ reference, platforms, rendered }: ResolvedImage): Diagnostic {
  const { definition } = rendered;
  const { place = definition.place } = platformsOf(definition);
  const message = `${reference} is for ${platforms.join(' and ')}: the classic image store of this engine keeps one platform of an image`;
  return error('engine-unable', message, { place, hint: way });
}

function argumentProblems(
  args: readonly string[],
  graph: Graph,
  building: ReadonlySet<Reference>,
  { attestations, cacheExport }: Pick<EngineAbilities, 'attestations' | 'cacheExport'>,
): Diagnostic[] {
  const names = nameTargets(graph);
  const targets = [...building].flatMap((reference) => names.get(reference) ?? []);
  const asked = new Set<string>();
  for (const option of attestations ? [] : ['--provenance', '--sbom']) {
    if (optionValues(option, args).some(isOn)) {
      asked.add(option);
    }
  }
  for (const { setting } of settingsIn(args)) {
    const { key, value } = setting;
    const isAttested = key === 'attest' && !attestations && isOn(value);
    // A cache inside of the image needs no export.
    const isExported = key === 'cache-to' && !cacheExport && !/\btype=inline\b/.test(value);
    if ((isAttested || isExported) && isMeant(setting, targets)) {
      asked.add(`--set of ${key}`);
    }
  }
  return [...asked].map((what) =>
    error('engine-unable', `${what}: the classic image store of this engine cannot do that`, {
      hint: what.endsWith('cache-to') ? cacheWays : way,
    }),
  );
}

/** The values of an option of bake, `true` where it has none; the word behind `--set` is no option. */
export function optionValues(option: string, args: readonly string[]): readonly string[] {
  return args.flatMap((argument, at) => {
    if (args[at - 1] === '--set') {
      return [];
    }
    if (argument === option) {
      return [args[at + 1] ?? 'true'];
    }
    return argument.startsWith(`${option}=`) ? [argument.slice(option.length + 1)] : [];
  });
}

/** Whether an attestation is asked for: `false` and `disabled=true` take it away. */
function isOn(value: string): boolean {
  return value !== 'false' && !/(?:^|,)disabled(?:=true)?(?:,|$)/.test(value);
}
