import type { Chance } from './random.js';

/** What an expression is meant to be; now and then it is something else. */
export type Kind = 'str' | 'int' | 'float' | 'bool' | 'list' | 'dict' | 'none';

const kinds: readonly Kind[] = ['str', 'int', 'float', 'bool', 'list', 'dict', 'none'];

const names: { readonly [kind in Kind]: readonly string[] } = {
  str: ['s', 't', 'word', 'wide'],
  int: ['n', 'm', 'big'],
  float: ['x', 'y'],
  bool: ['yes', 'no'],
  list: ['l', 'ns', 'words', 'rows'],
  dict: ['d', 'e', 'deep'],
  none: ['nothing'],
};

const literals: { readonly [kind in Kind]: readonly string[] } = {
  str: [
    "'a'",
    '"b c"',
    "''",
    "'Hello World'",
    "'a,b,c'",
    String.raw`'x\ny\n'`,
    '"it\'s"',
    "'<b>&\"'",
    "'1.2.3-4'",
    "'  pad '",
    "'é—😀'",
    "'12'",
    "'3.7'",
    "'a' 'b'",
    String.raw`'\t\x41\\'`,
    "'%s-%s'",
    "'{} {}'",
    "'ß'",
  ],
  int: ['0', '1', '2', '-3', '7', '10', '42', '1_000', '0x1f', '12345678901234567890', '-1'],
  float: ['0.0', '1.0', '-2.5', '3.14159', '1e3', '1e-7', '1e16', '0.1', '2.675', '1.5e300'],
  bool: ['true', 'false', 'True', 'False'],
  list: [
    "['a', 'b']",
    '[3, 1, 2]',
    '[]',
    '[[1, 2], [3]]',
    "(1, 'x')",
    '(1,)',
    '()',
    'range(4)',
    '[1, 1.0, true]',
    "['b', 'A', 'a', 'C']",
    "[none, 0, '']",
  ],
  dict: [
    "{'a': 1, 'b': 2}",
    '{}',
    "{1: 'i', 'k': [1]}",
    "{'b': {'c': 'd'}}",
    "{'x': none, 'X': 1.5}",
  ],
  none: ['none', 'None'],
};

type Maker = (g: ExpressionGenerator) => string;

