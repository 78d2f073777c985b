import {
  type ChangelogInput,
  changelogOptions,
  outputOptions,
  readChangelogInput,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface UpdateInput extends ChangelogInput {
  readonly trees: TreesInput;
  /** NAME and every --also. */
  readonly names: readonly string[];
  readonly reason: string;
  /** Of NAME; absent: the next one. */
  readonly version?: string;
}

export const spec: CommandSpec<UpdateInput> = {
  name: 'update',
  summary: 'add a changelog block to an image and to all that is built on it',
  description: `NAME gets a block with the reason. Every image that is really built on it gets one that says so:
what its rendered Dockerfile names counts, in every tree, not what control declares. Versions count
on as with docker-pkg: 1.2-3, 1.2-3-s1, 1.2-3-s2. All changelogs are written, or none. Images on NAME
that git knows unreleased changes of are left out; then the exit status is 1. Rebuilds of images
without a changelog are counted in generate-bake.lock.`,
  words: [
    ['<NAME>', 'image, tree/image, or a base from elsewhere such as bookworm', 'images'],
    ['[DIR...]', 'directories of image definitions'],
  ],
  options: [
    { flags: '--reason <TEXT>', help: 'why (default: Security update)', dockerPkg: true },
    {
      flags: '-v, --version <VERSION>',
      help: 'the new version of NAME (default: the next one)',
      dockerPkg: true,
    },
    {
      flags: '--also <NAME>',
      help: 'another image to update; may be repeated',
      repeatable: true,
      conflicts: ['version'],
    },
    ...changelogOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    [
      "generate-bake update --reason 'CVE-2026-1234 in libfoo' nodejs images",
      'as docker-pkg is called',
    ],
    ['generate-bake update bookworm --dry-run', 'everything on a base image: what would change'],
    ['generate-bake update base --with-unreleased', 'with edits that have no version yet'],
  ],
  read(parsed) {
    const [name = '', ...directories] = parsed.words;
    const version = parsed.text('version');
    return {
      trees: readTrees(parsed, directories),
      names: [name, ...parsed.list('also')],
      reason: parsed.text('reason') ?? 'Security update',
      ...(version === undefined ? {} : { version }),
      ...readChangelogInput(parsed),
    };
  },
};
