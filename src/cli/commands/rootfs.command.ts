import { outputOptions, readTrees, type TreesInput, treeOptions } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface RootfsInput {
  readonly trees: TreesInput;
  /** Make those again that are there. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Absent: as root where that is who runs it, else in a user namespace. */
  readonly mode?: 'root' | 'unshare';
}

export const spec: CommandSpec<RootfsInput> = {
  name: 'rootfs',
  summary: 'make the root filesystems that images are built on',
  description:
    'Makes every rootfs.toml of the trees with mmdebstrap: one with a timestamp where it is not there yet, one without where there is none of today. What is there stays in use until a new one is whole. Prints a line for each: reference, archive, SHA-256.',
  words: [['[DIR...]', 'directories of image definitions']],
  options: [
    { flags: '--force', help: 'make those again that are there' },
    { flags: '--dry-run', help: 'print the commands and what each step is for, and run nothing' },
    {
      flags: '--mode <MODE>',
      help: 'how mmdebstrap becomes root (default: root for root, else unshare)',
      choices: ['root', 'unshare'],
    },
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake rootfs', 'those of the workspace'],
    ['generate-bake rootfs --dry-run images/bookworm', 'how one is made'],
  ],
  read(parsed) {
    const mode = parsed.text('mode') as RootfsInput['mode'];
    return {
      trees: readTrees(parsed),
      force: parsed.flag('force'),
      dryRun: parsed.flag('dry-run'),
      ...(mode === undefined ? {} : { mode }),
    };
  },
};
