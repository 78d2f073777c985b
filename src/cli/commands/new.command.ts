import { outputOptions, readTrees, type TreesInput, treeOptions } from '../options.js';
import type { CommandSpec } from '../spec.js';

export interface NewInput {
  /** At most one directory. */
  readonly trees: TreesInput;
  readonly name: string;
  readonly from?: string;
}

export const spec: CommandSpec<NewInput> = {
  name: 'new',
  summary: 'make the directory of a new image',
  words: [
    ['<NAME>', 'name of the image'],
    ['[DIR]', 'the tree, or a directory inside it'],
  ],
  options: [
    { flags: '--from <PARENT>', help: 'the image that it is built on' },
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake new my-service --from nodejs images', 'a directory with all the files'],
  ],
  read(parsed) {
    const [name = '', ...directories] = parsed.words;
    const from = parsed.text('from');
    return { trees: readTrees(parsed, directories), name, ...(from === undefined ? {} : { from }) };
  },
};
