import { posix } from 'node:path';
import type { Dockerfile, Span, Trigger } from './dockerfile.js';
import { expansionBudget } from './expand.js';
import { type FollowOptions, reachedStages } from './follow.js';
import { parseHeredoc } from './heredoc.js';
import { walkInstructions } from './instructions.js';
import { readDockerfile } from './read.js';
import { splitBlanks } from './space.js';
import { StageVariables, type VariableOptions } from './stageVariables.js';
import { pathPattern } from './takenPaths.js';
import type { NamedSource } from './targets.js';
import { globalVariables } from './variables.js';
import { type Command, jsonForm, splitCommand, splitCsv } from './words.js';

/** What a build takes of its context. */
export interface ContextUse {
  /** Whether it may take anything: a source is the context itself, or cannot be resolved. */
  readonly everything: boolean;
  /** The sources that name less, in the order of the file, those of ONBUILDs first. */
  readonly sources: readonly ContextSource[];
}

/** A file or directory of the context that an instruction takes. */
export interface ContextSource {
  readonly instruction: 'copy' | 'add' | 'mount' | 'copies';
  /** Relative to the context and `/`-separated: without `.`, `..` and empty parts. */
  readonly path: string;
  /** Whether `path` is a pattern, as `TakenPaths` reads it. */
  readonly isPattern: boolean;
  /** In the Dockerfile; of an ONBUILD of another file, that of the FROM. */
  readonly span: Span;
}

export interface ContextUseOptions extends Omit<FollowOptions, 'triggersOf'> {
  /** The ONBUILD instructions of an image that a FROM names (`onbuildInstructions`), where known. */
  readonly onbuildOf?: (image: string) => readonly string[];
}

/**
 * Which paths of its context the stages of a Dockerfile that are built take: the sources of COPY and
 * ADD without `--from`, of `RUN --mount=type=bind` without `from`, and of the ONBUILDs that run in
 * them (BuildKit's dockerfile2llb, `ctxPaths`). Variables have the values of ARG, ENV and `args`; one
 * that a base outside of the file may set, or that only the builder knows, is not known: the source
 * is then the directory before it.
 */
export function contextUse(text: string, options: ContextUseOptions = {}): ContextUse {
  const dockerfile = readDockerfile(text);
  const reader = new UseReader(dockerfile, options);
  walkInstructions(text, ({ name, command, lines }) => {
    if (name === 'from') {
      reader.from(lines.span(command.restAt, command.rest.length));
    } else {
      const at = lines.span(command.restAt, Math.max(1, command.rest.length));
      const spanOf = (offset: number, length: number) =>
        lines.span(command.restAt + offset, length);
      reader.instruction(name, command, lines.escape, at, spanOf);
    }
  });
  return reader.found();
}

/** What an image has its children run: the ONBUILDs of its final stage, each as it is written. */
export function onbuildInstructions(
  text: string,
  options: Pick<FollowOptions, 'stage'> = {},
): readonly string[] {
  const { stages } = readDockerfile(text);
  const wanted = options.stage?.toLowerCase();
  const final =
    wanted === undefined
      ? stages.length - 1
      : stages.findLastIndex(({ name = '' }) => name === wanted);
  const found: string[] = [];
  let stage = -1;
  walkInstructions(text, ({ name, command }) => {
    if (name === 'from') {
      stage++;
    } else if (name === 'onbuild' && stage === final) {
      found.push(command.rest);
    }
  });
  return found;
}

/** As many words of an instruction have places of their own: each is searched for from its start. */
const mostPlaced = 100;

type SpanOf = (offset: number, length: number) => Span;

interface OpenStage {
  readonly variables: StageVariables;
  readonly onbuild: string[];
}

const nothingKnown: NamedSource = { kind: 'nothing' };

class UseReader {
  readonly #options: ContextUseOptions;
  readonly #reached: readonly boolean[];
  readonly #bases: readonly NamedSource[];
  readonly #variables: VariableOptions;
  readonly #stages: (OpenStage | undefined)[] = [];
  readonly #sources = new Map<string, ContextSource>();
  #everything: boolean;
  #stage: OpenStage | undefined;

