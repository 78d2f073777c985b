/** What a terminal shows while a recording is played into it. */
import xterm from '@xterm/headless';

/** Frames are at least this far apart, in seconds: what is there for less time is left out. */
const briefest = 0.4;

/**
 * A recording (asciicast v2) as screens with the times at which they appear: `{ at, rows }`, where a row is
 * a list of pieces `{ column, text, classes }`. Times begin with the first output.
 */
export async function framesOf(cast) {
  const [header, ...events] = cast
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const terminal = new xterm.Terminal({
    cols: header.width,
    rows: header.height,
    scrollback: 1000,
    allowProposedApi: true,
  });
  const write = (text) => new Promise((done) => terminal.write(text, done));
  // The prompt is the one thing that was not recorded.
  await write(`\u001b[32m$\u001b[39m ${header.command}\r\n`);
  const frames = [{ at: 0, rows: screenOf(terminal) }];
  const start = (events[0]?.[0] ?? 0) - 1;
  for (const [index, [time, , text]] of events.entries()) {
    await write(text);
    const next = events[index + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    const at = time - start;
    const tooSoon = next - start < frames.at(-1).at + briefest;
    const rows = screenOf(terminal);
    if (!tooSoon && JSON.stringify(rows) !== JSON.stringify(frames.at(-1).rows)) {
      frames.push({ at: Math.max(at, frames.at(-1).at + briefest), rows });
    }
  }
  return { columns: header.width, lines: header.height, frames };
}

function screenOf(terminal) {
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, row) =>
    rowOf(active.getLine(active.baseY + row), terminal.cols),
  );
}

function rowOf(line, columns) {
  const pieces = [];
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column);
    const text = cell.getChars() || ' ';
    const classes = classesOf(cell);
    const last = pieces.at(-1);
    if (last !== undefined && last.classes === classes) {
      last.text += text;
    } else {
      pieces.push({ column, text, classes });
    }
  }
  return pieces
    .map(({ column, text, classes }) => {
      const leading = text.length - text.trimStart().length;
      return { column: column + leading, text: text.trim(), classes };
    })
    .filter(({ text }) => text !== '');
}

/** `b` bold, `d` dim, `c1` red and so on: the colours of the terminal's palette. */
function classesOf(cell) {
  return [
    ...(cell.isBold() ? ['b'] : []),
    ...(cell.isDim() ? ['d'] : []),
    ...(cell.isFgPalette() ? [`c${cell.getFgColor()}`] : []),
  ].join(' ');
}
