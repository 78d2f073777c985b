import { type Diagnostic, error, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Digest, Reference } from '#core/reference/brands.js';
import type { Graph, ResolvedImage } from '../resolve/graph.js';
import { refuseProxyCredentials } from './args.js';
import { repositoriesOf } from './caches.js';
import { definitionDigests, withAncestors } from './definitionDigest.js';
import { groupsOf } from './groups.js';
import { labelKeys } from './labels.js';
import { nameTargets } from './nameTargets.js';
import type { PlanOptions } from './options.js';
import type { Plan, PlannedContext, PlannedFile, PlannedTarget } from './plan.js';
import { compileTarget } from './target.js';
import type { TargetInput } from './targetInput.js';

/** A plan with what is wrong with it. */
export interface PlanOutcome extends Outcome<Plan> {
  /** Of the images that cannot be in a plan, all that is wrong with each: errors of theirs alone. */
  readonly faults: ReadonlyMap<Reference, readonly Diagnostic[]>;
}

/**
 * Compiles the selected images into one bake plan, parents first, each linked to its parents in the
 * plan. Errors: what bake cannot represent, an empty Dockerfile, two targets of one tag, a link that
 * BuildKit cannot make, a proxy's password in a printed plan.
 */
export function makePlan(
  graph: Graph,
  selection: ReadonlySet<Reference>,
  options: PlanOptions,
): PlanOutcome {
  const images = graph.images.filter((image) => selection.has(image.reference));
  const contextOf = plannedContexts(withAncestors(graph, selection), options);
  const input: TargetInput = {
    graph,
    selection,
    options,
    repositories: repositoriesOf(graph),
    names: nameTargets(graph),
    labelKeys: labelKeys(graph.images),
    definitions: definitionDigests(graph, selection, contextOf, pinsOf(graph, options)),
  };
  const diagnostics: Diagnostic[] = [];
  if (options.proxyCredentials === 'refuse') {
    diagnostics.push(...refuseProxyCredentials(images));
  }
  const targets: PlannedTarget[] = [];
  const files = new Map<string, PlannedFile>();
  const faults = new Map<Reference, readonly Diagnostic[]>();
  for (const image of images) {
    const compiled = compileTarget(input, image, contextOf(image));
    targets.push(compiled.target);
    // Paths hold the digest of what is there, so that two images may name one file.
    for (const file of compiled.files) {
      files.set(file.path, file);
    }
    diagnostics.push(...compiled.diagnostics);
    if (hasErrors(compiled.diagnostics)) {
      faults.set(image.reference, compiled.diagnostics);
    }
  }
  for (const { fault, images: both } of refuseSharedTags(graph, targets)) {
    diagnostics.push(fault);
    for (const image of both) {
      faults.set(image, [...(faults.get(image) ?? []), fault]);
    }
  }
  const { groups, diagnostics: notes } = groupsOf(targets, options.waveSize);
  diagnostics.push(...notes);
  return { value: { targets, groups, files: [...files.values()] }, diagnostics, faults };
}

/** What stands for the broken images that are not in the plan. */
function pinsOf(graph: Graph, { outside }: PlanOptions): ReadonlyMap<Reference, Digest> {
  const pins = new Map<Reference, Digest>();
  for (const { image } of graph.broken) {
    const found = image.reference === undefined ? undefined : outside.get(image.reference);
    const pin = found?.digest ?? found?.id;
    if (found !== undefined && pin !== undefined) {
      pins.set(found.reference, pin);
    }
  }
  return pins;
}

/** The build context of each image, made once: digests need those of ancestors too. */
function plannedContexts(
  images: readonly ResolvedImage[],
  options: PlanOptions,
): (image: ResolvedImage) => PlannedContext {
  const contexts = new Map(images.map((image) => [image.reference, options.context(image)]));
  return ({ reference }) => {
    const context = contexts.get(reference);
    if (context === undefined) {
      throw new Error(`no context for ${reference}`);
    }
    return context;
  };
}

interface SharedTag {
  readonly fault: Diagnostic;
  readonly images: readonly [Reference, Reference];
}

/** The same tag on two targets is a silent race in bake: the fault of both. */
function refuseSharedTags(graph: Graph, targets: readonly PlannedTarget[]): SharedTag[] {
  const owners = new Map<string, Reference>();
  const shared: SharedTag[] = [];
  for (const { image, tags } of targets) {
    for (const tag of tags) {
      const owner = owners.get(tag);
      if (owner === undefined) {
        owners.set(tag, image);
        continue;
      }
      const fault = error(
        'tag-shared',
        `two images would be tagged ${tag}: ${owner} and ${image}`,
        {
          ...placeOf(graph, image),
          related: [{ message: `${owner} is defined here`, ...placeOf(graph, owner) }],
          hint: 'the last one built would win: give them different names or tags',
        },
      );
      shared.push({ fault, images: [owner, image] });
    }
  }
  return shared;
}

function placeOf(graph: Graph, reference: Reference) {
  const place = graph.byReference.get(reference)?.rendered.definition.place;
  return place === undefined ? {} : { place };
}
