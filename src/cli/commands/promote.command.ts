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

export interface PromoteInput {
  readonly credentials: CredentialUse;
  readonly trees: TreesInput;
  readonly name: string;
  readonly version: string;
  readonly dryRun: boolean;
}

export const spec: CommandSpec<PromoteInput> = {
  name: 'promote',
  summary: 'move latest to a published version, for a rollback',
  words: [
    ['<NAME>', 'image, or tree/image', 'images'],
    ['<VERSION>', 'a published version of it'],
    ['[DIR...]', 'directories of image definitions'],
  ],
  options: [
    { flags: '--dry-run', help: 'say what would be done, and change nothing' },
    ...credentialOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake promote nodejs 20.1.0-1 --dry-run', 'what taking the newest back means'],
  ],
  read(parsed) {
    const [name = '', version = '', ...directories] = parsed.words;
    return {
      trees: readTrees(parsed, directories),
      credentials: readCredentialUse(parsed),
      name,
      version,
      dryRun: parsed.flag('dry-run'),
    };
  },
};
