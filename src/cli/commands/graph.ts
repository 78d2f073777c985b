import { resolve } from 'node:path';
import { trackedLink } from '#adapters/git/trackedLink.js';
import { withGraph } from '#compiler/compile.js';
import type { BrokenNode, Graph } from '#compiler/resolve/graph.js';
import { tellBroken } from '#compiler/tellBroken.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { writeFile } from '#core/files/writeFile.js';
import type { Reference } from '#core/reference/brands.js';
import { type Diagram, diagramOf, linksOutside } from '#fleet/graph/diagram.js';
import { emitDot } from '#fleet/graph/dot.js';
import { folded } from '#fleet/graph/fold.js';
import { emitMermaid, limits } from '#fleet/graph/mermaid.js';
import type { StateName } from '#fleet/status/states.js';
import { compileTrees } from '../compileTrees.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { report, reportFolded } from '../terminal/report.js';
import { shortNames } from '../terminal/shortNames.js';
import { withSignals } from '../terminal/signals.js';
import type { GraphInput } from './graph.command.js';

/** What is drawn: compiled trees, perhaps with what registries and engine say. */
interface Subject {
  readonly graph: Graph;
  readonly selected: ReadonlySet<Reference>;
  readonly named: ReadonlySet<Reference>;
  readonly broken: readonly BrokenNode[];
  readonly states?: ReadonlyMap<Reference, StateName>;
}

/**
 * Draws the selected images, broken ones among them: that alone is no failure. Ends with 3 where a state was
 * asked for and is not known.
 */
export async function run(input: GraphInput, io: Io): Promise<ExitCode> {
  const problem = unsuitableOutput(input, io);
  if (problem !== undefined) {
    report(io, [problem]);
    return exit.wrong;
  }
  // Only while something is asked: drawing is one piece of work, which Ctrl-C ends at once.
  const subject = input.states
    ? await withSignals((signal) => askedSubject(input, io, signal))
    : compiledSubject(input, io);
  if (typeof subject === 'number') {
    return subject;
  }
  const { graph, broken, states } = subject;
  const whole = diagramOf({
    ...subject,
    named: namedOnes(subject, input, io),
    unnamed: broken.filter(({ image }) => image.reference === undefined),
    bases: input.bases,
    nameOf: shortNames(graph.images.map(({ reference }) => reference)),
  });
  const diagram = input.fold ? folded(whole) : whole;
  const drawn = await textOf(diagram, input.format);
  const failed = typeof drawn === 'string' ? write(drawn, input, io) : drawn;
  if (failed !== undefined) {
    report(io, [failed]);
    return exit.wrong;
  }
  io.say(summary(whole, diagram, subject));
  sayLimits(diagram, drawn, input, io);
  const isUnknown = [...(states?.values() ?? [])].includes('unknown');
  return isUnknown ? exit.unusable : exit.done;
}

function compiledSubject(input: GraphInput, io: Io): Subject | ExitCode {
  const compiled = compileTrees({ ...input, words: 'images', named: 'shown' }, io);
  if (compiled === undefined) {
    return exit.wrong;
  }
  const broken = compiled.broken.selected;
  reportFolded(io, [...compiled.diagnostics, ...tellBroken(compiled.graph, broken)]);
  return { ...compiled, broken };
}

async function askedSubject(
  input: GraphInput,
  io: Io,
  signal: AbortSignal,
): Promise<Subject | ExitCode> {
  const { askFleet } = await import('../askFleet.js');
  const asked = await askFleet({ ...input, pull: true, asks: 'all' }, io, signal);
  if (typeof asked === 'number') {
    return asked;
  }
  const { compiled, contexts, graph, prepared } = asked;
  const { selected, named } = compiled;
  const broken = withGraph(compiled, graph).broken.selected;
  reportFolded(io, [
    ...compiled.diagnostics,
    ...contexts.diagnostics,
    ...tellBroken(graph, broken),
    ...prepared.untold,
  ]);
  const states = new Map(
    prepared.decisions
      .filter(({ reference }) => selected.has(reference))
      .map(({ reference, state }) => [reference, state]),
  );
  return { graph, selected, named, broken, states };
}

/** Those that a word means: by name, or by their own directory. */
function namedOnes(
  { graph, named, selected }: Subject,
  { trees }: GraphInput,
  io: Io,
): ReadonlySet<Reference> {
  const directories = new Set(trees.directories.map((word) => resolve(io.cwd, word)));
  const there = graph.images
    .filter(({ rendered }) =>
      directories.has(rendered.definition.home ?? rendered.definition.directory),
    )
    .map(({ reference }) => reference)
    .filter((reference) => selected.has(reference));
  return new Set([...named, ...there]);
}

/** Told before anything is read or asked. */
function unsuitableOutput({ format, output }: GraphInput, io: Io): Diagnostic | undefined {
  if (output !== undefined) {
    return trackedLink(resolve(io.cwd, output), output);
  }
  return format === 'svg' && io.outWidth() !== undefined
    ? error('usage', 'a picture is not for a terminal', { hint: 'write it to a file: -o FILE' })
    : undefined;
}

async function textOf(
  diagram: Diagram,
  format: GraphInput['format'],
): Promise<string | Diagnostic> {
  if (format === 'mermaid') {
    return emitMermaid(diagram);
  }
  const dot = emitDot(diagram);
  if (format === 'dot') {
    return dot;
  }
  const { draw } = await import('#adapters/graphviz/draw.js');
  const drawing = await draw(dot, 'svg');
  return drawing.kind === 'drawn'
    ? drawing.text
    : error('graph-not-drawn', `Graphviz cannot draw these images: ${drawing.message}`, {
        hint: 'select fewer images, or write them with --format dot',
      });
}

function write(text: string, { output }: GraphInput, io: Io): Diagnostic | undefined {
  if (output === undefined) {
    io.write(text);
    return undefined;
  }
  return writeFile(resolve(io.cwd, output), output, text);
}

function summary(whole: Diagram, { boxes }: Diagram, subject: Subject): string {
  const images = whole.boxes.filter(({ kind }) => kind === 'image').length;
  const hidden = images - boxes.filter(({ kind }) => kind === 'image').length;
  const outside = linksOutside(subject);
  return [
    `${count(images, 'image')}, ${count(whole.arrows.length, 'link')}`,
    ...(hidden === 0 ? [] : [`; ${hidden} of them folded (--no-fold shows each)`]),
    ...(outside === 0
      ? []
      : [
          `; ${count(outside, 'link')} from parents that are not selected left out (--with-parents)`,
        ]),
  ].join('');
}

function sayLimits({ arrows }: Diagram, text: unknown, { format }: GraphInput, io: Io): void {
  const isLong = typeof text === 'string' && text.length > limits.characters;
  if (format === 'mermaid' && (isLong || arrows.length > limits.arrows)) {
    io.say(
      `GitHub does not draw this: it takes at most ${limits.arrows} links and ${limits.characters} characters; select fewer images, or use --format svg`,
    );
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
