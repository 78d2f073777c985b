import type { CredentialUse } from '#adapters/registry/credentials.js';
import { readAge } from '../line/age.js';
import {
  credentialOptions,
  directoryWords,
  outputOptions,
  readCredentialUse,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface PruneInput {
  readonly credentials: CredentialUse;
  readonly trees: TreesInput;
  readonly select: readonly string[];
  /** Kept in place of the current versions: those with this suffix. */
  readonly nightly?: string;
  /** So many versions are kept beside the current one. */
  readonly keep: number;
  readonly dryRun: boolean;
  /** List outdated tags of the registry instead; nothing is deleted there. */
  readonly registry: boolean;
  /** With `registry`: tags made within so many milliseconds stay. */
  readonly keepYoungerMs?: number;
  /** With `registry`: a file of tags that stay. */
  readonly keepFile?: string;
  /** BuildKit's and our own cache that was not used for so many milliseconds goes too. */
  readonly cacheOlderThanMs?: number;
}

export const spec: CommandSpec<PruneInput> = {
  name: 'prune',
  summary: 'remove local images of other versions than the current ones',
  words: directoryWords,
  options: [
    {
      flags: '--select <GLOB>',
      help: 'only images that match; may be repeated',
      repeatable: true,
      dockerPkg: true,
    },
    {
      flags: '--nightly <ID>',
      help: 'keep this nightly build only, such as 20260816',
      dockerPkg: true,
    },
    { flags: '--keep <N>', help: 'keep N versions beside the current one (default: 0)', least: 0 },
    {
      flags: '--keep-younger <AGE>',
      help: 'with --registry: keep tags made within this time: 12h, 30d',
    },
    {
      flags: '--keep-file <FILE>',
      help: 'with --registry: keep the tags listed there, one name:tag a line',
    },
    { flags: '--dry-run', help: 'list what would go, and remove nothing' },
    {
      flags: '--registry',
      help: 'list outdated tags of the registry, with the rule that decided; removes nothing',
    },
    {
      flags: '--cache-older-than <AGE>',
      help: 'also caches that were not used for so long: 12h, 30d',
    },
    ...credentialOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake -c config.yaml prune images', 'as docker-pkg is called'],
    ['generate-bake prune --keep 2 --dry-run', 'what would go from a workspace'],
    [
      'generate-bake prune --registry --keep 3 --keep-younger 90d',
      'outdated tags, to be looked at',
    ],
  ],
  read(parsed) {
    const nightly = parsed.text('nightly');
    // docker-pkg takes anything here, a directory too: then every image of the tree goes.
    if (nightly !== undefined && !/^\d{8}(?:-\d{6})?$/.test(nightly)) {
      throw new UsageError(
        `--nightly takes the suffix of a nightly build, not "${nightly}"`,
        'write it as 20260816 or 20260816-101500',
      );
    }
    const registry = parsed.flag('registry');
    const younger = readAge(parsed, 'keep-younger');
    const cacheAge = readAge(parsed, 'cache-older-than');
    const keepFile = parsed.text('keep-file');
    if (!registry && (younger !== undefined || keepFile !== undefined)) {
      throw new UsageError(
        `${keepFile === undefined ? '--keep-younger' : '--keep-file'} is for --registry`,
        'locally, --keep N says how many versions stay',
      );
    }
    if (registry && cacheAge !== undefined) {
      throw new UsageError(
        '--cache-older-than is for local images, and --registry removes nothing',
        'run prune twice, once with each',
      );
    }
    return {
      trees: readTrees(parsed),
      credentials: readCredentialUse(parsed),
      select: parsed.list('select'),
      ...(nightly === undefined ? {} : { nightly }),
      keep: parsed.number('keep') ?? 0,
      dryRun: parsed.flag('dry-run'),
      registry,
      ...(younger === undefined ? {} : { keepYoungerMs: younger }),
      ...(keepFile === undefined ? {} : { keepFile }),
      ...(cacheAge === undefined ? {} : { cacheOlderThanMs: cacheAge }),
    };
  },
};
