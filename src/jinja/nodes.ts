import { type NodeClass, type NunjucksNode, nodes } from './nunjucks.js';

/**
 * The syntax tree: nunjucks' nodes where it has them, and ours for what Jinja2 has beside. Every
 * node has a `typename`, by which the compiler finds its method, and line and column from 0. The
 * fields stand in the order in which Jinja2 visits them.
 */
export type Node = Expression | Statement | Target;

interface At {
  readonly lineno: number;
  readonly colno: number;
}

export type Expression =
  | LiteralNode
  | SymbolNode
  | SequenceNode
  | DictNode
  | LookupNode
  | SliceNode
  | CallNode
  | FilterNode
  | TestNode
  | UnaryNode
  | BinaryNode
  | LogicNode
  | CompareNode
  | ConcatNode
  | InlineIfNode
  | CaptureNode;

export interface LiteralNode extends At {
  readonly typename: 'Literal';
  readonly value: LiteralValue;
}
export type LiteralValue = null | boolean | number | bigint | string | { readonly float: number };
export interface SymbolNode extends At {
  readonly typename: 'Symbol';
  readonly value: string;
  use: 'load' | 'store' | 'param';
}
export interface SequenceNode extends At {
  readonly typename: 'Array' | 'Tuple';
  readonly children: readonly Expression[];
}
export interface DictNode extends At {
  readonly typename: 'Dict';
  readonly children: readonly PairNode[];
}
export interface PairNode extends At {
  readonly typename: 'Pair';
  readonly key: Expression;
  readonly value: Expression;
}
/** `target.val` where `attribute` is set, else `target[val]`. */
export interface LookupNode extends At {
  readonly typename: 'LookupVal';
  readonly target: Expression;
  readonly val: Expression;
  readonly attribute: boolean;
}
export interface SliceNode extends At {
  readonly typename: 'Slice';
  readonly start: Expression | null;
  readonly stop: Expression | null;
  readonly step: Expression | null;
}
export interface Arguments {
  readonly args: readonly Expression[];
  readonly keywords: readonly KeywordNode[];
  readonly moreArgs: Expression | null;
  readonly moreKeywords: Expression | null;
}
export interface KeywordNode extends At {
  readonly typename: 'Keyword';
  readonly key: string;
  readonly value: Expression;
}
export interface CallNode extends At, Arguments {
  readonly typename: 'FunCall';
  readonly name: Expression;
}
export interface FilterNode extends At, Arguments {
  readonly typename: 'Filter';
  readonly target: Expression;
  readonly name: string;
}
export interface TestNode extends At, Arguments {
  readonly typename: 'Is';
  readonly target: Expression;
  readonly name: string;
}
export interface UnaryNode extends At {
  readonly typename: 'Not' | 'Neg' | 'Pos';
  readonly target: Expression;
}
export type Arithmetic = 'Add' | 'Sub' | 'Mul' | 'Div' | 'FloorDiv' | 'Mod' | 'Pow';
export interface BinaryNode extends At {
  readonly typename: Arithmetic;
  readonly left: Expression;
  readonly right: Expression;
}
export interface LogicNode extends At {
  readonly typename: 'And' | 'Or';
  readonly left: Expression;
  readonly right: Expression;
}
export interface ConcatNode extends At {
  readonly typename: 'Concat';
  readonly parts: readonly Expression[];
}
export interface CompareNode extends At {
  readonly typename: 'Compare';
  readonly expr: Expression;
  readonly ops: readonly OperandNode[];
}
export interface OperandNode extends At {
  readonly typename: 'CompareOperand';
  readonly expr: Expression;
  readonly type: string;
}
export interface InlineIfNode extends At {
  readonly typename: 'InlineIf';
  readonly cond: Expression;
  readonly body: Expression;
  readonly else_: Expression | null;
}
/** The text that a block made, as an expression: what its filter is applied to. */
export interface CaptureNode extends At {
  readonly typename: 'Capture';
}

export type Target = SymbolNode | TargetTupleNode | NamespaceNode;
export interface TargetTupleNode extends At {
  readonly typename: 'TargetTuple';
  readonly children: readonly Target[];
}
export interface NamespaceNode extends At {
  readonly typename: 'NamespaceRef';
  readonly name: string;
  readonly attribute: string;
}

export type Body = readonly Statement[];

