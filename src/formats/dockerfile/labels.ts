import { expand } from './expand.js';
import { splitWords } from './words.js';

/** The keys of `LABEL a=b "c d"=e`, or of its old form, `LABEL a b`. */
export function labelKeys(rest: string, escapeChar: string): string[] {
  const words = splitWords(rest, escapeChar);
  const isOld = words[0]?.text.includes('=') === false;
  return (isOld ? words.slice(0, 1) : words).map(({ text }) =>
    (text.split('=', 1)[0] ?? '').replace(/["']/g, ''),
  );
}

/** Sets what LABEL sets; of what a variable is in nothing is known. */
export function setLabels(values: Map<string, string>, rest: string, escapeChar: string): void {
  const words = splitWords(rest, escapeChar).map(({ text }) => text);
  const [first = ''] = words;
  const pairs = first.includes('=')
    ? words.map((word) => {
        const at = word.indexOf('=');
        return [word.slice(0, at), word.slice(at + 1)] as const;
      })
    : [[first, rest.slice(rest.indexOf(first) + first.length).trim()] as const];
  for (const [key, value] of pairs) {
    const [name, text] = [key, value].map((word) => {
      const expanded = expand(word, escapeChar, () => undefined);
      return word.includes('$') || !expanded.ok ? undefined : expanded.text;
    });
    if (name !== undefined && text !== undefined) {
      values.set(name, text);
    } else if (name !== undefined) {
      values.delete(name);
    }
  }
}
