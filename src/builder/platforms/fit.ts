import { platformsOf } from '#compiler/definitions/definition.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { walkInstructions } from '#formats/dockerfile/instructions.js';
import type { OpenEngine, PoolBuilder } from '../pool.js';
import { platformProblem } from '../unable.js';
import { type Fit, fitOf, placingOf } from './placing.js';

type Builder = Pick<PoolBuilder, 'name' | 'engine'>;

type Builders = Pick<OpenEngine, 'engine'> & { readonly pool?: readonly Builder[] | undefined };

/** How several builders build each of these images; without an entry each does as well as the others. */
export function fitsOf(
  graph: Graph,
  building: ReadonlySet<Reference>,
  { engine, pool = [] }: Builders,
): ReadonlyMap<Reference, Fit> {
  const fits = new Map<Reference, Fit>();
  if (pool.length < 2) {
    return fits;
  }
  const builders = pool.map((one) => one.engine);
  for (const image of graph.images) {
    if (building.has(image.reference)) {
      const { platforms } = image;
      const runs = platforms.length > 0 && runsAnything(image);
      const fit = fitOf({ platforms, runs }, builders, engine.machine);
      if (fit !== undefined) {
        fits.set(image.reference, fit);
      }
    }
  }
  return fits;
}

/** Whether a RUN of its own needs the image's platform: one on the builder's own does not. */
function runsAnything({ rendered }: ResolvedImage): boolean {
  let isBuilders = false;
  let runs = false;
  walkInstructions(rendered.dockerfile, ({ name, command }) => {
    if (name === 'from') {
      isBuilders = /^\s*--platform=["']?\$\{?BUILDPLATFORM\b/i.test(command.rest);
    }
    runs ||= name === 'run' && !isBuilders;
  });
  return runs;
}

/**
 * Images for platforms that none of several builders has, and those of which one with a classic image store, which keeps one
 * platform of an image, would have to build several.
 */
export function platformObstacles(
  graph: Graph,
  building: ReadonlySet<Reference>,
  { engine, pool = [] }: Builders,
): readonly Diagnostic[] {
  const fits = fitsOf(graph, building, { engine, pool });
  const found: Diagnostic[] = [];
  for (const image of pool.length < 2 ? [] : graph.images) {
    if (image.platforms.length > 0 && building.has(image.reference)) {
      const fit = fits.get(image.reference);
      found.push(...obstaclesOf(image, fit, pool));
    }
  }
  return found;
}

function obstaclesOf(
  image: ResolvedImage,
  fit: Fit | undefined,
  pool: readonly Builder[],
): readonly Diagnostic[] {
  const { reference, platforms, rendered } = image;
  const placing = fit === undefined ? undefined : placingOf(fit, nobody, idle);
  if (placing?.kind === 'nowhere') {
    const { place = rendered.definition.place } = platformsOf(rendered.definition);
    const names = pool.map(({ name }) => name).join(' and ');
    const message = `${reference} is for ${placing.platform}, which none of the builders ${names} has`;
    const hint = `name a builder that has it (--builder NAME), install emulators there (binfmt_misc), or take ${placing.platform} away`;
    return [error('engine-unable', message, { place, hint })];
  }
  const shares =
    placing?.kind === 'parts'
      ? placing.parts
      : [...(placing?.builders ?? pool.keys())].map((builder) => ({ builder, platforms }));
  const isTooMuch = shares.some(
    (share) => share.platforms.length > 1 && pool[share.builder]?.engine.imageStore === 'classic',
  );
  return isTooMuch ? [platformProblem(image)] : [];
}

const nobody = (): boolean => false;
const idle = (): number => 0;
