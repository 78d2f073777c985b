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

/**
 * Walks over the instructions of a Dockerfile, the texts of heredocs left out, whatever is wrong
 * with them: `readDockerfile` tells that.
 */
export function walkInstructions(text: string, visit: (instruction: Instruction) => void): void {
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
      for (let line = lines.takeRaw(); line !== undefined; line = lines.takeRaw()) {
        if (closes(heredoc, line)) {
          break;
        }
      }
    }
  }
}
