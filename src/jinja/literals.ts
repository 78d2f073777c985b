import { fail, notSupported, type Position } from './errors.js';
import { normal } from './operators/numbers.js';

/** The value of an integer literal: decimal, `0x`, `0o`, `0b`, with underscores. */
export function integerLiteral(text: string): number | bigint {
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  return digits.length < 15 ? Number(digits) : normal(BigInt(digits));
}

export function floatLiteral(text: string, at: Position): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) {
    throw fail('NotSupported', 'a float literal beyond the range of floats is not supported', {
      at,
    });
  }
  return value;
}

const escapes =
  /\\(?:(?<octal>[0-7]{1,3})|x(?<x>[0-9a-fA-F]{2})|u(?<u>[0-9a-fA-F]{4})|U(?<U>[0-9a-fA-F]{8})|(?<other>[\s\S]))/gu;

const simple: ReadonlyMap<string, string> = new Map([
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** The characters of a string literal's inside, with Python's escapes. */
export function stringLiteral(inside: string, at: Position): string {
  return inside.replace(escapes, (whole: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    if (groups.octal !== undefined) {
      return String.fromCodePoint(Number.parseInt(groups.octal, 8));
    }
    const hex = groups.x ?? groups.u ?? groups.U;
    if (hex !== undefined) {
      return codePoint(Number.parseInt(hex, 16), at);
    }
    const other = groups.other ?? '';
    const known = simple.get(other);
    if (known !== undefined) {
      return known;
    }
    if (other === 'N') {
      throw fail('NotSupported', String.raw`the escape \N{…} is not supported`, { at });
    }
    if (other === 'x' || other === 'u' || other === 'U') {
      const shape = { x: String.raw`\xXX`, u: String.raw`\uXXXX`, U: String.raw`\UXXXXXXXX` }[
        other
      ];
      throw fail('TemplateSyntaxError', `truncated ${shape} escape`, { at });
    }
    // Python unescapes after having written other characters than ASCII as escapes themselves,
    // so a backslash before one of them joins the one of that escape.
    return other > '\x7f' ? asEscape(other) : whole;
  });
}

function codePoint(code: number, at: Position): string {
  if (code > 0x10ffff) {
    throw fail('TemplateSyntaxError', 'illegal Unicode character', { at });
  }
  if (code >= 0xd800 && code < 0xe000) {
    const { kind, message } = notSupported('an escape for a lone surrogate');
    throw fail(kind, message, { at });
  }
  return String.fromCodePoint(code);
}

function asEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x100) {
    return `\\x${digits.padStart(2, '0')}`;
  }
  if (code < 0x10000) {
    return `\\u${digits.padStart(4, '0')}`;
  }
  return `\\U${digits.padStart(8, '0')}`;
}
