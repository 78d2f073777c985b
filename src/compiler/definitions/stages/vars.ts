import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  placeAt,
} from '#core/diagnostics/diagnostic.js';
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

  const values = new Map(known);
  const frozen = new Map<string, Place>();
  let command: number | undefined;
  let before: ReadonlyMap<string, Variable> = values;
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
      before = new Map(values);
    }
    command = statement.command;
    const unset: Use[] = [];
    const added = evaluate(statement.value, before, unset);
    if (unset.length > 0) {
      return refused(...unset.map((use) => unsetProblem(use, statement, statements, before, at)));
    }
    const start = statement.append ? (values.get(name)?.value ?? '') : '';
    values.set(name, { value: start + added, place });
    if (statement.readonly) {
      frozen.set(name, place);
    }
  }
  return { value: values, diagnostics: [] };
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

function evaluate(
  parts: readonly Part[],
  values: ReadonlyMap<string, Variable>,
  unset: Use[],
): string {
  let made = '';
  for (const part of parts) {
    if (part.kind === 'text') {
      made += part.text;
      continue;
    }
    const value = values.get(part.name)?.value;
    const missing = value === undefined || (value === '' && part.otherwise?.orEmpty === true);
    if (!missing) {
      made += value;
    } else if (part.otherwise !== undefined) {
      made += evaluate(part.otherwise.value, values, unset);
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
    const links = [statement.name, ...cycle].join(' → ');
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
  const seen = new Set<string>();
  const visit = (name: string): readonly string[] | undefined => {
    if (name === to) {
      return [name];
    }
    if (seen.has(name)) {
      return undefined;
    }
    seen.add(name);
    for (const statement of statements) {
      if (statement.kind !== 'assign' || statement.name !== name) {
        continue;
      }
      for (const used of usedIn(statement.value)) {
        const rest = visit(used);
        if (rest !== undefined) {
          return [name, ...rest];
        }
      }
    }
    return undefined;
  };
  return visit(from);
}

function usedIn(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) =>
    part.kind === 'variable' ? [part.name, ...usedIn(part.otherwise?.value ?? [])] : [],
  );
}