export type Statement =
  | OutputNode
  | IfNode
  | ForNode
  | SetNode
  | SetBlockNode
  | DoNode
  | WithNode
  | MacroNode
  | CallBlockNode
  | FilterBlockNode
  | BlockNode
  | ExtendsNode
  | IncludeNode
  | ImportNode
  | FromImportNode;

export interface RootNode extends At {
  readonly typename: 'Root';
  readonly children: Body;
}
export interface OutputNode extends At {
  readonly typename: 'Output';
  readonly children: readonly (TextNode | Expression)[];
}
export interface TextNode extends At {
  readonly typename: 'TemplateData';
  readonly value: string;
}
export interface IfNode extends At {
  readonly typename: 'If';
  readonly cond: Expression;
  readonly body: Body;
  readonly elifs: readonly IfNode[];
  readonly else_: Body;
}
export interface ForNode extends At {
  readonly typename: 'For';
  readonly name: Target;
  readonly arr: Expression;
  readonly body: Body;
  readonly else_: Body;
  readonly test: Expression | null;
  readonly recursive: boolean;
}
export interface SetNode extends At {
  readonly typename: 'Set';
  readonly target: Target;
  readonly value: Expression;
}
export interface SetBlockNode extends At {
  readonly typename: 'SetBlock';
  readonly target: Target;
  readonly filter: Expression | null;
  readonly body: Body;
}
export interface DoNode extends At {
  readonly typename: 'Do';
  readonly value: Expression;
}
export interface WithNode extends At {
  readonly typename: 'With';
  readonly targets: readonly Target[];
  readonly values: readonly Expression[];
  readonly body: Body;
}
export interface Signed {
  readonly args: readonly SymbolNode[];
  /** Of the last parameters. */
  readonly defaults: readonly Expression[];
  readonly body: Body;
}
export interface MacroNode extends At, Signed {
  readonly typename: 'Macro';
  readonly name: string;
}
export interface CallBlockNode extends At, Signed {
  readonly typename: 'CallBlock';
  readonly call: CallNode;
}
export interface FilterBlockNode extends At {
  readonly typename: 'FilterBlock';
  readonly body: Body;
  readonly filter: Expression;
}
export interface BlockNode extends At {
  readonly typename: 'Block';
  readonly name: string;
  readonly body: Body;
  readonly scoped: boolean;
  readonly required: boolean;
}
export interface ExtendsNode extends At {
  readonly typename: 'Extends';
  readonly template: Expression;
}
export interface IncludeNode extends At {
  readonly typename: 'Include';
  readonly template: Expression;
  readonly withContext: boolean;
  readonly ignoreMissing: boolean;
}
export interface ImportNode extends At {
  readonly typename: 'Import';
  readonly template: Expression;
  readonly target: string;
  readonly withContext: boolean;
}
export interface FromImportNode extends At {
  readonly typename: 'FromImport';
  readonly template: Expression;
  readonly names: readonly { readonly name: string; readonly alias: string }[];
  readonly withContext: boolean;
}

/** Every kind of node there is, by typename. */
type AnyNode = Node | RootNode | TextNode | PairNode | KeywordNode | OperandNode;
type OfType<Name extends string, Of = AnyNode> = Of extends { readonly typename: infer Names }
  ? Name extends Names
    ? Of
    : never
  : never;

const call = ['args', 'keywords', 'moreArgs', 'moreKeywords'];

/** A kind of node, under nunjucks' own where that has it, with the fields that we give it. */
function kind(base: keyof typeof nodes, typename: string, ...fields: readonly string[]): NodeClass {
  class Kind extends nodes[base] {
    /** nunjucks' constructor calls this with its arguments; its own goes the long way round. */
    init(lineno: number, colno: number, values: Readonly<Record<string, unknown>>): void {
      const node = this as unknown as Record<string, unknown>;
      node.lineno = lineno;
      node.colno = colno;
      for (const field of fields) node[field] = values[field];
    }
  }
  Object.defineProperties(Kind.prototype, {
    typename: { value: typename },
    fields: { value: fields },
  });
  return Kind;
}

