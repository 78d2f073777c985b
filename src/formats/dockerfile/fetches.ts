import { programsOf, type ShellProgram, shellPrograms } from '../shell/programs.js';
import type { Span } from './dockerfile.js';
import type { HeredocText, Instruction } from './instructions.js';
import type { StageVariables } from './stageVariables.js';
import type { BuildOptions } from './variables.js';
import { walkStages } from './walkStages.js';
import { jsonForm, splitCommand, splitWords } from './words.js';

/** A program that a RUN runs. */
export interface RunProgram extends Omit<ShellProgram, 'at'> {
  /** Its first line, in the Dockerfile. */
  readonly span: Span;
}

/** What may bring something from outside: a RUN, with its heredocs, or a source of ADD that is an address. */
export type FetchStep =
  | { readonly kind: 'run'; readonly stage: number; readonly programs: readonly RunProgram[] }
  | {
      readonly kind: 'add';
      readonly stage: number;
      /** Without quotes; with its variables expanded, where they are known. */
      readonly url: string;
      readonly checksum?: string;
      readonly span: Span;
    };

/** The steps of a Dockerfile that may fetch, in its order; those of ONBUILD too. Stages count from 0. */
export function fetchSteps(dockerfile: string, options: BuildOptions = {}): readonly FetchStep[] {
  const found: FetchStep[] = [];
  let stage = -1;
  let run: RunProgram[] = [];
  walkStages(
    dockerfile,
    options,
    (instruction, variables) => {
      stage += instruction.name === 'from' ? 1 : 0;
      const steps = stepsOf(instruction, stage, variables);
      found.push(...steps);
      const [first] = steps;
      run = first?.kind === 'run' ? first.programs : [];
    },
    (name, heredoc) => {
      if (name === 'run') {
        run.push(...programsIn(heredoc));
      }
    },
  );
  return found;
}

/** Its programs may grow by those of heredocs. */
type OwnStep =
  | Extract<FetchStep, { kind: 'add' }>
  | { readonly kind: 'run'; readonly stage: number; readonly programs: RunProgram[] };

function stepsOf(
  { name, command, lines }: Instruction,
  stage: number,
  variables: StageVariables,
): OwnStep[] {
  if (name === 'onbuild') {
    const inner = splitCommand(command.rest, '\\');
    const keyword = inner.keyword.toLowerCase();
    const shifted = { ...inner, restAt: inner.restAt + command.restAt };
    return keyword === 'onbuild'
      ? []
      : stepsOf({ name: keyword, command: shifted, hasHeredocs: false, lines }, stage, variables);
  }
  const json = jsonForm(command.rest);
  if (name === 'run') {
    const all =
      json.kind === 'array'
        ? programsOf(json.items.map((text) => ({ text, at: 0 })))
        : shellPrograms(command.rest);
    const programs = all.map(({ name: program, args, at }) => ({
      name: program,
      args,
      span: lines.span(command.restAt + at, program.length),
    }));
    return [{ kind: 'run', stage, programs }];
  }
  if (name === 'add') {
    const words =
      json.kind === 'array'
        ? json.items.map((text) => ({ text, at: 0, length: 1 }))
        : splitWords(command.rest, lines.escape);
    const checksum = command.flags.find(({ text }) => text.startsWith('--checksum='))?.text;
    return words
      .slice(0, -1)
      .map(({ text, at, length }) => ({
        url: variables.value(text, lines.escape) ?? text.replace(/^["']|["']$/g, ''),
        at,
        length,
      }))
      .filter(({ url }) => isRemote(url))
      .map(({ url, at, length }) => ({
        kind: 'add',
        stage,
        url,
        ...(checksum === undefined ? {} : { checksum: checksum.slice('--checksum='.length) }),
        span: lines.span(command.restAt + at, length),
      }));
  }
  return [];
}

/** The programs of a heredoc, which stand where its text has them. */
function programsIn({ text, line }: HeredocText): RunProgram[] {
  return shellPrograms(text).map(({ name, args, at }) => {
    const before = text.slice(0, at).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    const span = { line: line + before.length - 1, column, length: name.length };
    return { name, args, span };
  });
}

/** What BuildKit's ADD fetches: http, and git in its forms. */
function isRemote(source: string): boolean {
  return /^(?:(?:https?|git|ssh):\/\/|git@|github\.com\/)/i.test(source);
}
