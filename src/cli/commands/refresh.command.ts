import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  type ChangelogInput,
  changelogOptions,
  credentialOptions,
  directoryWords,
  outputOptions,
  readChangelogInput,
  readCredentialUse,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface RefreshInput extends ChangelogInput {
  readonly trees: TreesInput;
  readonly exclude: readonly string[];
  /** Whose `latest` is held is asked with them. */
  readonly credentials: CredentialUse;
}

export const spec: CommandSpec<RefreshInput> = {
  name: 'refresh',
  summary: 'date every version anew, for the weekly rebuild',
  description: `Every image gets a block "Weekly rebuild." and today's date at the end of its version, in the place
of an older one; those without a changelog get one rebuild more in generate-bake.lock. A second run on
the same day changes nothing. A tree stays out with refresh = false
in the workspace file, and so do images with changes that have no version yet, and those that are held: by a
[[hold]], or whose latest is held in the registry, which is asked.`,
  words: directoryWords,
  options: [
    {
      flags: '--exclude <GLOB>',
      help: "leave out images whose name or whole reference matches, as in '*golang*'; may be repeated",
      repeatable: true,
    },
    ...changelogOptions,
    ...credentialOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ["generate-bake refresh --exclude '*spark*' --commit", 'the weekly rebuild of a workspace'],
  ],
  read: (parsed) => ({
    trees: readTrees(parsed),
    exclude: parsed.list('exclude'),
    credentials: readCredentialUse(parsed),
    ...readChangelogInput(parsed),
  }),
};
