import type { Measured } from './measure.js';

/** The measurements as a Markdown table; ratios are to the first of them. */
export function table(
  measured: readonly Measured[],
  median: (values: readonly number[]) => number,
): string {
  const unit = median(measured[0]?.milliseconds ?? []);
  const rows = measured.map(({ scenario, milliseconds, peakBytes, stdoutBytes }) => {
    const middle = median(milliseconds);
    const { name, images } = scenario;
    return [
      name,
      images === undefined ? '' : String(images),
      `${middle.toFixed(0)} ms`,
      `${Math.min(...milliseconds).toFixed(0)} ms`,
      (middle / unit).toFixed(2),
      images === undefined ? '' : `${((1000 * (middle - unit)) / images).toFixed(0)} µs`,
      `${(peakBytes / 1e6).toFixed(0)} MB`,
      stdoutBytes < 1000 ? '' : `${(stdoutBytes / 1e6).toFixed(1)} MB`,
    ];
  });
  const heads = ['run', 'images', 'median', 'least', 'ratio', 'per image', 'peak memory', 'output'];
  const widths = heads.map((head, column) =>
    Math.max(...[heads, ...rows].map((row) => (row[column] ?? head).length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [heads, rule, ...rows].map(line).join('\n');
}
