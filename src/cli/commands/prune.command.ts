import {
  directoryWords,
  outputOptions,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../options.js';
import { type CommandSpec, UsageError } from '../spec.js';

export interface PruneInput {
  readonly trees: TreesInput;
  readonly select: readonly string[];
  /** Kept in place of the current versions: those with this suffix. */
  readonly nightly?: string;
  /** So many versions are kept beside the current one. */
  readonly keep: number;
  readonly dryRun: boolean;
  /** List outdated tags of the registry instead; nothing is deleted there. */
  readonly registry: boolean;
  /** BuildKit's and our own cache older than this, such as `30d`, goes too. */
  readonly cacheOlderThan?: string;
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
    { flags: '--dry-run', help: 'list what would go, and remove nothing' },
    {
      flags: '--registry',
      help: 'list outdated tags of the registry, with the rule that decided; removes nothing',
    },
    {
      flags: '--cache-older-than <AGE>',
      help: 'also caches that were not used for so long: 12h, 30d',
    },
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake -c config.yaml prune images', 'as docker-pkg is called'],
    ['generate-bake prune --keep 2 --dry-run', 'what would go from a workspace'],
  ],
  read(parsed) {
    const nightly = parsed.text('nightly');
    // docker-pkg takes anything here, a directory too: then every image of the tree goes.
    if (nightly !== undefined && !/^\d{8}(?:-\d{6})?$/.test(nightly))
      throw new UsageError(
        `--nightly takes the suffix of a nightly build, not "${nightly}"`,
        'write it as 20260816 or 20260816-101500',
      );
    const age = parsed.text('cache-older-than');
    if (age !== undefined && !/^[1-9]\d{0,5}[mhdw]$/.test(age))
      throw new UsageError(
        `--cache-older-than takes a duration, not "${age}"`,
        'write it as 12h or 30d',
      );
    return {
      trees: readTrees(parsed),
      select: parsed.list('select'),
      ...(nightly === undefined ? {} : { nightly }),
      keep: parsed.integer('keep') ?? 0,
      dryRun: parsed.flag('dry-run'),
      registry: parsed.flag('registry'),
      ...(age === undefined ? {} : { cacheOlderThan: age }),
    };
  },
};
