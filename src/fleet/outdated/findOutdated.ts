import { type AptSettings, openApt } from '#adapters/apt/apt.js';
import { withAncestors } from '#compiler/plan/definitionDigest.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import {
  askInventories,
  type ImageInventory,
  type InventoryRequest,
} from '../inventory/askInventories.js';
import type { Inventory } from '../inventory/inventory.js';
import { otherSoftware } from '../inventory/otherSoftware.js';
import { askApt } from './askApt.js';
import { askBases } from './askBases.js';
import { type LookedAt, type Outdated, outdatedOf, type WantedPackages } from './outdated.js';
import { type ReadImage, type RebuiltBase, rebuiltBases } from './rebuiltBases.js';
import { withRecipes } from './recipeCandidates.js';

export interface OutdatedRequest extends Omit<InventoryRequest, 'looked'> {
  readonly wanted: WantedPackages;
  readonly apt: Omit<AptSettings, 'signal'>;
  /** Root filesystems would be made as of this day. */
  readonly now: Date;
  /** Hears when all inventories are read, and then of how many of them apt was asked about. */
  readonly onAsked: (done: number, of: number) => void;
}

export type FoundOutdated =
  | {
      readonly kind: 'found';
      readonly result: Outdated;
      /** Of the selected images and of what they are built on. */
      readonly inventories: readonly ImageInventory[];
      readonly looked: ReadonlyMap<Reference, LookedAt>;
      /** Of images from outside the trees, by reference. */
      readonly bases: ReadonlyMap<string, Inventory>;
      /** Of the selected images; those that stand on what their base was earlier. */
      readonly rebuilt: readonly RebuiltBase[];
      /** One of the selected images could not be read. */
      readonly hasFailed: boolean;
      /** Why apt could not be asked about any of them. */
      readonly problem?: Diagnostic;
    }
  | { readonly kind: 'cancelled' };

/**
 * Reads what the selected images have, in the registry or else in the engine, and asks apt what is newer. `facts` are of
 * these images and of all that they are built on (`withAllAncestors`).
 */
export async function findOutdated(request: OutdatedRequest): Promise<FoundOutdated> {
  const { graph, selected, wanted, signal, onAsked } = request;
  const asked = { ...request, selected: withAllAncestors(graph, selected) };
  const inventories = await askInventories({ ...asked, looked: { kind: 'current' } });
  const outside = await askBases(asked);
  const bases = new Map([...outside].map(([base, { inventory }]) => [base, inventory]));
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  onAsked(0, inventories.length);
  const opened = await openApt({ ...request.apt, signal });
  if (opened.kind === 'cancelled') {
    return opened;
  }
  const problem =
    opened.kind === 'unusable'
      ? { problem: warning('apt', opened.reason, { hint: opened.hint }) }
      : {};
  try {
    const questions = inventories.map(({ reference, found }) => {
      const proxy = proxyOf(graph, reference);
      return { key: reference, found, ...(proxy === undefined ? {} : { proxy }) };
    });
    const looked = await askApt(questions, opened, (done) => onAsked(done, inventories.length));
    if (signal.aborted) {
      return { kind: 'cancelled' };
    }
    const others = new Set(otherSoftware(graph).keys());
    const found = outdatedOf({ graph, selected, looked, bases, otherSoftware: others, wanted });
    const asked = { graph, updates: found.updates, inventories, now: request.now };
    const result = { ...found, updates: await withRecipes(asked, opened) };
    if (signal.aborted) {
      return { kind: 'cancelled' };
    }
    const read = new Map<string, ReadImage>(outside);
    for (const { reference, found: each } of inventories) {
      if (each.kind === 'read') {
        read.set(reference, each);
      }
    }
    const rebuilt = rebuiltBases(graph, selected, read);
    const hasFailed = result.images.some(
      ({ reference }) => looked.get(reference)?.kind === 'failed',
    );
    return { kind: 'found', result, inventories, looked, bases, rebuilt, hasFailed, ...problem };
  } finally {
    if (opened.kind === 'opened') {
      opened.apt.close();
    }
  }
}

function proxyOf(graph: Graph, reference: Reference): string | undefined {
  const image =
    graph.byReference.get(reference)?.rendered.definition ??
    graph.broken.find((node) => node.image.reference === reference)?.image;
  return image?.tree.config.aptOnlyProxy || undefined;
}

/** What an image is built on says where its packages come in. */
export function withAllAncestors(
  graph: Graph,
  selected: ReadonlySet<Reference>,
): ReadonlySet<Reference> {
  return new Set([...selected, ...withAncestors(graph, selected).map((image) => image.reference)]);
}