const operations: { readonly [kind in Kind]: readonly Maker[] } = {
  str: [
    (g) => `(${g.of('str')} ~ ${g.any()})`,
    (g) => `(${g.of('str')} + ${g.of('str')})`,
    (g) => `(${g.of('str')} * ${g.small()})`,
    (g) =>
      `${g.of('str')}.${g.pick(['upper', 'lower', 'strip', 'title', 'capitalize', 'swapcase', 'lstrip', 'rstrip'])}()`,
    (g) => `${g.of('str')}.replace(${g.of('str')}, ${g.of('str')})`,
    (g) => `${g.of('str')}.replace(${g.of('str')}, ${g.of('str')}, ${g.small()})`,
    (g) => `${g.of('str')}.${g.pick(['center', 'ljust', 'rjust', 'zfill'])}(${g.small()})`,
    (g) => `${g.of('str')}.${g.pick(['center', 'ljust', 'rjust'])}(${g.small()}, '*')`,
    (g) => `${g.of('str')}.strip(${g.of('str')})`,
    (g) => `${g.of('str')}.join(${g.strings()})`,
    (g) => `${g.of('str')}.${g.pick(['removeprefix', 'removesuffix'])}(${g.of('str')})`,
    (g) => `'${g.pick(['%s', '%5s|', '%-5s|', '%r', '%.2s'])}' % (${g.any()},)`,
    (g) => `'${g.pick(['%d', '%05d', '%x', '%+d', '%3d|', '%o', '%#x'])}' % ${g.of('int')}`,
    (g) =>
      `'${g.pick(['%f', '%.2f', '%e', '%g', '%8.3f|', '%+.1f', '%.0f', '%.3g'])}' % ${g.number()}`,
    (g) =>
      `'${g.pick(['{}', '{!r}', '{0}{0}', '{:>5}|', '{:^7}|', '{:*<4}'])}'.format(${g.of('str')})`,
    (g) =>
      `'${g.pick(['{:d}', '{:,}', '{:05}', '{:x}', '{:#b}', '{:+}', '{:_}', '{:>6}|'])}'.format(${g.of('int')})`,
    (g) =>
      `'${g.pick(['{:.2f}', '{:e}', '{:g}', '{:.3}', '{:%}', '{:10.2f}|', '{}', '{:,.1f}', '{:+.0f}'])}'.format(${g.number()})`,
    (g) => `${g.of('str')}[${g.small()}]`,
    (g) => `${g.of('str')}[${g.slice()}]`,
    (g) => `(${g.any()})|string`,
    (g) =>
      `${g.of('str')}|${g.pick(['upper', 'lower', 'trim', 'title', 'capitalize', 'e', 'escape', 'safe', 'forceescape', 'reverse', 'urlencode', 'striptags', 'shout'])}`,
    (g) => `${g.of('str')}|replace(${g.of('str')}, ${g.of('str')})`,
    (g) =>
      `${g.of('str')}|indent(${g.pick(['', '2', 'first=true', '2, true', 'blank=true', "'> '"])})`,
    (g) =>
      `${g.of('str')}|truncate(${g.pick(['5', '3, true', "6, end='.'", '4, true, leeway=0'])})`,
    (g) => `${g.of('str')}|wordwrap(${g.pick(['5', '3', '10, false', "4, wrapstring='/'"])})`,
    (g) => `${g.of('str')}|center(${g.small()})`,
    (g) => `${g.of('list')}|join(${g.pick(['', "', '", "'-'"])})`,
    (g) => `${g.any()}|tojson`,
    (g) => `${g.any()}|tojson(indent=2)`,
    (g) => `${g.any()}|pprint`,
    (g) => `${g.of('str')}|format(${g.any()}, ${g.any()})`,
    (g) => `${g.of('list')}|${g.pick(['first', 'last', 'min', 'max'])}`,
    (g) => `${g.of('int')}|filesizeformat${g.pick(['', '(true)'])}`,
    (g) => `${g.of('dict')}|xmlattr`,
    (g) => `(${g.of('str')} or ${g.of('str')})`,
    (g) => `(${g.of('str')} if ${g.of('bool')} else ${g.of('str')})`,
    (g) => `(${g.of('str')} if ${g.of('bool')})`,
    (g) => `${g.of('str')}|default(${g.of('str')}, ${g.of('bool')})`,
    (g) => `${g.pick(['zzz', 'd.zzz', 's.zzz', 'l[99]'])}|default(${g.any()})`,
    (g) =>
      `macro_${g.pick(['a', 'b'])}(${g.pick(['', g.any(), `${g.any()}, ${g.any()}`, `y=${g.any()}`])})`,
  ],
  int: [
    (g) => `(${g.of('int')} ${g.pick(['+', '-', '*', '//', '%'])} ${g.of('int')})`,
    (g) => `(${g.of('int')} ** ${g.pick(['0', '1', '2', '3'])})`,
    (g) => `-${g.of('int')}`,
    (g) => `${g.pick([g.of('str'), g.of('list'), g.of('dict')])}|${g.pick(['length', 'count'])}`,
    (g) => `${g.any()}|int`,
    (g) => `${g.of('str')}|int(${g.pick(['5', 'base=16', '7, 8'])})`,
    (g) => `${g.of('str')}.${g.pick(['find', 'rfind', 'count', 'index'])}(${g.of('str')})`,
    (g) => `${g.of('list')}|sum`,
    (g) => `${g.of('int')}|abs`,
    (g) => `${g.of('list')}.count(${g.any()})`,
    (g) => `${g.of('str')}|wordcount`,
    (g) => `${g.of('float')}|round|int`,
    (g) => `(${g.of('bool')} + ${g.of('bool')})`,
    (g) => `rows[${g.small()}].n`,
    () => "rows|sum(attribute='n')",
  ],
  float: [
    (g) => `(${g.number()} ${g.pick(['+', '-', '*', '/'])} ${g.number()})`,
    (g) => `(${g.number()} ${g.pick(['//', '%'])} ${g.number()})`,
    (g) => `(${g.of('int')} / ${g.of('int')})`,
    (g) => `${g.number()}|round(${g.pick(['', '1', '2', "1, 'floor'", "method='ceil'", '-1'])})`,
    (g) => `${g.any()}|float`,
    (g) => `(${g.of('int')} ** -${g.pick(['1', '2'])})`,
    (g) => `-${g.of('float')}`,
    (g) => `${g.of('float')}|abs`,
  ],
  bool: [
    (g) => `(${g.any()} ${g.pick(['==', '!='])} ${g.any()})`,
    (g) => `(${g.number()} ${g.pick(['<', '<=', '>', '>='])} ${g.number()})`,
    (g) => `(${g.of('str')} ${g.pick(['<', '<=', '>', '>='])} ${g.of('str')})`,
    (g) => `(${g.of('list')} ${g.pick(['<', '>='])} ${g.of('list')})`,
    (g) => `(${g.number()} < ${g.number()} ${g.pick(['<', '<=', '==', '!='])} ${g.number()})`,
    (g) =>
      `(${g.any()} ${g.pick(['in', 'not in'])} ${g.pick([g.of('list'), g.of('str'), g.of('dict')])})`,
    (g) => `(${g.of('bool')} ${g.pick(['and', 'or'])} ${g.any()})`,
    (g) => `(not ${g.any()})`,
    (g) =>
      `(${g.any()} is ${g.pick(['', 'not '])}${g.pick(['defined', 'undefined', 'none', 'string', 'number', 'integer', 'float', 'boolean', 'mapping', 'sequence', 'iterable', 'callable', 'true', 'false', 'escaped'])})`,
    (g) =>
      `(${g.pick(['zzz', 'd.zzz', 'd', 'loop', 's.upper', 'l[99]'])} is ${g.pick(['defined', 'undefined', 'not defined', 'none', 'string', 'callable'])})`,
    (g) => `(${g.of('int')} is ${g.pick(['odd', 'even', 'divisibleby 3', 'divisibleby(2)'])})`,
    (g) => `(${g.any()} is ${g.pick(['eq', 'ne', 'lt', 'ge', 'equalto', 'in'])} ${g.atom()})`,
    (g) => `(${g.of('str')} is ${g.pick(['lower', 'upper', 'filter', 'test'])})`,
    (g) =>
      `${g.of('str')}.${g.pick(['startswith', 'endswith'])}(${g.pick([g.of('str'), "('a', 'b')"])})`,
    (g) =>
      `${g.of('str')}.${g.pick(['isdigit', 'isalpha', 'isalnum', 'isupper', 'islower', 'isspace', 'istitle', 'isnumeric'])}()`,
    (g) => `(${g.of('bool')} if ${g.of('bool')} else ${g.of('bool')})`,
  ],
  list: [
    (g) => `[${g.any()}, ${g.any()}]`,
    (g) => `(${g.any()}, ${g.any()})`,
    (g) => `(${g.of('list')} + ${g.of('list')})`,
    (g) => `(${g.of('list')} * ${g.small()})`,
    (g) => `${g.of('list')}[${g.slice()}]`,
    (g) =>
      `${g.of('str')}.${g.pick(['split', 'rsplit'])}(${g.pick(['', "','", "'.'", "' ', 1", 'none, 1', "'-', maxsplit=1"])})`,
    (g) => `${g.of('str')}.${g.pick(['splitlines', 'split'])}()`,
    (g) =>
      `${g.of('str')}.${g.pick(['partition', 'rpartition'])}(${g.pick(["','", "'.'", "' '"])})`,
    (g) =>
      `${g.of('list')}|sort${g.pick(['', '(reverse=true)', '(case_sensitive=true)', '(true)'])}`,
    (g) => `${g.of('list')}|unique|list`,
    (g) => `${g.of('list')}|reverse|list`,
    (g) =>
      `${g.of('list')}|map('${g.pick(['string', 'upper', 'int', 'length', 'default', 'trim', 'title', 'float', 'list', 'zzz'])}')|list`,
    (g) => `${g.of('list')}|map('replace', ${g.of('str')}, ${g.of('str')})|list`,
    (g) =>
      `rows|map(attribute='${g.pick(['n', 'name', 'zzz', 'tags.0'])}'${g.pick(['', ", default='-'"])})|list`,
    (g) => `${g.of('list')}|${g.pick(['select', 'reject'])}|list`,
    (g) =>
      `${g.of('list')}|${g.pick(['select', 'reject'])}('${g.pick(['odd', 'string', 'none', 'number', 'defined', 'zzz'])}')|list`,
    (g) =>
      `${g.of('list')}|${g.pick(['select', 'reject'])}('${g.pick(['gt', 'eq', '<', 'ne', 'in'])}', ${g.any()})|list`,
    (g) =>
      `rows|${g.pick(['selectattr', 'rejectattr'])}('${g.pick(['n', 'name', 'zzz'])}'${g.pick(['', ", 'eq', 2", ", 'defined'", ", 'string'"])})|list`,
    (g) => `rows|groupby('${g.pick(['n', 'name'])}')`,
    (g) => `rows|sort(attribute='${g.pick(['n', 'name', 'n,name', 'name,n'])}')`,
    (g) => `rows|${g.pick(['min', 'max'])}(attribute='n')`,
    (g) => `${g.of('list')}|batch(${g.pick(['2', '3, 0', "2, '-'"])})|list`,
    (g) => `${g.of('list')}|slice(${g.pick(['2', '3', "2, '-'"])})|list`,
    (g) => `${g.of('dict')}|dictsort${g.pick(['', "(by='value')", '(true)', '(reverse=true)'])}`,
    (g) =>
      `${g.of('dict')}.${g.pick(['items', 'keys', 'values'])}()${g.pick(['', '|list', '|sort'])}`,
    (g) => `${g.of('dict')}|${g.pick(['list', 'items|list'])}`,
    (g) => `${g.pick([g.of('str'), g.of('list')])}|list`,
    (g) => `range(${g.small()}, ${g.small()})${g.pick(['', '|list'])}`,
    (g) => `range(${g.small()}, ${g.small()}, ${g.pick(['2', '-1', '3'])})|list`,
    (g) => `(${g.of('list')} if ${g.of('bool')} else ${g.of('list')})`,
  ],
  dict: [
    (g) => `{${g.atom()}: ${g.any()}}`,
    (g) => `{'k': ${g.any()}, ${g.of('str')}: ${g.any()}}`,
    (g) =>
      `dict(${g.pick(['', 'a=1', `q=${g.any()}, r=2`, `[[1, ${g.any()}]]`, `d, a=${g.any()}`])})`,
    (g) => `${g.of('dict')}.copy()`,
  ],
  none: [
    (g) => `${g.of('dict')}.get(${g.of('str')})`,
    (g) => `${g.of('dict')}.get('a', ${g.any()})`,
    (g) => `${g.of('dict')}[${g.of('str')}]`,
    (g) => `${g.pick(['d', 'e', 'deep', 's', 'l'])}.${g.pick(['a', 'b', 'zzz', 'items', 'upper'])}`,
    (g) => `deep.a.${g.pick(['b', 'c', 'zzz'])}`,
    (g) => `deep['a']['b'][${g.small()}]`,
    (g) => `l.${g.pick(['0', '1', '9'])}`,
    (g) => `${g.any()}|attr('${g.pick(['upper', 'a', 'zzz'])}')`,
    (g) => `cycler(${g.any()}, 2).${g.pick(['next()', 'current'])}`,
    (g) => `(${g.any()}|default(${g.any()}))`,
    (g) => `zzz${g.pick(['', '.a', '[0]', '()', '|upper', ' + 1'])}`,
  ],
};

