import type { CredentialUse } from '#adapters/registry/credentials.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import {
  credentialOptions,
  outputOptions,
  readCredentialUse,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface DiffInput {
  readonly credentials: CredentialUse;
  readonly trees: TreesInput;
  readonly name: string;
  /** As written; absent: chosen. */
  readonly from?: string;
  readonly to?: string;
  readonly form: 'text' | 'markdown' | 'json';
  /** Every file is listed, those of packages too. */
  readonly files: boolean;
  /** As written; absent: this machine's where there is such an image. */
  readonly platform?: string;
  /** What ends with 1; absent: nothing does. */
  readonly fails?: 'any' | 'more-than-upgrades';
}

export const spec: CommandSpec<DiffInput> = {
  name: 'diff',
  summary: 'show what differs between two versions of an image, without pulling them',
  description:
    "A and B are a published version, a digest, local (what the engine has of the definition; local:VERSION), REPOSITORY:TAG in a registry of the trees, or a file of docker save (./FILE, FILE.tar). Without B it is the version of the definition: published, else the engine's. Without A it is what latest is at, or the published version below. Each layer is read once on a machine, and only where it matters.",
  words: [
    ['<IMAGE>', 'image, or tree/image', 'images'],
    ['[A]', 'what it is compared with'],
    ['[B]', 'what is looked at'],
    ['[DIR...]', 'directories of image definitions'],
  ],
  options: [
    { flags: '--json', help: 'for programs', conflicts: ['markdown'] },
    { flags: '--markdown', help: 'for a merge request' },
    { flags: '--files', help: 'also list the files of packages, and state, caches and logs' },
    {
      flags: '--exit-code',
      help: 'exit with 1 when anything differs',
    },
    {
      flags: '--only <WHAT>',
      help: 'with --exit-code: accept upgraded packages, and what every build makes anew',
      choices: ['upgrades'],
    },
    {
      flags: '--platform <PLATFORM>',
      help: 'which image of an index, such as linux/arm64 (default: for this machine)',
    },
    ...credentialOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake diff nodejs', 'the version of the definition against what latest is at'],
    ['generate-bake diff nodejs 20.1.0-1 local --markdown', 'for a merge request'],
    ['generate-bake diff nodejs --only upgrades --exit-code', 'is there more than upgrades?'],
  ],
  read(parsed) {
    const [name = '', from, to, ...directories] = parsed.words;
    const isOnly = parsed.text('only') !== undefined;
    const exits = parsed.flag('exit-code');
    if (isOnly && !exits) {
      throw new UsageError('--only needs --exit-code', 'write --only upgrades --exit-code');
    }
    const platform = parsed.text('platform');
    if (platform !== undefined && parsePlatform(platform) === undefined) {
      throw new UsageError(`"${platform}" is not a platform`, 'write one as linux/arm64');
    }
    const empty = parsed.words.includes('');
    if (empty) {
      throw new UsageError('empty argument', 'leave it out, or name a version');
    }
    return {
      credentials: readCredentialUse(parsed),
      trees: readTrees(parsed, directories),
      name,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      form: parsed.flag('json') ? 'json' : parsed.flag('markdown') ? 'markdown' : 'text',
      files: parsed.flag('files'),
      ...(platform === undefined ? {} : { platform }),
      ...(exits ? { fails: isOnly ? 'more-than-upgrades' : 'any' } : {}),
    };
  },
};