  constructor(dockerfile: Dockerfile, options: ContextUseOptions) {
    const { onbuildOf } = options;
    const triggersOf = onbuildOf && ((image: string) => triggersIn(onbuildOf(image)));
    const { reached, bases, final } = reachedStages(dockerfile, {
      ...options,
      ...(triggersOf && { triggersOf }),
    });
    this.#options = options;
    this.#reached = reached;
    this.#bases = bases;
    const last = dockerfile.stages.at(-1)?.name ?? '';
    this.#variables = {
      args: options.args,
      globals: globalVariables(dockerfile, options, options.stage ?? last),
      budget: { left: expansionBudget },
    };
    // Another frontend may take whatever it likes.
    this.#everything = final === undefined || isForeign(dockerfile);
  }

  found(): ContextUse {
    return { everything: this.#everything, sources: [...this.#sources.values()] };
  }

  from(at: Span): void {
    const index = this.#stages.length;
    const isReached = this.#reached[index] === true;
    const base = this.#bases[index] ?? nothingKnown;
    const below = base.kind === 'stage' ? this.#stages[base.index] : undefined;
    this.#stage = isReached
      ? {
          variables: new StageVariables(this.#variables, base.kind === 'scratch', below?.variables),
          onbuild: [],
        }
      : undefined;
    this.#stages.push(this.#stage);
    if (!isReached) {
      return;
    }
    const triggers =
      base.kind === 'image' ? (this.#options.onbuildOf?.(base.image) ?? []) : below?.onbuild;
    for (const trigger of triggers ?? []) {
      // The frontend reads a trigger with the escape character `\`, whatever the file's is.
      const command = splitCommand(trigger, '\\');
      this.instruction(command.keyword.toLowerCase(), command, '\\', at);
    }
  }

  /** @param spanOf the place of a part of what is behind the keyword; absent: it has none but `at` */
  instruction(
    name: string,
    command: Command,
    escapeChar: string,
    at: Span,
    spanOf: SpanOf = () => at,
  ): void {
    const stage = this.#stage;
    if (stage === undefined) {
      return;
    }
    switch (name) {
      case 'onbuild':
        stage.onbuild.push(command.rest);
        break;
      case 'arg':
        stage.variables.arg(command.rest, escapeChar);
        break;
      case 'env':
        stage.variables.env(command.rest, escapeChar);
        break;
      case 'copy':
      case 'add':
        this.#files(name, stage, command, escapeChar, spanOf);
        break;
      case 'run':
        this.#mounts(stage, command, escapeChar, at);
        break;
    }
  }

  #files(
    instruction: 'copy' | 'add',
    stage: OpenStage,
    { flags, rest }: Command,
    escapeChar: string,
    spanOf: SpanOf,
  ): void {
    // An empty one is none.
    if (instruction === 'copy' && flags.some(({ text }) => /^--from=./s.test(text))) {
      return;
    }
    const json = jsonForm(rest);
    const words = json.kind === 'array' ? json.items : splitBlanks(rest);
    let from = 0;
    for (const word of words.slice(0, -1)) {
      // An array may escape what its words are; of very many, nobody looks for one.
      const offset = words.length > mostPlaced ? -1 : rest.indexOf(word, from);
      from = offset === -1 ? from : offset + word.length;
      const at = offset === -1 ? spanOf(0, rest.length) : spanOf(offset, word.length);
      const isHeredoc = json.kind !== 'array' && isOpening(word);
      if (isHeredoc || (instruction === 'add' && isRemote(word))) {
        continue;
      }
      const text = stage.variables.value(word, escapeChar);
      if (instruction === 'copy' || text === undefined || !isRemote(text)) {
        this.#take(instruction, text ?? beforeVariable(word, escapeChar), at);
      }
    }
  }

  #mounts(stage: OpenStage, { flags }: Command, escapeChar: string, at: Span): void {
    for (const flag of flags) {
      const fields = flag.text.startsWith('--mount=') ? splitCsv(flag.text.slice(8)) : undefined;
      if (fields === undefined) {
        continue;
      }
      let type: string | undefined = 'bind';
      let from = '';
      let source = '';
      for (const field of fields) {
        const equals = field.indexOf('=');
        const key = field.slice(0, Math.max(0, equals)).toLowerCase();
        const value = field.slice(equals + 1);
        if (key === 'type') {
          type = stage.variables.value(value, escapeChar)?.toLowerCase();
        } else if (key === 'from') {
          from = value;
        } else if (key === 'source' || key === 'src') {
          source = stage.variables.value(value, escapeChar) ?? beforeVariable(value, escapeChar);
        }
      }
      if (from === '' && (type === undefined || type === 'bind')) {
        this.#take('mount', source, at);
      }
    }
  }

  #take(instruction: ContextSource['instruction'], written: string, span: Span): void {
    // There is nothing above the context's top.
    const clean = posix.normalize(`/${written}`).replace(/^\/+|\/+$/g, '');
    // A mount is of one path: nothing in it is a wildcard.
    const { path, isPattern } =
      instruction === 'mount' ? { path: clean, isPattern: false } : pathPattern(clean);
    if (path === '') {
      this.#everything = true;
    } else if (!this.#sources.has(path)) {
      this.#sources.set(path, { instruction, path, isPattern, span });
    }
  }
}

/** The directory that a word surely begins with, before its first variable; empty where there is none. */
function beforeVariable(word: string, escapeChar: string): string {
  const known = word.slice(0, Math.max(0, word.indexOf('$')));
  const isPlain = !/['"\\]/.test(known) && !known.includes(escapeChar);
  return isPlain ? known.slice(0, known.lastIndexOf('/') + 1) : '';
}

function triggersIn(instructions: readonly string[]): readonly Trigger[] {
  const lines = instructions.map((instruction) => `\nONBUILD ${instruction}`);
  const [stage] = instructions.length === 0 ? [] : readDockerfile(`FROM x${lines.join('')}`).stages;
  return stage?.triggers ?? [];
}

function isOpening(word: string): boolean {
  return word.includes('<<') && parseHeredoc(word) !== 'none';
}

/** What ADD fetches from elsewhere: an address, or a git repository. */
function isRemote(source: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^[\w-]+@[\w.-]+:/.test(source);
}

function isForeign({ syntax }: Dockerfile): boolean {
  return syntax !== undefined && !/^\S*\bdockerfile(-upstream)?([:@]\S*)?(\s|$)/.test(syntax.text);
}