/** Makes expressions of a wanted kind, mostly well typed. */
export class ExpressionGenerator {
  readonly chance: Chance;
  /** Names that are in scope beside those of the context. */
  readonly scope: string[] = [];
  private depth = 0;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  pick<T>(items: readonly T[]): T {
    return this.chance.pick(items);
  }

  of(wanted: Kind): string {
    const kind = this.chance.is(0.04) ? this.pick(kinds) : wanted;
    const isLeaf = this.depth >= 3 || this.chance.is(0.35);
    if (isLeaf) {
      return this.leaf(kind);
    }
    this.depth++;
    const made = this.pick(operations[kind])(this);
    this.depth--;
    return made;
  }

  private leaf(kind: Kind): string {
    if (this.scope.length > 0 && this.chance.is(0.2)) {
      return this.pick(this.scope);
    }
    return this.chance.is(0.55) ? this.pick(names[kind]) : this.pick(literals[kind]);
  }

  any(): string {
    return this.of(this.pick(kinds));
  }
  number(): string {
    return this.of(this.pick(['int', 'float']));
  }
  /** A literal or a name. */
  atom(): string {
    return this.leaf(this.pick(kinds));
  }
  small(): string {
    return this.pick(['0', '1', '2', '3', '5', '-1', '-2', 'm']);
  }
  strings(): string {
    return this.pick(['words', "['a', 'b']", 's', 't.split()', "('x', 'y')", 'd', 'l']);
  }
  slice(): string {
    return this.pick([
      '1:',
      ':2',
      ':-1',
      '1:3',
      '::2',
      '::-1',
      '-2:',
      ':',
      '2:0:-1',
      `${this.small()}:${this.small()}`,
    ]);
  }
}
