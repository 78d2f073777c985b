import { outputOptions, readTrees, type TreesInput, treeOptions } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

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
    ['<NAME>', 'name of the image; tree/name where there are several trees'],
    ['[DIR]', 'the tree, or a directory inside it'],
  ],
  options: [
    {
      flags: '--from <PARENT>',
      help: 'what it is built on: an image of the trees, or any (default: the first of base_images)',
    },
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
