/**
 * Screens of a terminal as one animated SVG, without any script: a film strip that CSS moves from frame to
 * frame. Where nothing is animated, the last frame is shown.
 */

const cell = { width: 8.4, height: 18 };
/** Where text stands in its row. */
const baseline = 14;
const margin = { side: 14, top: 38, bottom: 12 };
/** How long the last screen stays, in seconds. */
const pause = 6;

const style = `
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:#d5dae0;white-space:pre}
.b{font-weight:bold}.d{fill:#8b949e}
.c1,.c9{fill:#ff7b72}.c2,.c10{fill:#7ee787}.c3,.c11{fill:#e3b341}.c4,.c12{fill:#79c0ff}.c5,.c13{fill:#d2a8ff}.c6,.c14{fill:#76e3ea}.c8{fill:#8b949e}
`.trim();

export function svgOf({ columns, lines, frames }, title) {
  const screen = { width: Math.ceil(columns * cell.width), height: lines * cell.height };
  const width = screen.width + 2 * margin.side;
  const height = screen.height + margin.top + margin.bottom;
  const duration = frames.at(-1).at + pause;
  const rows = new Map();
  const strip = frames.map(({ rows: some }, frame) =>
    some
      .map((pieces, row) => {
        if (pieces.length === 0) {
          return '';
        }
        const drawn = pieces.map(drawnPiece).join('');
        const id = rows.get(drawn) ?? `r${rows.size.toString(36)}`;
        rows.set(drawn, id);
        return `<use href="#${id}" y="${frame * screen.height + row * cell.height + baseline}"/>`;
      })
      .join(''),
  );
  const offset = (frame) => `transform:translateY(${-frame * screen.height}px)`;
  const steps = frames.map(
    ({ at }, frame) => `${Number(((100 * at) / duration).toFixed(2))}%{${offset(frame)}}`,
  );
  const last = offset(frames.length - 1);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xml:space="preserve" role="img" aria-labelledby="t"><title id="t">${escaped(title)}</title><style>${style}
#f{${last};animation:f ${Number(duration.toFixed(2))}s step-end infinite}
@keyframes f{${steps.join('')}100%{${last}}}
@media(prefers-reduced-motion:reduce){#f{animation:none}}
</style><defs>
${[...rows].map(([drawn, id]) => `<g id="${id}">${drawn}</g>`).join('\n')}
</defs><rect width="${width}" height="${height}" rx="8" fill="#161b22" stroke="#30363d"/>
<circle cx="20" cy="19" r="6" fill="#ff5f57"/><circle cx="40" cy="19" r="6" fill="#febc2e"/><circle cx="60" cy="19" r="6" fill="#28c840"/>
<svg x="${margin.side}" y="${margin.top}" width="${screen.width}" height="${screen.height}"><g id="f">
${strip.filter((frame) => frame !== '').join('\n')}
</g></svg></svg>
`;
}

/** Its length is given, so that columns stay below each other in every font. */
function drawnPiece({ column, text, classes }) {
  const x = Number((column * cell.width).toFixed(1));
  const length = Number((text.length * cell.width).toFixed(1));
  const named = classes === '' ? '' : ` class="${classes}"`;
  return `<text x="${x}" textLength="${length}"${named}>${escaped(text)}</text>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
