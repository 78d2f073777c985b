import { outputOptions } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface InitInput {
  readonly directory: string;
}

export const spec: CommandSpec<InitInput> = {
  name: 'init',
  summary: 'make a small repository, or describe one that has Dockerfiles',
  description:
    'In a directory that is absent or empty: makes a small working repository. In one that has Dockerfiles: says what it finds, prints how the images would be linked, and writes a short generate-bake.toml.',
  words: [['[DIR]', 'the directory (default: this one)']],
  options: outputOptions,
  examples: [
    [
      'generate-bake init sample && cd sample && generate-bake list images',
      'make one and look at its images',
    ],
    ['generate-bake init', 'begin with the Dockerfiles that are here'],
  ],
  read: ({ words }) => ({ directory: words[0] ?? '.' }),
};
