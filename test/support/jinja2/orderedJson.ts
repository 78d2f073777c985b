import { type Data, Float } from '#jinja/index.js';

/**
 * JSON as Python reads it: objects as Maps in the order of the text (JavaScript's own would put
 * keys like "10" first), `{"__float__": "2.0"}` as a float.
 */
export function parseOrdered(text: string): Data {
  let at = 0;
  const skip = () => {
    while (/\s/.test(text.charAt(at))) {
      at++;
    }
  };
  const expect = (character: string) => {
    skip();
    if (text.charAt(at) !== character) {
      throw new Error(`no ${character} at ${at}`);
    }
    at++;
  };
  const items = (close: string, item: () => void) => {
    at++;
    skip();
    if (text.charAt(at) === close) {
      at++;
    } else {
      for (;;) {
        item();
        skip();
        if (text.charAt(at++) === close) {
          return;
        }
      }
    }
  };
  const value = (): Data => {
    skip();
    const character = text.charAt(at);
    if (character === '[') {
      const list: Data[] = [];
      items(']', () => list.push(value()));
      return list;
    }
    if (character === '{') {
      const dict = new Map<Data, Data>();
      items('}', () => {
        const key = value();
        expect(':');
        dict.set(key, value());
      });
      const float = dict.get('__float__');
      return typeof float === 'string' ? new Float(Number(float)) : dict;
    }
    const scalar = /"(?:[^"\\]|\\.)*"|[-+\w.]+/y;
    scalar.lastIndex = at;
    const [token = ''] = scalar.exec(text) ?? [];
    if (token === '') {
      throw new Error(`no value at ${at}`);
    }
    at += token.length;
    return JSON.parse(token) as string | number | boolean | null;
  };
  return value();
}
