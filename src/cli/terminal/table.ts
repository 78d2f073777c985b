import { printable } from '#core/text/printable.js';

/** A cell longer than this moves what is right of it in its own row, rather than in all of them. */
const widest = 44;

/** Columns two spaces apart, the last one as long as it is. */
export function table(raw: readonly (readonly string[])[]): string {
  // The name of a directory may hold an escape or a newline: it could forge rows.
  const rows = raw.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) {
      if (cell.length <= widest) {
        widths[at] = Math.max(widths[at] ?? 0, cell.length);
      }
    }
  }
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
