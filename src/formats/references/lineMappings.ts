import type { Mapping, MappingNode, Scalar } from './mapping.js';

/** Indentation, dashes of a list, a key, and what is behind the colon. */
const pair = /^( *)((?:- +)*)(["']?)([\w.-]+)\3:(?:[ \t]+(.*?))?[ \t\r]*$/;

/** On a longer line there is more than a key and a value. */
const longestLine = 4096;

/**
 * The mappings of a text that is like YAML, as its indentation has them: of templates, and of YAML in blocks of
 * text. Lines without a key, such as `{{- if … }}`, are passed over.
 */
export function lineMappings(text: string): readonly Mapping[] {
  const done: Mapping[] = [];
  const open: { readonly column: number; readonly pairs: Map<string, MappingNode> }[] = [];
  const close = (isClosed: (column: number) => boolean): void => {
    for (let last = open.at(-1); last !== undefined && isClosed(last.column); last = open.at(-1)) {
      open.pop();
      done.push({ kind: 'mapping', pairs: last.pairs, merged: [] });
    }
  };
  let start = 0;
  for (const line of text.split('\n')) {
    const found = line.length > longestLine ? null : pair.exec(line);
    if (found !== null) {
      const [, indent = '', dashes = '', , key = '', value = ''] = found;
      const item = indent.length;
      const column = item + dashes.length;
      // A dash begins another item; else what is further in has ended.
      close((each) => (dashes === '' ? each > column : each > item));
      if (open.at(-1)?.column !== column) {
        open.push({ column, pairs: new Map() });
      }
      const at = value === '' ? line.length : line.lastIndexOf(value);
      open.at(-1)?.pairs.set(key, scalarIn(value, start + at));
    }
    start += line.length + 1;
  }
  close(() => true);
  return done;
}

function scalarIn(value: string, start: number): MappingNode {
  const anchor = /^&\S+[ \t]+/.exec(value)?.[0] ?? '';
  const rest = value.slice(anchor.length);
  const quoted = /^(["'])([^"'\\]*)\1(?:[ \t]+#.*)?$/.exec(rest);
  const plain = quoted === null ? /^(?![|>&*!%@`[{"'#])(.+?)(?:[ \t]+#.*)?$/.exec(rest) : null;
  const text = quoted?.[2] ?? plain?.[1];
  // A template that is not in quotes.
  const expression = text === undefined ? /^\{\{.*\}\}\S*$/.exec(rest)?.[0] : undefined;
  if (text === undefined && expression === undefined) {
    return { kind: 'unknown' };
  }
  const scalar: Scalar = {
    kind: 'scalar',
    text: text ?? expression ?? '',
    start: start + anchor.length + (quoted === null ? 0 : 1),
    isLiteral: true,
    isPlain: quoted === null,
  };
  return scalar;
}
