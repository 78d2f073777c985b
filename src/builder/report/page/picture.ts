import { draw } from '#adapters/graphviz/draw.js';
import type { Arrow, Box, Diagram } from '#fleet/graph/diagram.js';
import { emitDot } from '#fleet/graph/dot.js';
import { folded } from '#fleet/graph/fold.js';
import type { PageImage, PageModel } from './model.js';

/** The graph of what a run did something with. */
export interface PagePicture {
  /** An SVG file; absent: there is nothing to draw, or too much. */
  readonly svg?: string;
  /** What the picture leaves out, or why there is none. */
  readonly note?: string;
}

/** More boxes are not legible on a page. */
const mostBoxes = 160;

/** Draws what was touched. Where that is too much, only what failed and the chain that took longest, with what they are built on. */
export async function pagePicture(model: PageModel): Promise<PagePicture> {
  const touched = new Set(
    model.images.flatMap(({ ending }, at) => (ending === 'untouched' ? [] : [at])),
  );
  if (touched.size < 2) {
    return {};
  }
  const whole = folded(diagramOf(model, touched));
  if (whole.boxes.length <= mostBoxes) {
    return drawn(whole, undefined);
  }
  const chosen = withParents(model, new Set([...failedOnes(model), ...model.critical.images]));
  const note = `${chosen.size} of ${touched.size} images: what failed, and the chain that took longest, with what they are built on`;
  const part = folded(diagramOf(model, chosen));
  return part.boxes.length <= mostBoxes
    ? drawn(part, note)
    : { note: `${touched.size} images are too many for a legible picture` };
}

async function drawn(diagram: Diagram, note: string | undefined): Promise<PagePicture> {
  const drawing = await draw(emitDot(diagram), 'svg');
  return drawing.kind === 'drawn'
    ? { svg: drawing.text, ...(note === undefined ? {} : { note }) }
    : { note: `Graphviz cannot draw these images: ${drawing.message}` };
}

function failedOnes({ images }: PageModel): readonly number[] {
  return images.flatMap(({ ending }, at) => (ending === 'failed' ? [at] : []));
}

function withParents({ images }: PageModel, wanted: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(wanted);
  // What is added while it is gone through is gone through too.
  for (const at of all) {
    for (const { image } of images[at]?.parents ?? []) {
      if (image !== undefined && images[image]?.ending !== 'untouched') {
        all.add(image);
      }
    }
  }
  return all;
}

function diagramOf({ images, critical }: PageModel, wanted: ReadonlySet<number>): Diagram {
  const onPath = new Set(critical.images);
  const boxes: Box[] = [];
  const arrows: Arrow[] = [];
  for (const [at, image] of images.entries()) {
    if (!wanted.has(at)) {
      continue;
    }
    boxes.push(boxOf(image, onPath.has(at)));
    const parents = new Set(image.parents.map((parent) => parent.image));
    for (const parent of parents) {
      const from = parent === undefined || !wanted.has(parent) ? undefined : images[parent];
      if (from !== undefined) {
        arrows.push({ from: from.reference, to: image.reference, kind: 'base' });
      }
    }
  }
  return { boxes, arrows };
}

/** The chain that took longest is drawn as what the command line names is: with a thick border, and never folded. */
function boxOf({ reference, name, ending }: PageImage, isCritical: boolean): Box {
  return {
    id: reference,
    kind: 'image',
    lines: [name, ending],
    ...(ending === 'untouched' ? {} : { state: ending }),
    ...(isCritical ? { named: true } : {}),
  };
}
