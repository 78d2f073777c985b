import { arch } from 'node:os';
import type { Docker } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import type { ListingCache } from '#adapters/layers/listingCache.js';
import type { RegistryAccess } from '#adapters/registry/registry.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { testsOf } from '#compiler/tests/imageTests.js';
import { isExpectedChange } from '#compiler/workspace/gateKeys.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Reference } from '#core/reference/brands.js';
import { oldImage } from '#fleet/contents/chooseVersions.js';
import type { Differences } from '#fleet/contents/compare.js';
import { ImpossibleImage } from '#fleet/contents/fileTree.js';
import { Listings, notCompared, type OpeningFailure } from '#fleet/contents/openedImage.js';
import { openLocal } from '#fleet/contents/openLocal.js';
import { openPublished } from '#fleet/contents/openPublished.js';
import { readDifferences } from '#fleet/contents/readDifferences.js';
import { OpenedRegistries } from '#fleet/openedRegistries.js';
import type { PublishedRecord } from '#fleet/status/publishedRecord.js';
import { platformOfMachine } from '#formats/dockerfile/platform.js';
import type { EnginesFor } from '../verify/verify.js';
import { incomparable } from './incomparable.js';
import { type Judgement, judge } from './judgement.js';

export interface GateInput {
  readonly graph: Graph;
  readonly accesses: ReadonlyMap<Tree, RegistryAccess>;
  readonly layers: ListingCache;
  /** Images that the user approved: that is, the very ones that wait. */
  readonly approved: ReadonlySet<Reference>;
  /** Gets the ID of each image that waits for approval. */
  readonly awaiting: PublishedRecord;
  readonly signal: AbortSignal;
}

interface GatedImage {
  readonly docker: Docker;
  readonly image: LocalImage;
  /** Where its platforms are; absent: all on this engine. */
  readonly enginesFor?: EnginesFor;
}

/**
 * Judges each image before it is published. What cannot be compared waits as well: a fault is never a pass. An image that
 * waits is noted by its ID, so that a later run can tell whether it is still the same.
 */
export class Gate {
  readonly #input: GateInput;
  readonly #registries: OpenedRegistries;
  /** What differs in those that were compared. */
  readonly #differences = new Map<Reference, Differences>();

  constructor(input: GateInput) {
    this.#input = input;
    this.#registries = new OpenedRegistries(input);
  }

  /** @param made the image, and the engine that has it */
  async judge(reference: Reference, made: GatedImage): Promise<Judgement> {
    const { approved, awaiting } = this.#input;
    const definition = this.#input.graph.byReference.get(reference)?.rendered.definition;
    if (definition === undefined) {
      return { kind: 'passes' };
    }
    if (made.enginesFor !== undefined) {
      return awaits(incomparable);
    }
    // What differs in an approved one is looked for all the same: what is built on it differs by that, too.
    const found = await this.#compare(definition, made);
    if (approved.has(reference)) {
      return { kind: 'passes' };
    }
    if (found.kind === 'awaits' && !this.#input.signal.aborted) {
      awaiting.add(reference, made.image.id);
      awaiting.save();
    }
    return found;
  }

  /** By the image itself, or by one that it starts from. */
  #isExpected(reference: Reference, path: string): boolean {
    const { byReference } = this.#input.graph;
    const seen = new Set<Reference>();
    for (let at = byReference.get(reference); at !== undefined && !seen.has(at.reference); ) {
      seen.add(at.reference);
      const { name, tree, expectedChanges = [] } = at.rendered.definition;
      const all = [...(tree.config.expectedChanges ?? []), ...expectedChanges];
      if (isExpectedChange(all, name, path)) {
        return true;
      }
      at = byReference.get(at.base as Reference);
    }
    return false;
  }

  close(): void {
    this.#registries.close();
  }

  async #compare(definition: ImageDefinition, { docker, image }: GatedImage): Promise<Judgement> {
    const { graph, layers, signal } = this.#input;
    const { tree, repository, version, reference } = definition;
    const registry = this.#registries.of(tree);
    // Read from its files: computed versions have no order.
    const known = definition.computed === undefined ? version : undefined;
    const before = await oldImage(registry, repository, known, { kind: 'local' });
    if ('reason' in before) {
      return before.kind === 'absent' ? awaits('it is the first version') : awaitsFor(before);
    }
    if (registry === undefined) {
      return awaits('its tree has no registry');
    }
    const progress = () => {};
    const platform = { name: platformOfMachine(arch()), isRequired: false };
    const source = { registry, repository, platform, progress, reference: before.reference };
    const from = await openPublished(source);
    if ('reason' in from) {
      return awaitsFor(from);
    }
    const to = await openLocal({ docker, names: [image.id], progress, signal });
    if ('reason' in to) {
      return awaitsFor(to);
    }
    // One after the other: each holds all files of two images.
    try {
      const differences = await readDifferences(from, to, new Listings(layers));
      if ('reason' in differences) {
        return awaitsFor(differences);
      }
      this.#differences.set(reference, differences);
      const resolved = graph.byReference.get(reference);
      const inherited = this.#differences.get(resolved?.base as Reference);
      return judge({
        tests: testsOf(graph, reference),
        isTestWaived: tree.config.untested === 'publish',
        before: before.reference,
        differences,
        notCompared: notCompared(from, to),
        isExpected: (path) => this.#isExpected(reference, path),
        ...(inherited === undefined ? {} : { inherited }),
      });
    } catch (cause) {
      if (cause instanceof ImpossibleImage) {
        return awaits(`it cannot be compared with ${before.reference}: ${cause.message}`);
      }
      throw cause;
    }
  }
}

function awaitsFor({ reason }: OpeningFailure): Judgement {
  return awaits(`it cannot be compared: ${reason}`);
}

function awaits(reason: string): Judgement {
  return { kind: 'awaits', reason, differences: [] };
}
