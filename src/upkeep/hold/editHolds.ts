import { isDeepStrictEqual } from 'node:util';
import { type Hold, type HoldStop, holdStops } from '#compiler/workspace/holdKeys.js';
import type { Data } from '#core/data/data.js';
import { hasErrors } from '#core/diagnostics/diagnostic.js';
import { parseToml } from '#formats/settings/toml.js';

/** A hold that is to be written. */
export interface NewHold {
  /** A name or a glob, as `--select` takes it. */
  readonly image: string;
  readonly reason: string;
  /** All of them: the key is left out. */
  readonly stops: readonly HoldStop[];
  readonly from?: string;
  readonly until?: string;
  readonly unless?: 'security';
}

/**
 * The text of a workspace file (TOML) with one hold more, at its end; the rest stays byte for byte.
 * Undefined where what comes out would say something else than that.
 */
export function withHold(text: string, hold: NewHold): string | undefined {
  const { image, reason, stops, from, until, unless } = hold;
  const isAll = stops.length === holdStops.length;
  const end = lineEndOf(text);
  const lines = [
    '[[hold]]',
    `images = [${quoted(image)}]`,
    ...(isAll ? [] : [`stops = [${stops.map(quoted).join(', ')}]`]),
    ...(from === undefined ? [] : [`from = ${quoted(from)}`]),
    ...(until === undefined ? [] : [`until = ${quoted(until)}`]),
    `reason = ${quoted(reason)}`,
    ...(unless === undefined ? [] : [`unless = ${quoted(unless)}`]),
  ];
  const before = text === '' || text.endsWith('\n') ? text : `${text}${end}`;
  const gap = before === '' || /\n\r?\n$/.test(before) ? '' : end;
  const after = `${before}${gap}${lines.join(end)}${end}`;
  const old = read(text);
  const made = read(after);
  if (old === undefined || made === undefined) {
    return undefined;
  }
  const { holds, others } = made;
  const isSame = isDeepStrictEqual(holds.slice(0, -1), old.holds);
  return isSame && isDeepStrictEqual(others, old.others) ? after : undefined;
}

/**
 * The text without one of its holds, and with all comments that are not inside of it. Undefined where that
 * would change more than the hold.
 *
 * @param place where the hold begins, as the reader of the file says
 */
export function withoutHold(text: string, { place }: Pick<Hold, 'place'>): string | undefined {
  const old = read(text);
  const lines = text.split(/(?<=\n)/);
  const first = (place.line ?? 0) - 1;
  if (old === undefined || !/^\s*\[\[\s*["']?hold/.test(lines[first] ?? '')) {
    return undefined;
  }
  const isOneLess = (holds: readonly Data[]) =>
    old.holds.some((_, at) =>
      isDeepStrictEqual(
        holds,
        old.holds.filter((__, index) => index !== at),
      ),
    );
  // A line that looks like a heading may be in a text: then the next one is tried.
  for (let next = first + 1; next <= lines.length; next++) {
    if (next < lines.length && !/^\s*\[/.test(lines[next] ?? '')) {
      continue;
    }
    let end = next;
    while (end > first + 1 && /^(#|$)/.test((lines[end - 1] ?? '').trim())) {
      end--;
    }
    const after = joined(lines, first, end);
    const made = read(after);
    if (made !== undefined && isOneLess(made.holds) && isDeepStrictEqual(made.others, old.others)) {
      return after;
    }
  }
  return undefined;
}

/** The lines without those from `first` to `end`; of the empty ones around them, one is enough. */
function joined(lines: readonly string[], first: number, end: number): string {
  const isEmpty = (line: string | undefined) => line === undefined || line.trim() === '';
  const isDouble = first > 0 && isEmpty(lines[first - 1]) && isEmpty(lines[end]);
  return [...lines.slice(0, isDouble ? first - 1 : first), ...lines.slice(end)].join('');
}

/** The tables of holds, and everything else; undefined where the text is not sound. */
function read(
  text: string,
): { readonly holds: readonly Data[]; readonly others: ReadonlyMap<Data, Data> } | undefined {
  const { value, diagnostics } = parseToml('', text);
  if (hasErrors(diagnostics)) {
    return undefined;
  }
  const { hold, ...others } = Object.fromEntries(value.data) as { hold?: Data };
  const holds = Array.isArray(hold) ? hold : [];
  return { holds, others: new Map(Object.entries(others)) as ReadonlyMap<Data, Data> };
}

function lineEndOf(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}

function quoted(text: string): string {
  // JSON's escapes are those of TOML's basic strings, but for DEL.
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}
