import { closes, heredocsOf } from './heredoc.js';
import { LogicalLines } from './lines.js';
import { type Command, jsonForm, splitCommand } from './words.js';

/** One instruction, for readers that look for something else than links. */
export interface Instruction {
  /** Lower case. */
  readonly name: string;
  readonly command: Command;
  readonly hasHeredocs: boolean;
  /** Where the walk stands: its `span` gives the places of the command's parts. */
  readonly lines: LogicalLines;
}

/** The text of a heredoc, with its line ends; its first line has the number `line` in the file. */
export interface HeredocText {
  readonly text: string;
  readonly line: number;
}

/**
 * Walks over the instructions of a Dockerfile, whatever is wrong with them: `readDockerfile` tells that.
 *
 * @param visitHeredoc hears the texts of an instruction's heredocs, after the instruction
 */
export function walkInstructions(
  text: string,
  visit: (instruction: Instruction) => void,
  visitHeredoc?: (instruction: string, heredoc: HeredocText) => void,
): void {
  const lines = new LogicalLines(text);
  while (lines.next()) {
    const command = splitCommand(lines.text, lines.escape);
    const name = command.keyword.toLowerCase();
    const mayHold = name === 'run' || name === 'copy' || name === 'add';
    const heredocs =
      mayHold && lines.hasAngle && jsonForm(command.rest).kind !== 'array'
        ? (heredocsOf(lines.text) ?? [])
        : [];
    visit({ name, command, hasHeredocs: heredocs.length > 0, lines });
    for (const heredoc of heredocs) {
      const inside: string[] = [];
      const line = lines.lastLine + 1;
      for (let raw = lines.takeRaw(); raw !== undefined; raw = lines.takeRaw()) {
        if (closes(heredoc, raw)) {
          break;
        }
        inside.push(`${raw}\n`);
      }
      visitHeredoc?.(name, { text: inside.join(''), line });
    }
  }
}
