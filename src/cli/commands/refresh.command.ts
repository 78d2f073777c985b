import {
  directoryWords,
  outputOptions,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../options.js';
import type { CommandSpec } from '../spec.js';

export interface RefreshInput {
  readonly trees: TreesInput;
  readonly exclude: readonly string[];
  readonly dryRun: boolean;
  readonly commit: boolean;
}

export const spec: CommandSpec<RefreshInput> = {
  name: 'refresh',
  summary: 'date every version anew, for the weekly rebuild',
  words: directoryWords,
  options: [
    { flags: '--exclude <GLOB>', help: 'no images that match; may be repeated', repeatable: true },
    { flags: '--dry-run', help: 'show the changes as a diff, and write nothing' },
    { flags: '--commit', help: 'make one git commit of the changelogs', conflicts: ['dry-run'] },
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ["generate-bake refresh --exclude '*spark*' --commit", 'the weekly rebuild of a workspace'],
  ],
  read: (parsed) => ({
    trees: readTrees(parsed),
    exclude: parsed.list('exclude'),
    dryRun: parsed.flag('dry-run'),
    commit: parsed.flag('commit'),
  }),
};
