import { outputOptions } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface InitInput {
  readonly directory: string;
}

export const spec: CommandSpec<InitInput> = {
  name: 'init',
  summary: 'make a small working repository to start from',
  words: [['<DIR>', 'a directory that is absent or empty']],
  options: outputOptions,
  examples: [
    [
      'generate-bake init sample && cd sample && generate-bake list images',
      'make it and look at its images',
    ],
  ],
  read: ({ words }) => ({ directory: words[0] ?? '.' }),
};
