import { compareVersions, type StringProblem, versionProblem } from './version.js';

/** `liblzma5 (<< 5.6.2)`: a package, perhaps of certain versions only. */
export interface Relation {
  readonly name: string;
  readonly version?: { readonly operator: RelationOperator; readonly version: string };
}

export type RelationOperator = '<<' | '<=' | '=' | '>=' | '>>';

/** Every one of these has to hold, each by one of its alternatives. */
export type Relations = readonly (readonly Relation[])[];

export type RelationsReading =
  | { readonly kind: 'read'; readonly relations: Relations }
  | { readonly kind: 'wrong'; readonly problem: StringProblem; readonly hint: string };

/** Longer ones nobody writes. */
const longest = 10_000;

/**
 * Reads relations between packages as Debian policy 7.1 writes them: `a (>= 1), b | c`. Architectures and build
 * profiles are refused, and so are `<` and `>`, which mean `<=` and `>=`. Problems are clauses about the text.
 */
export function readRelations(text: string): RelationsReading {
  if (text.length > longest) {
    const problem = { index: 0, length: 1, message: `has more than ${longest} characters` };
    return { kind: 'wrong', problem, hint: 'ask for fewer packages at once' };
  }
  const relations: Relation[][] = [];
  let at = 0;
  for (const group of text.split(',')) {
    const alternatives: Relation[] = [];
    for (const written of group.split('|')) {
      const relation = readRelation(written, at);
      if ('problem' in relation) {
        return { kind: 'wrong', ...relation };
      }
      alternatives.push(relation);
      at += written.length + 1;
    }
    relations.push(alternatives);
  }
  return { kind: 'read', relations };
}

const example = "write it as 'liblzma5 (<< 5.6.2)'";
/** Debian policy 5.6.1; dpkg takes capitals too. */
const packageName = /^[A-Za-z0-9][A-Za-z0-9+.-]*$/;
const operators: ReadonlySet<string> = new Set(['<<', '<=', '=', '>=', '>>']);

function readRelation(
  written: string,
  at: number,
): Relation | { readonly problem: StringProblem; readonly hint: string } {
  const from = written.search(/\S/);
  const trimmed = written.trim();
  const wrong = (message: string, hint = example, part = trimmed) => {
    const inside = Math.max(0, trimmed.indexOf(part));
    const length = Math.max(1, part.length);
    return { problem: { index: at + Math.max(0, from) + inside, length, message }, hint };
  };
  if (trimmed === '') {
    return wrong('has no package where one is expected');
  }
  const match = /^([^\s([<]*)\s*(.*)$/s.exec(trimmed);
  const [, name = '', rest = ''] = match ?? [];
  const [bare = '', qualifier] = name.split(':');
  if (qualifier !== undefined || rest.startsWith('[') || /\)\s*[[<]/.test(rest)) {
    const hint = 'leave it out: packages of every architecture are looked at';
    return wrong(
      'has an architecture or a build profile',
      hint,
      qualifier === undefined ? rest : name,
    );
  }
  if (!packageName.test(bare)) {
    return wrong(`has ${JSON.stringify(bare || trimmed)}, which is not the name of a package`);
  }
  if (rest === '') {
    return { name: bare };
  }
  const inner = /^\(\s*([<>=!~]*)\s*(.*?)\s*\)$/s.exec(rest);
  if (inner === null) {
    return wrong(`has ${JSON.stringify(rest)} after ${bare}`, example, rest);
  }
  const [, operator = '', version = ''] = inner;
  if (operator === '<' || operator === '>') {
    const hint = `write ${operator}${operator} for ${operator === '<' ? 'lower' : 'higher'}, or ${operator}=`;
    return wrong(`has ${operator}, which Debian reads as ${operator}=`, hint, rest);
  }
  if (!operators.has(operator)) {
    const message = `has ${operator === '' ? 'no operator' : JSON.stringify(operator)} before the version`;
    return wrong(message, 'the operators are <<, <=, =, >= and >>', rest);
  }
  const problem = versionProblem(version);
  if (problem !== undefined) {
    return wrong(`has a version that ${problem.message}`, example, version || rest);
  }
  return { name: bare, version: { operator: operator as RelationOperator, version } };
}

/** Whether a version is one of those that a relation names, as dpkg compares them. */
export function fitsRelation({ version }: Relation, installed: string): boolean {
  if (version === undefined) {
    return true;
  }
  const order = compareVersions(installed, version.version);
  switch (version.operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}
