/** Folds the events of a bake call into steps: what ran, for whom, how it ended, what it said. */
import { StringDecoder } from 'node:string_decoder';
import { owners } from './owners.js';
import type { ProgressEvent, VertexEvent } from './rawjson.js';
import type { BuildStep } from './step.js';
import type { BakeTarget, Lineage } from './targets.js';

export interface StepTracker {
  take(event: ProgressEvent): void;
  readonly steps: readonly BuildStep[];
  step(digest: string): BuildStep | undefined;
  /** The targets whose own step it is. */
  owners(step: BuildStep): readonly BakeTarget[];
}

const tailLines = 60;
const longestLine = 4_000;

class OpenStep implements BuildStep {
  readonly digest: string;
  instruction = '';
  internal = false;
  stage?: string;
  number?: string;
  readonly reporters: BakeTarget[] = [];
  started?: number;
  completed?: number;
  cached = false;
  error?: string;
  readonly #lines: string[] = [];
  readonly #stdout = new LineSplitter();
  readonly #stderr = new LineSplitter();

  constructor(digest: string) {
    this.digest = digest;
  }

  get tail(): readonly string[] {
    const unfinished = [this.#stdout.rest, this.#stderr.rest].filter((rest) => rest !== '');
    return [...this.#lines, ...unfinished].map(shown);
  }

  /** Takes what a vertex says of this step, with its name in parts and the target that it names. */
  update(vertex: VertexEvent, name: StepName, reporter: BakeTarget | undefined): void {
    this.instruction = name.instruction;
    this.internal = name.internal;
    if (name.stage !== undefined) {
      this.stage = name.stage;
    }
    if (name.number !== undefined) {
      this.number = name.number;
    }
    if (reporter !== undefined && !this.reporters.includes(reporter)) {
      this.reporters.push(reporter);
    }
    if (vertex.started !== undefined) {
      this.started ??= Date.parse(vertex.started);
    }
    if (vertex.completed !== undefined) {
      this.completed = Date.parse(vertex.completed);
    }
    this.cached ||= vertex.cached;
    if (vertex.error !== undefined) {
      this.error = vertex.error;
    }
  }

  append(stream: 'stdout' | 'stderr', data: Uint8Array): void {
    const splitter = stream === 'stdout' ? this.#stdout : this.#stderr;
    const lines = splitter.take(data);
    this.#lines.push(...lines.slice(-tailLines));
    if (this.#lines.length > tailLines) {
      this.#lines.splice(0, this.#lines.length - tailLines);
    }
  }
}

/** Bytes cut anywhere, as the lines that they are. */
class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  /** What is after the last newline. */
  rest = '';

  take(data: Uint8Array): string[] {
    const lines = (this.rest + this.#decoder.write(Buffer.from(data))).split('\n');
    this.rest = (lines.pop() ?? '').slice(-longestLine);
    return lines;
  }
}

export function trackSteps(lineage: Lineage): StepTracker {
  const steps = new Map<string, OpenStep>();
  const [only] = lineage.targets;
  const single = lineage.targets.length === 1 ? only : undefined;

  const open = (digest: string): OpenStep => {
    let step = steps.get(digest);
    if (step === undefined) {
      step = new OpenStep(digest);
      steps.set(digest, step);
    }
    return step;
  };

  return {
    take(event) {
      if (event.kind === 'vertex') {
        const name = parseStepName(event.name, single === undefined ? lineage : undefined);
        const reporter =
          single ?? (name.target === undefined ? undefined : lineage.find(name.target));
        open(event.digest).update(event, name, reporter);
      } else if (event.kind === 'log') {
        open(event.vertex).append(event.stream, event.data);
      }
    },
    get steps() {
      return [...steps.values()];
    },
    step: (digest) => steps.get(digest),
    owners: (step) => owners(step, lineage),
  };
}

interface StepName {
  readonly target?: string;
  readonly stage?: string;
  readonly number?: string;
  readonly internal: boolean;
  readonly instruction: string;
}

/** The parts of a vertex's name: `[target stage 2/3] RUN make`, every part of the prefix optional. */
function parseStepName(name: string, lineage: Lineage | undefined): StepName {
  const match = /^\[([^\]]*)\] (.*)$/s.exec(name);
  if (match === null) {
    return { internal: false, instruction: name };
  }
  const [, prefix = '', instruction = ''] = match;
  const words = prefix.split(' ');
  const [first = ''] = words;
  // `[internal] load local bake definitions` belongs to no target, even to one of that name.
  const prefixed = lineage?.has(first) === true && prefix !== 'internal';
  const rest = prefixed ? words.slice(1) : words;
  const number = rest.find((word) => /^\d+\/\d+$/.test(word));
  const stage = rest.find((word) => word !== number && word !== 'internal' && !word.includes('/'));
  return {
    ...(prefixed ? { target: first } : {}),
    ...(stage === undefined || number === undefined ? {} : { stage }),
    ...(number === undefined ? {} : { number }),
    internal: rest.includes('internal'),
    instruction,
  };
}

/** What a terminal would show of a line on which a progress bar was drawn over itself. */
function shown(line: string): string {
  const drawn = line.replace(/\r+$/, '');
  return drawn.slice(drawn.lastIndexOf('\r') + 1).slice(0, longestLine);
}
