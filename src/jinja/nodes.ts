import { type NodeClass, type NunjucksNode, nodes } from './nunjucks.js';
import type { AnyNode, At, Node, OfType } from './syntax.js';

const call = ['args', 'keywords', 'moreArgs', 'moreKeywords'];

/** A kind of node, under nunjucks' own where that has it, with the fields that we give it. */
function kind(base: keyof typeof nodes, typename: string, ...fields: readonly string[]): NodeClass {
  class Kind extends nodes[base] {
    /** nunjucks' constructor calls this with its arguments; its own goes the long way round. */
    init(lineno: number, colno: number, values: Readonly<Record<string, unknown>>): void {
      const node = this as unknown as Record<string, unknown>;
      node.lineno = lineno;
      node.colno = colno;
      for (const field of fields) {
        node[field] = values[field];
      }
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
    if (typeof value !== 'object' || value === null) {
      continue;
    }
    if (!Array.isArray(value)) {
      visitNode(value, visit);
    } else {
      for (const item of value) {
        if (typeof item === 'object') {
          visitNode(item as object, visit);
        }
      }
    }
  }
}

function visitNode(value: object, visit: (child: Node) => void): void {
  if ('typename' in value) {
    visit(value as Node);
  }
}
