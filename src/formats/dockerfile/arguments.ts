import type { DiagnosticCode } from '#core/diagnostics/codes.js';
import type { Problem } from './dockerfile.js';
import { parseHeredoc } from './heredoc.js';
import type { LogicalLines } from './lines.js';
import { isBlank, splitBlanks } from './space.js';
import { type Command, type JsonForm, jsonForm, splitWords } from './words.js';

const takesJson = new Set('add cmd copy entrypoint run shell volume'.split(' '));

/**
 * Checks what is after an instruction and its flags, as far as the frontend does before it
 * runs anything: how many words, `name=value`, a JSON array of strings.
 */
export function checkArguments(
  name: string,
  command: Command,
  json: JsonForm,
  lines: LogicalLines,
  problems: Problem[],
): void {
  const { rest } = command;
  const tell = (code: DiagnosticCode, message: string, hint?: string) =>
    problems.push({
      severity: code === 'dockerfile-comment' ? 'warning' : 'error',
      code,
      message: `${command.keyword.toUpperCase()} ${message}`,
      ...(hint !== undefined && { hint }),
      span: lines.span(command.restAt, Math.max(1, rest.length)),
    });
  if (takesJson.has(name) && json.kind === 'other-items') {
    tell('dockerfile-json', 'takes a JSON array of strings only');
  } else if (rest.charCodeAt(0) === 0x5b && json.kind === 'text' && takesJson.has(name)) {
    checkTrailingComment(rest, tell);
  }
  const problem = argumentsProblem(name, command, json, lines.escape);
  if (problem !== undefined) {
    tell('dockerfile-arguments', problem);
  }
}

/**
 * `ENTRYPOINT [] # none`: a Dockerfile has no comment behind an instruction, so this is not a JSON
 * and becomes shell form: `/bin/sh -c '[] # none'`.
 */
function checkTrailingComment(
  rest: string,
  tell: (code: DiagnosticCode, message: string, hint?: string) => void,
): void {
  const comment = /^(\[.*\])[\t ]*#/s.exec(rest);
  if (comment === null || jsonForm(comment[1] ?? '').kind !== 'array') {
    return;
  }
  tell(
    'dockerfile-comment',
    'with a comment behind its JSON array is read in shell form, brackets and all',
    'move the comment to a line of its own',
  );
}

function argumentsProblem(
  name: string,
  command: Command,
  json: JsonForm,
  escapeChar: string,
): string | undefined {
  const { rest } = command;
  switch (name) {
    case 'add':
    case 'copy':
      return sourcesProblem(rest, json);
    case 'env':
    case 'label':
      return pairsProblem(rest, escapeChar);
    case 'arg':
      if (rest === '') {
        return 'needs a name';
      }
      return /(^|[\s])=/.test(rest) &&
        splitWords(rest, escapeChar).some((word) => word.text.startsWith('='))
        ? 'needs a name before ='
        : undefined;
    case 'user':
    case 'workdir':
    case 'stopsignal':
    case 'maintainer':
    case 'expose':
      return rest === '' ? 'needs an argument' : undefined;
    case 'volume':
      if (json.kind === 'array' ? json.items.length === 0 : rest === '') {
        return 'needs a path';
      }
      return json.kind === 'array' && json.items.some((item) => item.trim() === '')
        ? 'cannot be an empty path'
        : undefined;
    case 'shell':
      return json.kind === 'array' && json.items.length > 0
        ? undefined
        : 'needs a JSON array that is not empty';
    case 'healthcheck':
      return healthcheckProblem(rest);
    default:
      return undefined;
  }
}

function sourcesProblem(rest: string, json: JsonForm): string | undefined {
  if (json.kind === 'other-items') {
    return undefined;
  }
  const words = json.kind === 'array' ? json.items : rest === '' ? [] : splitBlanks(rest);
  if (words.length < 2) {
    return 'needs a source and a destination';
  }
  const destination = words.at(-1) ?? '';
  if (!destination.includes('<<')) {
    return undefined;
  }
  const heredoc = parseHeredoc(destination);
  return heredoc === 'none' || heredoc === undefined
    ? undefined
    : 'cannot take a heredoc as its destination';
}

/** `a=b c=d` without quotes and the like: the usual case, and quick to see. */
const plainPairs = /^(?:[^=\s"'`\\\x80-\uffff]+=[^\s"'`\\\x80-\uffff]*(?:\s+|$))+$/;

function pairsProblem(rest: string, escapeChar: string): string | undefined {
  if (plainPairs.test(rest)) {
    return undefined;
  }
  const words = splitWords(rest, escapeChar);
  const [first] = words;
  if (first === undefined) {
    return 'needs a name and a value';
  }
  if (!first.text.includes('=')) {
    // The old form: a name, blanks, and everything else as the value.
    for (let at = 0; at < rest.length; at++) {
      if (isBlank(rest.charCodeAt(at))) {
        return undefined;
      }
    }
    return `needs a value: ${first.text}=…`;
  }
  for (const { text } of words) {
    if (text.startsWith('=')) {
      return 'needs a name before =';
    }
    if (!text.includes('=')) {
      return `cannot read ${JSON.stringify(text)}: it is not name=value`;
    }
  }
  return undefined;
}

function healthcheckProblem(rest: string): string | undefined {
  const [, type = '', more = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  const hasMore = more !== '' && !/^\[\s*\]$/.test(more);
  switch (type.toUpperCase()) {
    case 'NONE':
      return hasMore ? 'NONE takes no arguments' : undefined;
    case 'CMD':
      if (jsonForm(more).kind === 'other-items') {
        return 'CMD takes a JSON array of strings only';
      }
      return hasMore ? undefined : 'CMD needs a command';
    default:
      return 'takes NONE or CMD and a command';
  }
}
