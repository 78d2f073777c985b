import type { BoxState } from './diagram.js';

/** Of a box; the text is dark on a light fill, so that it is legible on a light page and on a dark one. */
export interface Look {
  readonly fill: string;
  readonly border: string;
}

export const text = '#1f2328';

/** Between boxes: halfway between white and black. */
export const arrow = '#7d8590';

/** Of a box whose state nobody asked for. */
export const plain: Look = { fill: '#f6f8fa', border: '#57606a' };

/** The state is in the text of the box too: nobody has to tell colours apart. */
export const looks: Readonly<Record<BoxState, Look>> = {
  published: { fill: '#dafbe1', border: '#1a7f37' },
  local: { fill: '#ddf4ff', border: '#0969da' },
  absent: { fill: '#fff8c5', border: '#9a6700' },
  drifted: { fill: '#ffd8b5', border: '#bc4c00' },
  lost: { fill: '#fbefff', border: '#8250df' },
  unknown: { fill: '#d0d7de', border: '#57606a' },
  broken: { fill: '#ffcecb', border: '#cf222e' },
  built: { fill: '#ddf4ff', border: '#0969da' },
  failed: { fill: '#ffcecb', border: '#cf222e' },
  skipped: { fill: '#fff8c5', border: '#9a6700' },
  unfinished: { fill: '#d0d7de', border: '#57606a' },
};
