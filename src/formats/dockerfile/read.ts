import { didYouMean } from '#core/text/suggest.js';
import { checkArguments } from './arguments.js';
import type { Dockerfile, Problem, Source, Stage, Trigger, Written } from './dockerfile.js';
import { readFlags } from './flags.js';
import { closes, heredocsOf } from './heredoc.js';
import { labelKeys, setLabels } from './labels.js';
import { LogicalLines } from './lines.js';
import { isBlank, splitBlanks } from './space.js';
import { type Command, jsonForm, splitCommand, splitWords } from './words.js';

const instructions: ReadonlySet<string> = new Set(
  'add arg cmd copy entrypoint env expose from healthcheck label maintainer onbuild run shell'
    .concat(' stopsignal user volume workdir')
    .split(' '),
);
/** No engine builds nearly as many. */
const mostStages = 25_000;
const makingLayers: ReadonlySet<string> = new Set(['add', 'copy', 'run', 'workdir']);

/**
 * The frontend takes `[a-z][a-z0-9-_.]*`, but then looks the name up among the named contexts,
 * where it must be that of a repository.
 */
const stageName = /^[a-z][a-z0-9]*(?:(?:[._]|__|-+)[a-z0-9]+)*$/;

/**
 * Reads a Dockerfile as BuildKit's built-in frontend does (frontend/dockerfile/parser and
 * instructions). What it would refuse is an error among the problems, with the place; the rest is
 * still read, so that one run shows every problem. Instructions that can link nothing are only
 * checked for their shape.
 */
export function readDockerfile(text: string): Dockerfile {
  return new Reader(text).read();
}

interface OpenStage {
  name?: string;
  base: Written;
  platform?: string;
  sources: Source[];
  triggers: Trigger[];
  user?: Written;
  labels?: string[];
  labelValues?: Map<string, string>;
  makesLayers: boolean;
}

const hintBeforeFrom =
  'if this is not a Dockerfile, leave it out with exclude in generate-bake.toml';

class Reader {
  readonly #lines: LogicalLines;
  readonly #problems: Problem[] = [];
  readonly #args: { name: string; default?: string; span: Written['span'] }[] = [];
  readonly #stages: OpenStage[] = [];
  /** Whether it begins as no Dockerfile does, and not with a slip either. */
  #isOfSomethingElse = false;
  #toldNoStage = false;

  constructor(text: string) {
    this.#lines = new LogicalLines(text);
  }

