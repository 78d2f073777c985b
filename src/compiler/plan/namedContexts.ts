import { type Diagnostic, error, type Outcome, warning } from '#core/diagnostics/diagnostic.js';
import { canonicalRepository, contextKey, parseReference } from '#core/reference/reference.js';
import { blubberOf } from '../definitions/definition.js';
import type { Edge, ResolvedImage } from '../resolve/graph.js';
import type { TargetInput } from './targetInput.js';

/**
 * The named contexts of a target: `target:` for a parent in the plan, the image that replaces one
 * outside it, and nothing for a parent that BuildKit finds by the Dockerfile's own reference. A local parent
 * is found by that alone: on a containerd image store `docker-image://` without a digest is the registry's
 * image wherever there is one (doc/dev/bake.md, Image stores). Images from elsewhere are read through their
 * mirrors (`pull_through`), and so is the frontend. Blubber's frontend takes no named context: BuildKit refuses all of them.
 */
export function namedContextsOf(
  input: TargetInput,
  image: ResolvedImage,
): Outcome<ReadonlyMap<string, string>> {
  const contexts = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  if (blubberOf(image.rendered.definition) !== undefined) {
    return { value: contexts, diagnostics };
  }
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
    const outside = input.options.outside.get(edge.parent);
    if (outside === undefined) {
      // What an alias or a name without its registry means elsewhere is another image.
      if (!isSameRepository(edge)) {
        contexts.set(edge.key, `docker-image://${edge.parent}`);
      }
      continue;
    }
    if (outside.digest === undefined && isOwnReference(edge)) {
      continue;
    }
    const digest = outside.digest ?? outside.manifest;
    const pin = digest === undefined ? '' : `@${digest}`;
    contexts.set(edge.key, `docker-image://${outside.at ?? `${outside.reference}${pin}`}`);
  }
  diagnostics.push(...addMirrors(image, contexts));
  return { value: contexts, diagnostics };
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
    contexts.set(key, `docker-image://${mirrored}`);
  }
  const frontend = syntax === undefined ? undefined : parseReference(syntax);
  const mirrored = syntax === undefined ? undefined : pullThrough.read(syntax);
  if (frontend?.kind === 'reference' && mirrored !== undefined) {
    contexts.set(contextKey(frontend), `docker-image://${mirrored}`);
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
  { selection, options }: TargetInput,
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
