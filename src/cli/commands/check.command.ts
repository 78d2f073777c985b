import { type CompileLine, compileOptions, imageWords, readCompileLine } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface CheckInput extends CompileLine {
  readonly failOnWarnings: boolean;
}

export const spec: CommandSpec<CheckInput> = {
  name: 'check',
  summary: 'say everything that is wrong or doubtful with the definitions',
  description:
    'Reads files alone: runs nothing of the tree, asks no registry. Exits with 1 if there is an error. ' +
    'The rules and their levels: doc/check.md.',
  words: imageWords,
  options: [
    { flags: '--fail-on-warnings', help: 'exit with 1 for warnings too' },
    ...compileOptions,
  ],
  examples: [
    ['generate-bake check', 'what other commands fold into one line'],
    ['generate-bake check golang --with-children', 'a part of the fleet'],
  ],
  read(parsed) {
    return { ...readCompileLine(parsed), failOnWarnings: parsed.flag('fail-on-warnings') };
  },
};
