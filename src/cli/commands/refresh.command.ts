import {
  type ChangelogInput,
  changelogOptions,
  directoryWords,
  outputOptions,
  readChangelogInput,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface RefreshInput extends ChangelogInput {
  readonly trees: TreesInput;
  readonly exclude: readonly string[];
}

export const spec: CommandSpec<RefreshInput> = {
  name: 'refresh',
  summary: 'date every version anew, for the weekly rebuild',
  description: `Every image gets a block "Weekly rebuild." and today's date at the end of its version, in the place
of an older one; those without a changelog get one rebuild more in generate-bake.lock. A second run on
the same day changes nothing. A tree stays out with refresh = false
in the workspace file, and so do images with changes that have no version yet.`,
  words: directoryWords,
  options: [
    {
      flags: '--exclude <GLOB>',
      help: "leave out images whose whole reference matches, as in '*golang*'; may be repeated",
      repeatable: true,
    },
    ...changelogOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ["generate-bake refresh --exclude '*spark*' --commit", 'the weekly rebuild of a workspace'],
  ],
  read: (parsed) => ({
    trees: readTrees(parsed),
    exclude: parsed.list('exclude'),
    ...readChangelogInput(parsed),
  }),
};
