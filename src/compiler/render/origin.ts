import { type Place, placeOfLine } from '#core/diagnostics/diagnostic.js';
import { textOfLine } from '#core/diagnostics/lineIndex.js';
import type { LineOrigin } from '#jinja/index.js';

/** A function from a line of a rendered Dockerfile to the place in a file that it comes from. */
export type PlaceOf = (line: number, column?: number, length?: number) => Place;

/**
 * For a Dockerfile that a template rendered. The trace renders once more, so it is made when the
 * first message needs it. A line that is literally in the template keeps its column; of any
 * other the whole template line is marked, since the reference in it is an expression there.
 *
 * @param sources the text of a template file, for the excerpt
 */
export function placeInTemplate(
  rendered: string,
  fallback: string,
  trace: () => readonly LineOrigin[],
  sources: (file: string) => string | undefined,
): PlaceOf {
  let origins: readonly LineOrigin[] | undefined;
  let lines: readonly string[] | undefined;
  return (line, column = 1, length = 1) => {
    origins ??= trace();
    lines ??= rendered.split('\n');
    const renderedLine = lines[line - 1] ?? '';
    const origin = origins[line - 1];
    if (origin === undefined) {
      return { file: fallback };
    }
    const text = sources(origin.file);
    if (text === undefined) {
      return { file: origin.file, line: origin.line };
    }
    const source = textOfLine(text, origin.line);
    const place = { file: origin.file, line: origin.line, lineText: source };
    if (source === renderedLine) {
      return { ...place, column, length };
    }
    const indent = source.length - source.trimStart().length;
    return { ...place, column: indent + 1, length: Math.max(1, source.trim().length) };
  };
}

/** For a Dockerfile that is used unchanged; lines that were added to it are not in the file. */
export function placeInText(file: string, text: string, generatedFrom?: number): PlaceOf {
  return (line, column = 1, length = 1) => {
    if (generatedFrom !== undefined && line >= generatedFrom) {
      return { file };
    }
    return placeOfLine(file, text, line, column, length);
  };
}
