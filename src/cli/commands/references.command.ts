import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { ApplyInput } from '../applyReferences.js';
import {
  credentialOptions,
  outputOptions,
  readCredentialUse,
  readSelection,
  readTrees,
  type SelectionInput,
  selectionOptions,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface ReferencesInput {
  readonly trees: TreesInput;
  readonly selection: SelectionInput;
  readonly credentials: CredentialUse;
  /** As written. */
  readonly paths: readonly string[];
  readonly json: boolean;
  /** Each place has a row of its own. */
  readonly all: boolean;
  /** Only those that are behind. */
  readonly behind: boolean;
  /** End with 1 where one is behind. */
  readonly exitCode: boolean;
  readonly published: boolean;
  /** Absent: nothing is changed. */
  readonly apply?: ApplyInput;
}

export const spec: CommandSpec<ReferencesInput> = {
  name: 'references',
  summary: 'show who pins which version of the images, and move them to the newest one',
  description:
    'Searches charts, values of Helm, compose files, Dockerfiles, pipelines and any other text for NAME:VERSION of the images, with the registry or without, and YAML for a name and a version in two keys of one mapping. --apply changes the version that is written, and the digest behind it, and nothing else: to the newest version that is published.',
  words: [
    ['<PATH...>', 'folders and files to search; of a git work tree what git does not ignore'],
  ],
  options: [
    { flags: '--json', help: 'for programs (doc/references.schema.json)', conflicts: ['apply'] },
    { flags: '--all', help: 'a row for each place' },
    { flags: '--behind', help: 'only references that are behind' },
    { flags: '--exit-code', help: 'end with 1 if one is behind', conflicts: ['apply'] },
    { flags: '--published', help: 'also ask registries whether the current version is published' },
    {
      flags: '--apply',
      help: 'move references that are behind to the newest published version',
    },
    { flags: '--dry-run', help: 'with --apply: show the changes as a diff, and write nothing' },
    {
      flags: '--unpublished',
      help: 'with --apply: to the version of the trees, without asking a registry',
      conflicts: ['published'],
    },
    {
      flags: '--with-uncommitted',
      help: 'with --apply: also in files with changes that are not committed',
    },
    {
      flags: '--recover',
      help: 'with --apply: first take back what an interrupted run wrote',
      conflicts: ['dry-run'],
    },
    {
      flags: '--tree <DIR>',
      help: 'directory of image definitions, as other commands take it; may be repeated',
      group: 'Trees:',
      repeatable: true,
    },
    ...credentialOptions,
    ...selectionOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake references ../deployment-charts', 'who pins which version, and how far behind'],
    [
      "generate-bake references --select 'golang*' --apply --dry-run ../deployment-charts",
      'what would be changed',
    ],
  ],
  read(parsed) {
    const isApplied = parsed.flag('apply');
    for (const option of ['dry-run', 'unpublished', 'with-uncommitted', 'recover']) {
      if (parsed.flag(option) && !isApplied) {
        throw new UsageError(`--${option} needs --apply`, `write --apply --${option}`);
      }
    }
    if (parsed.words.includes('')) {
      throw new UsageError('empty PATH argument', 'write . for the working directory');
    }
    return {
      trees: readTrees(parsed, parsed.list('tree')),
      selection: readSelection(parsed),
      credentials: readCredentialUse(parsed),
      paths: parsed.words,
      json: parsed.flag('json'),
      all: parsed.flag('all'),
      behind: parsed.flag('behind'),
      exitCode: parsed.flag('exit-code'),
      published: parsed.flag('published'),
      ...(isApplied
        ? {
            apply: {
              dryRun: parsed.flag('dry-run'),
              unpublished: parsed.flag('unpublished'),
              withUncommitted: parsed.flag('with-uncommitted'),
              recover: parsed.flag('recover'),
            },
          }
        : {}),
    };
  },
};