const classes = {
  Literal: kind('Literal', 'Literal', 'value'),
  Symbol: kind('Symbol', 'Symbol', 'value', 'use'),
  Array: kind('Array', 'Array', 'children'),
  Tuple: kind('Array', 'Tuple', 'children'),
  TargetTuple: kind('Array', 'TargetTuple', 'children'),
  Dict: kind('Dict', 'Dict', 'children'),
  Pair: kind('Pair', 'Pair', 'key', 'value'),
  LookupVal: kind('LookupVal', 'LookupVal', 'target', 'val', 'attribute'),
  Slice: kind('Node', 'Slice', 'start', 'stop', 'step'),
  Keyword: kind('Pair', 'Keyword', 'key', 'value'),
  FunCall: kind('FunCall', 'FunCall', 'name', ...call),
  Filter: kind('Filter', 'Filter', 'target', 'name', ...call),
  Is: kind('Is', 'Is', 'target', 'name', ...call),
  Not: kind('Not', 'Not', 'target'),
  Neg: kind('Neg', 'Neg', 'target'),
  Pos: kind('Pos', 'Pos', 'target'),
  Add: kind('Add', 'Add', 'left', 'right'),
  Sub: kind('Sub', 'Sub', 'left', 'right'),
  Mul: kind('Mul', 'Mul', 'left', 'right'),
  Div: kind('Div', 'Div', 'left', 'right'),
  FloorDiv: kind('FloorDiv', 'FloorDiv', 'left', 'right'),
  Mod: kind('Mod', 'Mod', 'left', 'right'),
  Pow: kind('Pow', 'Pow', 'left', 'right'),
  And: kind('And', 'And', 'left', 'right'),
  Or: kind('Or', 'Or', 'left', 'right'),
  Concat: kind('Concat', 'Concat', 'parts'),
  Compare: kind('Compare', 'Compare', 'expr', 'ops'),
  CompareOperand: kind('CompareOperand', 'CompareOperand', 'expr', 'type'),
  InlineIf: kind('InlineIf', 'InlineIf', 'cond', 'body', 'else_'),
  Capture: kind('Capture', 'Capture'),
  NamespaceRef: kind('Node', 'NamespaceRef', 'name', 'attribute'),
  Output: kind('Output', 'Output', 'children'),
  TemplateData: kind('TemplateData', 'TemplateData', 'value'),
  If: kind('If', 'If', 'cond', 'body', 'elifs', 'else_'),
  For: kind('For', 'For', 'name', 'arr', 'body', 'else_', 'test', 'recursive'),
  Set: kind('Set', 'Set', 'target', 'value'),
  SetBlock: kind('Set', 'SetBlock', 'target', 'filter', 'body'),
  Do: kind('Node', 'Do', 'value'),
  With: kind('Node', 'With', 'targets', 'values', 'body'),
  Macro: kind('Macro', 'Macro', 'name', 'args', 'defaults', 'body'),
  CallBlock: kind('Caller', 'CallBlock', 'call', 'args', 'defaults', 'body'),
  FilterBlock: kind('Node', 'FilterBlock', 'body', 'filter'),
  Block: kind('Block', 'Block', 'name', 'body', 'scoped', 'required'),
  Extends: kind('Extends', 'Extends', 'template'),
  Include: kind('Include', 'Include', 'template', 'withContext', 'ignoreMissing'),
  Import: kind('Import', 'Import', 'template', 'target', 'withContext'),
  FromImport: kind('FromImport', 'FromImport', 'template', 'names', 'withContext'),
} as const;

type FieldsOf<Name extends string> = Omit<OfType<Name>, 'typename' | 'lineno' | 'colno'>;

/** Makes a node of a type at a place. */
export function make<Name extends keyof typeof classes & AnyNode['typename']>(
  typename: Name,
  at: At,
  fields: FieldsOf<Name>,
): OfType<Name> {
  const Kind = classes[typename];
  return new Kind(at.lineno, at.colno, fields) as NunjucksNode & OfType<Name>;
}

/** Goes through the children of a node in the order of its fields, lists of them included. */
export function eachChild(node: object, visit: (child: Node) => void): void {
  const { fields } = node as NunjucksNode;
  for (const field of fields) {
    const value = (node as Record<string, unknown>)[field];
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) visitNode(value, visit);
    else for (const item of value) if (typeof item === 'object') visitNode(item as object, visit);
  }
}

function visitNode(value: object, visit: (child: Node) => void): void {
  if ('typename' in value) visit(value as Node);
}
