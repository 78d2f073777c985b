import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  placeAt,
} from '#core/diagnostics/diagnostic.js';
import { mostOfAFile } from '#core/diagnostics/limited.js';
import { didYouMean } from '#core/text/suggest.js';
import { parseVars, type Statement } from './varsSyntax.js';
import type { Part } from './varsWords.js';

/** A variable of a vars file. */
export interface Variable {
  readonly value: string;
  /** Where it was last assigned. */
  readonly place: Place;
}

/**
 * The variables that a vars file sets, as bash would set them from it, without executing anything:
 * assignments, with `export`, `readonly` or `declare -x` before them or not, quotes, and variables
 * of earlier assignments (`$X`, `${X}`, `${X:-default}`, `${X-default}`). `known` are values from
 * before the file: of a file read earlier, of environment variables that the user named.
 *
 * Errors, each at its place, with nothing of the file used: `vars-command` (whatever would have to
 * be executed, command substitution too), `vars-syntax` (quotes or brackets that are not closed),
 * `vars-expansion`, `vars-unset` (a variable without a value), `vars-cycle`, `vars-readonly`.
 */
export function readVars(
  file: string,
  source: string,
  known: ReadonlyMap<string, Variable> = new Map(),
): Outcome<ReadonlyMap<string, Variable>> {
  const at = (offset: number, length = 1): Place => placeAt(file, source, offset, length);
  const refused = (...diagnostics: Diagnostic[]): Outcome<ReadonlyMap<string, Variable>> => ({
    value: new Map(),
    diagnostics,
  });
  const control = controlCharacterProblem(file, source, at);
  if (control !== undefined) {
    return refused(control);
  }
  const { statements, refusal } = parseVars(source);
  if (refusal !== undefined) {
    const { code, message, hint, at: offset, length } = refusal;
    return refused(
      error(code, message, { place: at(offset, length), ...(hint === undefined ? {} : { hint }) }),
    );
  }

  const tooMany = statements[mostAssignments];
  if (tooMany !== undefined) {
    const message = `the file has more than ${mostAssignments} assignments`;
    return refused(error('vars-syntax', message, { place: at(tooMany.at, tooMany.name.length) }));
  }
  const values = new Map(known);
  // What a command assigns counts after it: the words of a command are expanded before.
  const assigned = new Map<string, Variable>();
  const frozen = new Map<string, Place>();
  let command: number | undefined;
  let made = 0;
  for (const statement of statements) {
    const { name } = statement;
    const place = at(statement.at, name.length);
    if (statement.kind === 'freeze') {
      frozen.set(name, place);
      continue;
    }
    const objection = readonlyProblem(name, frozen.get(name), place);
    if (objection !== undefined) {
      return refused(objection);
    }
    if (statement.command !== command) {
      moveTo(values, assigned);
    }
    command = statement.command;
    const unset: Use[] = [];
    const added = evaluate(statement.value, values, unset);
    if (unset.length > 0) {
      const problems = unset
        .slice(0, mostOfAFile)
        .map((use) => unsetProblem(use, statement, statements, values, at));
      return refused(...problems);
    }
    const before = statement.append ? (assigned.get(name) ?? values.get(name))?.value : undefined;
    const value = added === undefined ? undefined : (before ?? '') + added;
    made += value?.length ?? 0;
    if (value === undefined || value.length > longestValue || made > mostText) {
      return refused(tooLong(name, place, value === undefined || value.length > longestValue));
    }
    assigned.set(name, { value, place });
    if (statement.readonly) {
      frozen.set(name, place);
    }
  }
  moveTo(values, assigned);
  return { value: values, diagnostics: [] };
}

function moveTo(values: Map<string, Variable>, assigned: Map<string, Variable>): void {
  for (const [name, variable] of assigned) {
    values.set(name, variable);
  }
  assigned.clear();
}

const mostAssignments = 10_000;
/** Characters of one value: no program takes a longer argument on Linux. */
const longestValue = 131_072;
/** Characters of all values that a file assigns. */
const mostText = 16 * 1024 * 1024;

function tooLong(name: string, place: Place, isOne: boolean): Diagnostic {
  const message = isOne
    ? `the value of ${name} has more than ${longestValue} characters`
    : `the values of this file have more than ${mostText} characters`;
  return error('vars-expansion', message, { place, hint: 'write shorter values' });
}

function controlCharacterProblem(
  file: string,
  source: string,
  at: (offset: number) => Place,
): Diagnostic | undefined {
  const found = /[\r\0]/.exec(source);
  if (found === null) {
    return undefined;
  }
  const isReturn = found[0] === '\r';
  const message = isReturn
    ? 'a carriage return would be part of the value'
    : 'the file contains a NUL character';
  return error('vars-syntax', message, {
    place: at(found.index),
    hint: `save it with Unix line endings: sed -i 's/\\r$//' ${file}`,
  });
}

