import type { Graph, ResolvedImage } from '#compiler/resolve/graph.js';
import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import { type Instruction, walkInstructions } from '#formats/dockerfile/instructions.js';
import { jsonForm, splitCommand, splitWords } from '#formats/dockerfile/words.js';
import { fetchCommands, fetchesOf } from './fetchCommands.js';

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
  const fetches = fetchesIn(rendered.dockerfile).map(({ tool, line, column }) => ({
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
  const found: Fetch[] = [];
  walkInstructions(
    dockerfile,
    (instruction) => found.push(...fetchesOfInstruction(instruction)),
    (name, { text, line }) => {
      if (name === 'run') {
        for (const { tool, at } of fetchCommands(text)) {
          const before = text.slice(0, at).split('\n');
          found.push({
            tool,
            line: line + before.length - 1,
            column: (before.at(-1)?.length ?? 0) + 1,
          });
        }
      }
    },
  );
  return found;
}

function fetchesOfInstruction({ name, command, lines }: Instruction): Fetch[] {
  if (name === 'onbuild') {
    const inner = splitCommand(command.rest, '\\');
    const keyword = inner.keyword.toLowerCase();
    const shifted = { ...inner, restAt: inner.restAt + command.restAt };
    return keyword === 'onbuild'
      ? []
      : fetchesOfInstruction({ name: keyword, command: shifted, hasHeredocs: false, lines });
  }
  const at = (offset: number) => {
    const { line, column } = lines.span(command.restAt + offset, 1);
    return { line, column };
  };
  const json = jsonForm(command.rest);
  if (name === 'run') {
    const fetches =
      json.kind === 'array'
        ? fetchesOf(
            json.items.map((text) => ({ text, at: 0 })),
            0,
          )
        : fetchCommands(command.rest);
    return fetches.map((fetch) => ({ tool: fetch.tool, ...at(fetch.at) }));
  }
  if (name === 'add') {
    const words =
      json.kind === 'array'
        ? json.items.map((text) => ({ text, at: 0 }))
        : splitWords(command.rest, lines.escape);
    const remote = words.slice(0, -1).filter(({ text }) => isRemote(text));
    return remote.map((word) => ({ tool: 'ADD of a URL', ...at(word.at) }));
  }
  return [];
}

/** What BuildKit's ADD fetches: http, and git in its forms. */
function isRemote(source: string): boolean {
  return /^["']?(?:(?:https?|git|ssh):\/\/|git@|github\.com\/)/i.test(source);
}
