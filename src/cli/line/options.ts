import type { FindHistory } from '#adapters/git/history.js';
import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { DescribeTag } from '#compiler/definitions/versionFrom.js';
import type { FindWorkTree } from '#core/files/boundary.js';
import { type OptionSpec, type Parsed, UsageError } from './spec.js';

/** Options of every command. */
export const outputOptions: readonly OptionSpec[] = [
  {
    flags: '--info',
    help: 'report progress on stderr',
    group: 'Output:',
    conflicts: ['debug'],
    dockerPkg: true,
  },
  { flags: '--debug', help: 'debug output on stderr', group: 'Output:', dockerPkg: true },
  {
    flags: '--color <WHEN>',
    help: 'colour stderr: auto, always or never',
    group: 'Output:',
    choices: ['auto', 'always', 'never'],
  },
];

/** What a tree may know of the environment. */
export const variableOption: OptionSpec = {
  flags: '--env <NAME>',
  help: 'let the trees read this environment variable; may be repeated',
  group: 'Trees:',
  repeatable: true,
};

/** Which trees: of every command that reads definitions. */
export const treeOptions: readonly OptionSpec[] = [
  {
    flags: '-c, --configfile <FILE>',
    help: 'configuration of the directories (default: config.yaml)',
    group: 'Trees:',
    dockerPkg: true,
  },
  {
    flags: '--workspace <FILE>',
    help: 'workspace file (default: generate-bake.toml or .yaml, here or above)',
    group: 'Trees:',
    conflicts: ['configfile'],
  },
  variableOption,
];

/** Of every command that asks registries. */
export const credentialOptions: readonly OptionSpec[] = [
  {
    flags: '--no-credentials',
    help: 'send no credentials to registries: for CI of changes from strangers',
    group: 'Trees:',
  },
];

export function readCredentialUse(parsed: Parsed): CredentialUse {
  return parsed.flag('no-credentials') ? 'none' : 'any';
}

export const selectionOptions: readonly OptionSpec[] = [
  {
    flags: '--select <GLOB>',
    help: "only images of this name, or whose name ('golang*', 'istio/*') or whole reference ('*golang*') matches; may be repeated",
    group: 'Selection:',
    repeatable: true,
    dockerPkg: true,
  },
  {
    flags: '--exclude <GLOB>',
    help: 'leave out images that match, as for --select; may be repeated',
    group: 'Selection:',
    repeatable: true,
  },
  {
    flags: '--owner <GLOB>',
    help: "only images with such an owner: a name, an address or a team ('*@example.org'), or - for none; may be repeated",
    group: 'Selection:',
    repeatable: true,
  },
  { flags: '--untested', help: 'only images that no test is run for', group: 'Selection:' },
  {
    flags: '--with-parents',
    help: 'also what the selected images are built on',
    group: 'Selection:',
  },
  {
    flags: '--with-children',
    help: 'also what is built on the selected images',
    group: 'Selection:',
  },
];

/** Of the commands for a change of the trees. */
const sinceOption: OptionSpec = {
  flags: '--since [REV]',
  help: 'only images that are not as in this git revision (default: where HEAD left the upstream branch); with other selections, what is in both',
  group: 'Selection:',
};

/** Of the commands that build on what earlier runs say. */
export function reportOption(help: string): OptionSpec {
  return {
    flags: '--report <FILE>',
    help: `what build --report wrote: ${help}; may be repeated`,
    repeatable: true,
  };
}

const datingOptions: readonly OptionSpec[] = [
  {
    flags: '--nightly',
    help: 'append the date to the versions of the selected images',
    group: 'Selection:',
    conflicts: ['snapshot'],
    dockerPkg: true,
  },
  {
    flags: '--snapshot',
    help: 'append date and time to the versions of selected images',
    group: 'Selection:',
    dockerPkg: true,
  },
];

/** Of every command that works with the sound images where others are broken. */
export const strictOption: OptionSpec = {
  flags: '--strict',
  help: 'fail, and print nothing, where a selected image is broken',
  group: 'Selection:',
};

/** Of every command that writes blocks into changelogs. */
export const changelogOptions: readonly OptionSpec[] = [
  {
    flags: '--with-unreleased',
    help: 'also take images that changed since their newest version, by what git says',
  },
  { flags: '--dry-run', help: 'show the changes as a diff, and write nothing' },
  {
    flags: '--commit',
    help: 'make one git commit of the changelogs, and of nothing else',
    conflicts: ['dry-run'],
  },
  {
    flags: '--recover',
    help: 'first take back what an interrupted run wrote',
    conflicts: ['dry-run'],
  },
];

export interface ChangelogInput {
  readonly withUnreleased: boolean;
  readonly dryRun: boolean;
  readonly commit: boolean;
  readonly recover: boolean;
}

export function readChangelogInput(parsed: Parsed): ChangelogInput {
  return {
    withUnreleased: parsed.flag('with-unreleased'),
    dryRun: parsed.flag('dry-run'),
    commit: parsed.flag('commit'),
    recover: parsed.flag('recover'),
  };
}

