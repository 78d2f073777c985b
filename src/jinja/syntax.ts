/**
 * The syntax tree, as types. Every node has a `typename`, by which the compiler finds its method,
 * and line and column from 0. The fields are in the order in which Jinja2 visits them.
 */
export type Node = Expression | Statement | Target;

/** What has a line and a column, from 0. */
export interface At {
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
interface TargetTupleNode extends At {
  readonly typename: 'TargetTuple';
  readonly children: readonly Target[];
}
interface NamespaceNode extends At {
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
interface TextNode extends At {
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
export type AnyNode = Node | RootNode | TextNode | PairNode | KeywordNode | OperandNode;
/** The node of a typename. */
export type OfType<Name extends string, Of = AnyNode> = Of extends {
  readonly typename: infer Names;
}
  ? Name extends Names
    ? Of
    : never
  : never;
