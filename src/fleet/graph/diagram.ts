import { type BrokenNode, type Graph, type GraphNode, inOrder } from '#compiler/resolve/graph.js';
import { calledOf } from '#compiler/tellBroken.js';
import type { Reference } from '#core/reference/brands.js';
import type { StateName } from '../status/states.js';

/** How a run ended for an image, where that is no state: `failed` is drawn as what is broken. */
type EndState = 'built' | 'failed' | 'skipped' | 'unfinished';

/** What a box is coloured by; `broken` is known without asking anybody. */
export type BoxState = StateName | 'broken' | EndState;

export interface Box {
  /** Of this box alone: the reference of an image; of other boxes it has a space, which no reference has. */
  readonly id: string;
  readonly kind: 'image' | 'external' | 'folded';
  /** From top to bottom; not escaped. */
  readonly lines: readonly string[];
  /** Absent: nobody was asked. */
  readonly state?: BoxState;
  /** The command line names it. */
  readonly named?: true;
  /** The names of all images in a folded box. */
  readonly members?: readonly string[];
}

/** From a parent to its child: the child is built on it, or takes something of it (COPY, a mount, another stage). */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly kind: 'base' | 'use';
}

/** Boxes and arrows in a fixed order: parents before children, ties by reference. */
export interface Diagram {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

export interface DiagramInput {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  /** Selected images that are broken and have no reference. */
  readonly unnamed: readonly BrokenNode[];
  readonly named: ReadonlySet<Reference>;
  /** Also the external references, each once. */
  readonly bases: boolean;
  /** Absent: nobody was asked. */
  readonly states?: ReadonlyMap<Reference, StateName>;
  readonly nameOf: (reference: string) => string;
}

/** The selected images, and how they use each other. */
export function diagramOf(input: DiagramInput): Diagram {
  const nodes = inOrder(input.graph).filter(({ reference }) => input.selected.has(reference));
  const externals = new Set<string>();
  const boxes: Box[] = [];
  const arrows: Arrow[] = [];
  for (const node of nodes) {
    boxes.push(imageBox(node, input));
    arrows.push(...arrowsTo(node, input.selected));
    const used = new Set((input.bases ? node.sound?.externals : [])?.map(({ written }) => written));
    for (const written of used) {
      externals.add(written);
      arrows.push(arrowFrom(externalId(written), node, written === node.sound?.base));
    }
  }
  for (const { image } of input.unnamed) {
    const id = `broken ${image.shown} ${image.repository ?? ''}`;
    if (!boxes.some((box) => box.id === id)) {
      const lines = [input.nameOf(calledOf(image)), 'broken'];
      boxes.push({ id, kind: 'image', lines, state: 'broken' });
    }
  }
  const outer = [...externals]
    .sort()
    .map((written): Box => ({ id: externalId(written), kind: 'external', lines: [written] }));
  return { boxes: [...outer, ...boxes], arrows };
}

/** How many links from parents that are not selected, and so not in the diagram, its images have. */
export function linksOutside({
  graph,
  selected,
}: Pick<DiagramInput, 'graph' | 'selected'>): number {
  let count = 0;
  for (const { reference, parents } of inOrder(graph)) {
    if (selected.has(reference)) {
      count += new Set(parents.map(({ parent }) => parent).filter((each) => !selected.has(each)))
        .size;
    }
  }
  return count;
}

function imageBox({ reference, broken }: GraphNode, { nameOf, named, states }: DiagramInput): Box {
  const state = broken === undefined ? states && (states.get(reference) ?? 'unknown') : 'broken';
  return {
    id: reference,
    kind: 'image',
    lines: state === undefined ? [nameOf(reference)] : [nameOf(reference), state],
    ...(state === undefined ? {} : { state }),
    ...(named.has(reference) ? { named: true } : {}),
  };
}

/** One arrow from each selected parent, however often the Dockerfile names it. */
function arrowsTo(node: GraphNode, selected: ReadonlySet<Reference>): readonly Arrow[] {
  const arrows = new Map<Reference, Arrow>();
  for (const { parent, kind } of node.parents) {
    if (!selected.has(parent)) {
      continue;
    }
    // Of a broken image the last stage is not known.
    const isBase = node.sound === undefined ? kind === 'from' : node.sound.base === parent;
    if (isBase || !arrows.has(parent)) {
      arrows.set(parent, arrowFrom(parent, node, isBase));
    }
  }
  return [...arrows.values()];
}

function arrowFrom(from: string, { reference }: GraphNode, isBase: boolean): Arrow {
  return { from, to: reference, kind: isBase ? 'base' : 'use' };
}

function externalId(written: string): string {
  return `external ${written}`;
}
