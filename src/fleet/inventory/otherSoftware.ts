import { blubberOf } from '#compiler/definitions/definition.js';
import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { Span } from '#formats/dockerfile/dockerfile.js';
import { fetchSteps } from '#formats/dockerfile/fetches.js';
import { fetchingTool } from './fetchCommands.js';

/** What brings software into an image beside the packages of apt. */
export interface OtherSoftware {
  /** As a person would name it: `curl`, `pip install`, `ADD of a URL`. */
  readonly tool: string;
  readonly place: Place;
  /** The image whose Dockerfile it is in, where that is one that this is built on. */
  readonly from?: Reference;
}

/** A fetch in a Dockerfile, from 1. */
interface Fetch {
  readonly tool: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The evidence that images have other software than Debian packages: their own, and what they get from images
 * of the trees by FROM or COPY. Images without any are left out.
 */
export function otherSoftware(graph: Graph): ReadonlyMap<Reference, readonly OtherSoftware[]> {
  const found = new Map<Reference, readonly OtherSoftware[]>();
  // Parents come first.
  for (const image of graph.images) {
    const inherited = image.parents
      .filter(({ kind }) => kind !== 'mount')
      .flatMap(({ parent }) =>
        (found.get(parent) ?? []).map((each) => ({ ...each, from: each.from ?? parent })),
      );
    const all = distinct([...ownFetches(image), ...inherited]);
    if (all.length > 0) {
      found.set(image.reference, all);
    }
  }
  return found;
}

function ownFetches({ rendered, externals }: ResolvedImage): OtherSoftware[] {
  const blubber = blubberOf(rendered.definition);
  const fetches =
    blubber?.installs ??
    fetchesIn(rendered.dockerfile).map(({ tool, line, column }) => ({
      tool,
      place: rendered.placeOf(line, column),
    }));
  const copies = externals
    .filter(({ kind }) => kind === 'copy')
    .map(({ written, place }) => ({ tool: `COPY from ${written}`, place }));
  return [...fetches, ...copies];
}

/** By two ways the same evidence may come. */
function distinct(evidence: readonly OtherSoftware[]): OtherSoftware[] {
  const keyed = evidence.map((each) => {
    const { file, line = 0, column = 0 } = each.place;
    return [JSON.stringify([each.tool, file, line, column]), each] as const;
  });
  return [...new Map(keyed.toReversed()).values()].toReversed();
}

/** The commands and instructions of a Dockerfile that fetch, in its order. */
export function fetchesIn(dockerfile: string): readonly Fetch[] {
  return fetchSteps(dockerfile).flatMap((step) =>
    step.kind === 'add'
      ? [fetchAt('ADD of a URL', step.span)]
      : step.programs.flatMap((program) => {
          const tool = fetchingTool(program);
          return tool === undefined ? [] : [fetchAt(tool, program.span)];
        }),
  );
}

function fetchAt(tool: string, { line, column }: Span): Fetch {
  return { tool, line, column };
}
