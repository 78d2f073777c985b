import { addTo } from '#core/data/groups.js';
import { median } from '../durations/durations.js';
import { type Linked, layoutOf, timeOf } from './layout.js';

/** An image to build in a job, and how long that usually takes, in milliseconds. */
export interface MatrixImage {
  readonly reference: string;
  /** Those that no other job of the matrix builds do not count. */
  readonly parents: readonly string[];
  /** Undefined: no run has measured it. It counts as the median of the others. */
  readonly milliseconds: number | undefined;
}

/** What one machine builds, from nothing. */
interface MatrixJob {
  /** Parents first. */
  readonly images: readonly string[];
  /** The jobs that build parents of its images, by their place in the matrix; each in an earlier stage. */
  readonly needs: readonly number[];
  /** From 0. */
  readonly stage: number;
  /** Its images one after the other. */
  readonly milliseconds: number;
}

/** The images in jobs, stage by stage; no job needs another one of its own stage. */
export interface Partition {
  readonly jobs: readonly MatrixJob[];
  readonly stages: number;
  /** Where each stage waits for the whole of the one before, and each job has a machine. */
  readonly milliseconds: number;
}

/**
 * Cuts images into at most `most` jobs. What is linked stays together while that costs little: each stage is one more
 * wait, and one more journey of images through a registry.
 *
 * @param images parents before children, each once
 * @param most from 1
 */
export function partition(images: readonly MatrixImage[], most: number): Partition {
  const nodes = nodesOf(images);
  let cuts: readonly Cut[] = [];
  let best = partitionAt(nodes, cuts, most);
  const candidates = most === 1 ? [] : cutsOf(nodes);
  for (let stages = 2; stages <= Math.min(mostStages, most); stages++) {
    const tried = candidates.map((cut) => {
      const all = [...cuts, cut];
      return { cuts: all, found: partitionAt(nodes, all, most) };
    });
    const first = tried.reduce<(typeof tried)[number] | undefined>(
      (least, each) =>
        least === undefined || each.found.milliseconds < least.found.milliseconds ? each : least,
      undefined,
    );
    if (first === undefined || first.found.milliseconds > best.milliseconds * worthwhile) {
      break;
    }
    ({ cuts, found: best } = first);
  }
  return best;
}

/** What a further stage must leave of the time to be made. */
const worthwhile = 0.9;

const mostStages = 4;

/** So many places to cut are tried by each measure. */
const tries = 24;

interface Node extends Linked {
  readonly parents: readonly Node[];
  /** What waits for it: each never less than that of a child. */
  pathBelow: number;
  workBelow: number;
}

type Measure = 'pathBelow' | 'workBelow';

/** Parts images from those that more than `limit` waits for: with an image, all its ancestors are on that side. */
interface Cut {
  readonly measure: Measure;
  readonly limit: number;
}

function nodesOf(images: readonly MatrixImage[]): readonly Node[] {
  const usual = median(images.flatMap(({ milliseconds }) => milliseconds ?? []));
  const nodes = new Map<string, Node>();
  let work = 0;
  for (const { reference, parents, milliseconds } of images) {
    // Never nothing, so that images of which nothing is known are shared by their number.
    const own = Math.max(1, milliseconds ?? usual);
    const above = [...new Set(parents)].flatMap((parent) => nodes.get(parent) ?? []);
    nodes.set(reference, {
      reference,
      parents: above,
      milliseconds: own,
      pathBelow: 0,
      workBelow: 0,
    });
    work += own;
  }
  const all = [...nodes.values()];
  for (const { parents, milliseconds, pathBelow, workBelow } of all.toReversed()) {
    for (const parent of parents) {
      parent.pathBelow = Math.max(parent.pathBelow, milliseconds + pathBelow);
      // What is below two children counts twice: no more than all there is, and no less than any child's.
      parent.workBelow = Math.min(work, parent.workBelow + milliseconds + workBelow);
    }
  }
  return all;
}

/** Where to try to cut: evenly among the values that there are. */
function cutsOf(nodes: readonly Node[]): readonly Cut[] {
  return (['pathBelow', 'workBelow'] as const).flatMap((measure) => {
    const values = [...new Set(nodes.map((node) => node[measure]))].sort((a, b) => a - b);
    // Nothing is above the highest.
    const limits = values.slice(0, -1);
    const step = Math.max(1, limits.length / tries);
    const chosen = Array.from({ length: Math.min(tries, limits.length) }, (_, at) =>
      limits.at(Math.floor(at * step)),
    );
    return chosen.flatMap((limit) => (limit === undefined ? [] : { measure, limit }));
  });
}

function partitionAt(nodes: readonly Node[], cuts: readonly Cut[], most: number): Partition {
  const stageOf = (node: Node): number =>
    cuts.filter(({ measure, limit }) => node[measure] <= limit).length;
  const byStage = new Map<number, Node[]>();
  for (const node of nodes) {
    addTo(byStage, stageOf(node), node);
  }
  // Two cuts may be one: stages without images are left out.
  const cutUp = [...byStage].sort(([a], [b]) => a - b).map(([, each]) => each);
  const stages = cutUp.length === 0 ? [] : layoutOf(cutUp, most);
  const jobs: MatrixJob[] = [];
  const jobOf = new Map<Node, number>();
  const order = new Map(nodes.map((node, at) => [node, at]));
  for (const [stage, shares] of stages.entries()) {
    const first = jobs.length;
    for (const share of shares) {
      const own = [...share.nodes].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
      for (const node of own) {
        jobOf.set(node, jobs.length);
      }
      const above = own.flatMap(({ parents }) => parents.flatMap((each) => jobOf.get(each) ?? []));
      jobs.push({
        images: own.map(({ reference }) => reference),
        needs: [...new Set(above)].filter((job) => job < first).sort((a, b) => a - b),
        stage,
        milliseconds: share.milliseconds,
      });
    }
  }
  return { jobs, stages: stages.length, milliseconds: timeOf(stages) };
}