/** Variables that bash sets itself, or that are constant: a value assigned to them is lost. */
const ownedByShell =
  /^(?:UID|EUID|PPID|GROUPS|SHELLOPTS|BASHOPTS|BASHPID|BASH_[A-Z_]+|RANDOM|SRANDOM|SECONDS|LINENO|EPOCH[A-Z]+|FUNCNAME|DIRSTACK|HISTCMD|_)$/;

function readonlyProblem(name: string, frozen: Place | undefined, place: Place) {
  if (ownedByShell.test(name)) {
    return error('vars-readonly', `a shell keeps ${name} for itself, so setting it has no effect`, {
      place,
      hint: `use another name, such as APP_${name.replace(/^_$/, 'VALUE')}`,
    });
  }
  if (frozen === undefined) {
    return undefined;
  }
  return error('vars-readonly', `${name} was made read-only before`, {
    place,
    hint: 'remove one of the two',
    related: [{ message: 'here', place: frozen }],
  });
}

type Use = Extract<Part, { kind: 'variable' }>;

/** Undefined where it is longer than a value can be. */
function evaluate(
  parts: readonly Part[],
  values: ReadonlyMap<string, Variable>,
  unset: Use[],
): string | undefined {
  let made = '';
  for (const part of parts) {
    if (made.length > longestValue) {
      return undefined;
    }
    if (part.kind === 'text') {
      made += part.text;
      continue;
    }
    const value = values.get(part.name)?.value;
    const missing = value === undefined || (value === '' && part.otherwise?.orEmpty === true);
    if (!missing) {
      made += value;
    } else if (part.otherwise !== undefined) {
      const otherwise = evaluate(part.otherwise.value, values, unset);
      if (otherwise === undefined) {
        return undefined;
      }
      made += otherwise;
    } else {
      unset.push(part);
    }
  }
  return made;
}

function unsetProblem(
  use: Use,
  statement: Statement,
  statements: readonly Statement[],
  values: ReadonlyMap<string, Variable>,
  at: (offset: number, length?: number) => Place,
): Diagnostic {
  const place = at(use.at, use.name.length + 1);
  const cycle = cycleFrom(use.name, statement.name, statements);
  if (cycle !== undefined) {
    const names = [statement.name, ...cycle];
    const shown = names.length > 20 ? [...names.slice(0, 10), '…', ...names.slice(-9)] : names;
    const links = shown.join(' → ');
    return error('vars-cycle', `${statement.name} needs its own value: ${links}`, {
      place,
      hint: 'give one of them a value of its own',
    });
  }
  const later = statements.find((each) => each.kind === 'assign' && each.name === use.name);
  if (later !== undefined) {
    return error('vars-unset', `${use.name} has no value yet`, {
      place,
      hint: 'move its assignment up',
      related: [{ message: 'assigned only here', place: at(later.at, later.name.length) }],
    });
  }
  return error('vars-unset', `${use.name} has no value`, {
    place,
    hint:
      didYouMean(use.name, values.keys()) ??
      `assign it before, write \${${use.name}:-default}, or list it in environment in the workspace file`,
  });
}

/** The names from `from` back to `to` by which assignments use one another. */
function cycleFrom(
  from: string,
  to: string,
  statements: readonly Statement[],
): readonly string[] | undefined {
  const uses = new Map<string, string[]>();
  for (const statement of statements) {
    if (statement.kind === 'assign') {
      addAllTo(uses, statement.name, usedIn(statement.value));
    }
  }
  // From each name, the one that uses it on the way from `from`.
  const usedBy = new Map<string, string | undefined>([[from, undefined]]);
  const waiting = [from];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === to) {
      const way: string[] = [];
      for (let at: string | undefined = name; at !== undefined; at = usedBy.get(at)) {
        way.push(at);
      }
      return way.reverse();
    }
    for (const used of (uses.get(name) ?? []).toReversed()) {
      if (!usedBy.has(used)) {
        usedBy.set(used, name);
        waiting.push(used);
      }
    }
  }
  return undefined;
}

function addAllTo(uses: Map<string, string[]>, name: string, used: readonly string[]): void {
  const known = uses.get(name) ?? [];
  for (const one of used) {
    known.push(one);
  }
  uses.set(name, known);
}

function usedIn(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) =>
    part.kind === 'variable' ? [part.name, ...usedIn(part.otherwise?.value ?? [])] : [],
  );
}