export const directoryWords = [['[DIR...]', 'directories of image definitions']] as const;

/** Of every command that is about images. */
export const imageWords = [
  [
    '[IMAGE...]',
    'images: names, globs or directories; with -c, or with a config.yaml here and no workspace file, directories are trees',
    'images',
  ],
] as const;

/** What is needed to open the workspace. */
export interface TreesInput {
  readonly configFile?: string;
  readonly workspaceFile?: string;
  /** As written; for commands about images perhaps names and globs of these. */
  readonly directories: readonly string[];
  /** Names of environment variables that the trees may read. */
  readonly allowed?: readonly string[];
  /** What bounds the files of the trees where that is not git's work tree here. */
  readonly workTrees?: FindWorkTree;
  /** How git describes them where that is not as they are on disk. */
  readonly describe?: DescribeTag;
  /** The commits of their files, likewise. */
  readonly histories?: FindHistory;
}

export function readTrees(
  parsed: Parsed,
  directories: readonly string[] = parsed.words,
): TreesInput {
  // An unset variable of a script would otherwise mean the working directory.
  if (directories.includes('')) {
    throw new UsageError('empty directory argument', 'write . for the working directory');
  }
  const configFile = parsed.text('configfile');
  const workspaceFile = parsed.text('workspace');
  const allowed = readVariables(parsed);
  return {
    directories,
    ...(allowed.length === 0 ? {} : { allowed }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(workspaceFile === undefined ? {} : { workspaceFile }),
  };
}

/** The names of `--env`. */
export function readVariables(parsed: Parsed): readonly string[] {
  const allowed = parsed.list('env');
  const illegal = allowed.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (illegal !== undefined) {
    throw new UsageError(
      `--env takes the name of a variable, not "${illegal}"`,
      'write --env NAME, and set NAME=VALUE in the environment',
    );
  }
  return allowed;
}

export interface SelectionInput {
  readonly select: readonly string[];
  readonly exclude: readonly string[];
  readonly withParents: boolean;
  readonly withChildren: boolean;
  readonly owner?: readonly string[];
  readonly untested?: boolean;
  readonly since?: SinceWish;
}

/** What the work tree is compared with: a revision, or where it left the upstream branch. */
type SinceWish =
  | { readonly kind: 'upstream' }
  | { readonly kind: 'revision'; readonly name: string };

/** Whether it is about images by what they are: these are looked for wherever one is. */
export function isPatterned({
  select,
  owner = [],
  untested = false,
  since,
}: SelectionInput): boolean {
  return select.length > 0 || owner.length > 0 || untested || since !== undefined;
}

export function readSelection(parsed: Parsed): SelectionInput {
  const owner = parsed.list('owner').map(nonEmptyOwner);
  return {
    select: parsed.list('select'),
    exclude: parsed.list('exclude'),
    withParents: parsed.flag('with-parents'),
    withChildren: parsed.flag('with-children'),
    ...(owner.length === 0 ? {} : { owner }),
    ...(parsed.flag('untested') ? { untested: true } : {}),
  };
}

/** Of a command that has `--since`. */
function readSince(parsed: Parsed): { readonly since?: SinceWish } {
  const name = parsed.text('since');
  if (name?.trim() === '') {
    const hint = 'write --since alone to compare with where HEAD left the upstream branch';
    throw new UsageError('empty --since', hint);
  }
  if (name !== undefined) {
    return { since: { kind: 'revision', name } };
  }
  return parsed.flag('since') ? { since: { kind: 'upstream' } } : {};
}

/** An unset variable of a script would otherwise match no image, or all. */
function nonEmptyOwner(pattern: string): string {
  if (pattern.trim() === '') {
    throw new UsageError('empty --owner', 'write - for images without an owner');
  }
  return pattern;
}

/** The suffix of the selected images' versions. */
export type Dating = 'none' | 'nightly' | 'snapshot';

function readDating(parsed: Parsed): Dating {
  if (parsed.flag('nightly')) {
    return 'nightly';
  }
  return parsed.flag('snapshot') ? 'snapshot' : 'none';
}

/** What every command that compiles trees is reported: which, which images of them, at what date. */
export interface CompileLine {
  readonly trees: TreesInput;
  readonly selection: SelectionInput;
  readonly dating: Dating;
}

export const compileOptions: readonly OptionSpec[] = [
  ...selectionOptions,
  ...datingOptions,
  ...treeOptions,
  ...outputOptions,
];

/** The same, for the commands that are used for a change of the trees. */
export const changeOptions: readonly OptionSpec[] = [sinceOption, ...compileOptions];

export function readCompileLine(parsed: Parsed): CompileLine {
  return {
    trees: readTrees(parsed),
    selection: readSelection(parsed),
    dating: readDating(parsed),
  };
}

export function readChangeLine(parsed: Parsed): CompileLine {
  const line = readCompileLine(parsed);
  return { ...line, selection: { ...line.selection, ...readSince(parsed) } };
}
