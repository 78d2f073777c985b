import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  credentialOptions,
  outputOptions,
  readCredentialUse,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface RollbackInput {
  readonly credentials: CredentialUse;
  readonly trees: TreesInput;
  readonly name: string;
  /** Absent: the newest published one below what `latest` is at. */
  readonly version?: string;
  readonly dryRun: boolean;
  /** Nobody is asked. */
  readonly yes: boolean;
}

export const spec: CommandSpec<RollbackInput> = {
  name: 'rollback',
  summary: 'move latest back to an earlier published version, and hold it there',
  description: `Without VERSION it is the newest published version below the one that latest is at. The tag
latest-held marks it: as long as it is the same image as latest, no build moves latest, on whatever
machine. promote moves latest on again.`,
  words: [
    ['<IMAGE>', 'image, or tree/image', 'images'],
    ['[VERSION]', 'a published version of it, below the one that latest is at'],
    ['[DIR...]', 'directories of image definitions'],
  ],
  options: [
    { flags: '-y, --yes', help: 'do not ask, on a terminal, before latest is moved' },
    { flags: '--dry-run', help: 'say what would be done, and change nothing' },
    ...credentialOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake rollback nodejs --dry-run', 'what taking the newest version back means'],
    ['generate-bake rollback nodejs 20.1.0-1', 'to a version of your choice'],
  ],
  read(parsed) {
    const [name = '', version, ...directories] = parsed.words;
    return {
      trees: readTrees(parsed, directories),
      credentials: readCredentialUse(parsed),
      name,
      ...(version === undefined ? {} : { version }),
      dryRun: parsed.flag('dry-run'),
      yes: parsed.flag('yes'),
    };
  },
};