  read(): Dockerfile {
    let isEmpty = true;
    while (this.#lines.next()) {
      isEmpty = false;
      if (this.#stages.length > mostStages) {
        this.#tooManyStages();
        break;
      }
      if (!this.#skip()) {
        this.#instruction();
      }
    }
    for (const { code, message, span } of this.#lines.problems) {
      this.#problems.push({ severity: 'error', code, message, span });
    }
    if (this.#stages.length === 0 && !this.#toldNoStage) {
      this.#noStages(isEmpty);
    }
    const syntax = this.#lines.directives.find((directive) => directive.name === 'syntax');
    return {
      escape: this.#lines.escape,
      ...(syntax && { syntax: { text: syntax.value, span: syntax.span } }),
      args: this.#args,
      stages: this.#stages satisfies Stage[],
      problems: this.#problems.sort(
        (a, b) => a.span.line - b.span.line || a.span.column - b.span.column,
      ),
    };
  }

  #tooManyStages(): void {
    this.#problems.push({
      severity: 'error',
      code: 'dockerfile-from',
      message: `the Dockerfile has more than ${mostStages} stages`,
      span: this.#lines.span(0, 1),
    });
  }

  #noStages(isEmpty: boolean): void {
    this.#problems.push({
      severity: 'error',
      code: isEmpty ? 'dockerfile-empty' : 'dockerfile-no-from',
      message: isEmpty ? 'the Dockerfile has no instructions' : 'the Dockerfile has no FROM',
      hint: 'begin it with FROM and the image to build on, or FROM scratch',
      span: { line: 1, column: 1, length: 1 },
    });
  }

  /**
   * Reads over a RUN without flags, heredoc or JSON: most of the text of most Dockerfiles, never
   * put together.
   */
  #skip(): boolean {
    const lines = this.#lines;
    if ((lines.codeAt(0) | 0x20) !== 0x72 || (lines.codeAt(1) | 0x20) !== 0x75) {
      return false;
    }
    if ((lines.codeAt(2) | 0x20) !== 0x6e || !isBlank(lines.codeAt(3))) {
      return false;
    }
    let at = 4;
    while (isBlank(lines.codeAt(at))) {
      at++;
    }
    const first = lines.codeAt(at);
    const isPlain = first !== 0x2d && first !== 0x5b && first < 0x80;
    const stage = this.#stages.at(-1);
    if (!isPlain || stage === undefined || lines.hasAngle) {
      return false;
    }
    stage.makesLayers = true;
    return true;
  }

  #instruction(): void {
    const lines = this.#lines;
    const command = splitCommand(lines.text, lines.escape);
    const name = command.keyword.toLowerCase();
    if (!instructions.has(name)) {
      // A text of something else has hundreds of them: one says it.
      if (!this.#isOfSomethingElse) {
        this.#unknown(command, 'error', this.#stages.length === 0);
      }
      return;
    }
    const stage = this.#stages.at(-1);
    if (name === 'from') {
      this.#from(command);
    } else if (stage !== undefined) {
      if (name === 'onbuild') {
        this.#onbuild(command, stage);
      } else {
        const { sources, isJson } = this.#checked(name, command, 'error');
        stage.sources.push(...sources);
        if (makesLayers(name, command)) {
          stage.makesLayers = true;
        }
        if (name === 'user') {
          const span = lines.span(command.restAt, command.rest.length);
          stage.user = { text: command.rest, span };
        }
        if (name === 'label') {
          stage.labels = [...(stage.labels ?? []), ...labelKeys(command.rest, lines.escape)];
          stage.labelValues ??= new Map();
          setLabels(stage.labelValues, command.rest, lines.escape);
        }
        this.#heredocs(name, isJson);
      }
    } else {
      const { isJson } = this.#checked(name, command, 'error');
      if (name === 'arg') {
        this.#globalArgs(command);
      } else {
        this.#beforeFrom(command);
      }
      this.#heredocs(name, isJson);
    }
  }

  #beforeFrom(command: Command): void {
    if (this.#toldNoStage) {
      return;
    }
    this.#toldNoStage = true;
    this.#problems.push({
      severity: 'error',
      code: 'dockerfile-no-from',
      message: `${command.keyword} is before the first FROM`,
      hint: 'only ARG can: begin the Dockerfile with FROM and the image to build on',
      span: this.#keywordSpan(command),
    });
  }

  #unknown(command: Command, severity: Problem['severity'], isFirst = false): void {
    const known = Array.from(instructions, (name) => name.toUpperCase());
    const meant = didYouMean(command.keyword.toUpperCase(), known);
    this.#isOfSomethingElse = isFirst && meant === undefined;
    const hint = meant ?? (isFirst ? hintBeforeFrom : undefined);
    if (isFirst && meant?.includes('"FROM"') === true) {
      // That FROM is missing follows from this one.
      this.#toldNoStage = true;
    }
    this.#problems.push({
      severity,
      code: 'dockerfile-unknown-instruction',
      message: `${JSON.stringify(command.keyword)} is not an instruction of a Dockerfile`,
      ...(hint !== undefined && { hint }),
      span: this.#keywordSpan(command),
    });
  }

  #from(command: Command): void {
    const lines = this.#lines;
    const words = splitBlanks(command.rest);
    const span = lines.span(command.restAt, (words[0] ?? '').length);
    const stage: OpenStage = {
      base: { text: words[0] ?? '', span },
      sources: [],
      triggers: [],
      makesLayers: false,
    };
    this.#stages.push(stage);
    readFlags('from', command, lines, this.#problems);
    const platform = command.flags.findLast(({ text }) => text.startsWith('--platform='));
    if (platform !== undefined) {
      stage.platform = platform.text.slice('--platform='.length);
    }
    if (words.length === 3 && words[1]?.toLowerCase() === 'as') {
      const written = words[2] ?? '';
      stage.name = written.toLowerCase();
      if (stageName.test(stage.name)) {
        return;
      }
      this.#problems.push({
        severity: 'error',
        code: 'dockerfile-stage-name',
        message: `${JSON.stringify(written)} cannot name a stage`,
        hint: 'begin it with a letter, and use letters, digits, and single ".", "_" or "-" between',
        span: lines.span(command.restAt + command.rest.lastIndexOf(written), written.length),
      });
    } else if (words.length !== 1 || command.rest === '') {
      this.#problems.push({
        severity: 'error',
        code: 'dockerfile-from',
        message: `FROM takes an image, or an image, AS and a name, not ${JSON.stringify(command.rest)}`,
        span: command.rest === '' ? this.#keywordSpan(command) : span,
      });
    }
  }

  #globalArgs(command: Command): void {
    for (const word of splitWords(command.rest, this.#lines.escape)) {
      const equals = word.text.indexOf('=');
      const span = this.#lines.span(command.restAt + word.at, word.length);
      if (equals === -1) {
        this.#args.push({ name: word.text, span });
      } else {
        const name = word.text.slice(0, equals);
        this.#args.push({ name, default: word.text.slice(equals + 1), span });
      }
    }
  }

  /**
   * The frontend looks into a trigger only when a child runs it, with the escape character `\`
   * whatever this file's is: what is wrong in it is a warning here.
   */
  #onbuild(command: Command, stage: OpenStage): void {
    const lines = this.#lines;
    readFlags('onbuild', command, lines, this.#problems);
    const inner = splitCommand(command.rest, '\\');
    const shifted = {
      ...inner,
      restAt: inner.restAt + command.restAt,
      flags: inner.flags.map((flag) => ({ ...flag, at: flag.at + command.restAt })),
    };
    const name = inner.keyword.toLowerCase();
    if (name === '' || name === 'onbuild' || name === 'from' || name === 'maintainer') {
      const what = name === '' ? 'ONBUILD without an instruction' : `ONBUILD ${inner.keyword}`;
      this.#problems.push({
        severity: 'error',
        code: 'dockerfile-onbuild',
        message: `${what} is not allowed`,
        span: this.#keywordSpan(command),
      });
      return;
    }
    if (!instructions.has(name)) {
      this.#unknown(shifted, 'warning');
      return;
    }
    const { sources, isJson } = this.#checked(name, shifted, 'warning');
    const layers = makesLayers(name, inner);
    if (sources.length > 0 || layers) {
      stage.triggers.push({ sources, makesLayers: layers });
    }
    this.#heredocs(name, isJson);
  }

  #checked(
    name: string,
    command: Command,
    severity: Problem['severity'],
  ): { sources: readonly Source[]; isJson: boolean } {
    const found: Problem[] = [];
    const sources = readFlags(name, command, this.#lines, found);
    const json = jsonForm(command.rest);
    checkArguments(name, command, json, this.#lines, found);
    // Even in a trigger these are refused at once.
    const isFirm = (problem: Problem) =>
      problem.code === 'dockerfile-json' || name === 'env' || name === 'label';
    for (const problem of found) {
      this.#problems.push(
        severity === 'error' || isFirm(problem) ? problem : { ...problem, severity },
      );
    }
    return { sources, isJson: json.kind === 'array' };
  }

  /** Reads over the text of the heredocs that the current instruction opens. */
  #heredocs(name: string, isJson: boolean): void {
    if (name !== 'run' && name !== 'copy' && name !== 'add') {
      return;
    }
    if (isJson || !this.#lines.hasAngle || !this.#lines.text.includes('<<')) {
      return;
    }
    const span = this.#lines.span(this.#lines.text.indexOf('<<'), 2);
    const heredocs = heredocsOf(this.#lines.text);
    const tell = (severity: Problem['severity'], message: string, hint?: string) =>
      this.#problems.push({
        severity,
        code: 'dockerfile-heredoc',
        message,
        ...(hint !== undefined && { hint }),
        span,
      });
    if (heredocs === undefined) {
      tell('error', 'the word after << cannot be read');
    }
    for (const heredoc of heredocs ?? []) {
      if (heredoc.spaced) {
        const hint = 'write << and the word together';
        tell('warning', 'Docker before 28 does not take blanks after <<', hint);
      }
      for (;;) {
        const line = this.#lines.takeRaw();
        if (line === undefined) {
          const hint = `end it with a line that has only ${heredoc.word}`;
          tell('error', `the heredoc ${heredoc.word} is not closed`, hint);
          return;
        }
        if (closes(heredoc, line)) {
          break;
        }
      }
    }
  }

  #keywordSpan(command: Command): Written['span'] {
    const at = this.#lines.text.indexOf(command.keyword);
    return this.#lines.span(Math.max(0, at), command.keyword.length);
  }
}

function makesLayers(name: string, command: Command): boolean {
  if (!makingLayers.has(name)) {
    return false;
  }
  // `WORKDIR /` makes no directory, and so no layer.
  return name !== 'workdir' || !/^\/+$/.test(command.rest);
}
