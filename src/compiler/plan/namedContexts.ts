import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import {
  canonicalRepository,
  contextKey,
  imageScheme,
  parseReference,
} from '#core/reference/reference.js';
import { blubberOf } from '../definitions/definition.js';
import type { Edge, ResolvedImage } from '../resolve/graph.js';
import { parentsWay } from './frontends.js';
import type { PlanOptions } from './options.js';
import type { TargetInput } from './targetInput.js';

/** What a target takes from elsewhere: each key is a reference as BuildKit looks it up. */
export interface NamedContexts {
  readonly contexts: ReadonlyMap<string, string>;
  /** The same by the source policy of the call, for a frontend that takes no contexts. */
  readonly conversions: ReadonlyMap<string, string>;
}

const none: ReadonlyMap<string, string> = new Map();

/**
 * The named contexts of a target: `target:` for a parent in the plan, the image that replaces one
 * outside it, and nothing for a parent that BuildKit finds by the Dockerfile's own reference. A local parent
 * is found by that alone: on a containerd image store `docker-image://` without a digest is the registry's
 * image wherever there is one (doc/dev/bake.md, Image stores). Images from elsewhere are read through their
 * mirrors (`pull_through`), and so is the frontend. The frontends of Blubber files take them or do not (`parentsWay`).
 */
export function namedContextsOf(input: TargetInput, image: ResolvedImage): Outcome<NamedContexts> {
  const { options } = input;
  const way = parentsWay(image, options.frontends);
  const contexts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  for (const edge of image.parents) {
    const name = input.names.get(edge.parent);
    if (name !== undefined && isLinked(input, image, edge)) {
      const parent = input.graph.byReference.get(edge.parent);
      if (parent !== undefined) {
        diagnostics.push(...refuseLink(edge, parent));
      }
      contexts.set(edge.key, `target:${name}`);
      continue;
    }
    const pin = pinOf(image, edge, options);
    if (pin !== undefined) {
      contexts.set(edge.key, pin);
    }
  }
  if (way !== 'converted' || options.converts === true) {
    diagnostics.push(...addMirrors(image, contexts));
  }
  if (way === 'linked') {
    return { value: { contexts, conversions: none }, diagnostics };
  }
  const unheld = unheldEdge(input, image);
  if (unheld !== undefined) {
    diagnostics.push(refuseUnheld(image, unheld));
    return { value: { contexts: none, conversions: none }, diagnostics };
  }
  const value =
    way === 'pinned' ? { contexts, conversions: none } : { contexts: none, conversions: contexts };
  return { value, diagnostics };
}

/** What a context of a parent that is not linked has; undefined: BuildKit finds it by the reference that is written. */
function pinOf(
  { rendered }: ResolvedImage,
  edge: Edge,
  { outside: all }: Pick<PlanOptions, 'outside'>,
): string | undefined {
  const outside = all.get(edge.parent);
  if (outside === undefined) {
    // What an alias or a name without its registry means elsewhere is another image; and `latest` another version.
    return isOwnReference(edge) ? undefined : `${imageScheme}${edge.parent}`;
  }
  const isService = blubberOf(rendered.definition) !== undefined;
  // Blubber asks a registry first where images are in a containerd store: only a digest says which one is meant.
  const isFound = !isService || outside.manifest === undefined;
  if (outside.digest === undefined && isOwnReference(edge) && isFound) {
    return undefined;
  }
  const digest = outside.digest ?? outside.manifest;
  const pin = digest === undefined ? '' : `@${digest}`;
  return `${imageScheme}${outside.at ?? `${outside.reference}${pin}`}`;
}

/**
 * The first parent of an image that its frontend cannot be given by this plan: it is in the plan itself, and the frontend
 * takes no other target; or it is replaced, and the frontend takes no contexts where no source policy converts.
 */
export function unheldEdge(
  input: Pick<TargetInput, 'selection' | 'options'>,
  image: ResolvedImage,
): Edge | undefined {
  const { options } = input;
  const way = parentsWay(image, options.frontends);
  const isHeld = (edge: Edge): boolean =>
    way === 'linked' ||
    options.converts === true ||
    (!isLinked(input, image, edge) &&
      (way === 'pinned' || pinOf(image, edge, options) === undefined));
  return image.parents.find((edge) => !isHeld(edge));
}

function refuseUnheld({ syntax, reference }: ResolvedImage, { parent, place }: Edge): Diagnostic {
  const message = `a plan cannot give ${parent} to ${reference}: its frontend ${syntax ?? ''} is not known to take it`;
  const hint =
    'build it with generate-bake build, or set frontend_takes of its tree to what the frontend takes';
  return error('frontend-contexts', message, { place, hint });
}

function addMirrors(
  { rendered, externals, syntax }: ResolvedImage,
  contexts: Map<string, string>,
): Diagnostic[] {
  const { tree } = rendered.definition;
  const { pullThrough } = tree.config;
  if (pullThrough === undefined) {
    return [];
  }
  const diagnostics: Diagnostic[] = [];
  for (const { key, written, isStage, place } of externals) {
    const mirrored = pullThrough.read(written);
    if (mirrored === undefined) {
      continue;
    }
    if (isStage === true) {
      const message = `${written} is not read through ${mirrored}: a stage is named ${key} too`;
      const hint = 'rename the stage, or write the tag of the image';
      diagnostics.push(warning('pull-through-stage', message, { place, hint }));
      continue;
    }
    contexts.set(key, `${imageScheme}${mirrored}`);
  }
  const frontend = syntax === undefined ? undefined : parseReference(syntax);
  const mirrored = syntax === undefined ? undefined : pullThrough.read(syntax);
  if (frontend?.kind === 'reference' && mirrored !== undefined) {
    contexts.set(contextKey(frontend), `${imageScheme}${mirrored}`);
  }
  return diagnostics;
}

/** Whether the Dockerfile itself writes the version that the parent has. */
function isOwnReference(edge: Edge): boolean {
  const [one, other] = [parseReference(edge.written), parseReference(edge.parent)];
  return (
    isSameRepository(edge) &&
    one.kind === 'reference' &&
    other.kind === 'reference' &&
    one.digest === undefined &&
    (one.tag ?? 'latest') === (other.tag ?? 'latest')
  );
}

function isSameRepository({ written, parent }: Edge): boolean {
  const [one, other] = [parseReference(written), parseReference(parent)];
  return (
    one.kind === 'reference' &&
    other.kind === 'reference' &&
    canonicalRepository(one) === canonicalRepository(other)
  );
}

/** Whether a parent is built in the same plan, and the image linked to it. */
export function isLinked(
  { selection, options }: Pick<TargetInput, 'selection' | 'options'>,
  image: ResolvedImage,
  edge: Edge,
): boolean {
  if (!selection.has(edge.parent)) {
    return false;
  }
  return (
    options.links === undefined || options.links.get(image.reference)?.has(edge.parent) === true
  );
}

/** What BuildKit cannot link. */
function refuseLink(edge: Edge, parent: ResolvedImage): Diagnostic[] {
  if (!parent.withoutLayers) {
    return [];
  }
  const message = `${edge.parent} has no filesystem layer, and BuildKit cannot link to such an image`;
  const hint = 'COPY or ADD at least one file in it';
  return [error('parent-without-layers', message, { place: edge.place, hint })];
}
