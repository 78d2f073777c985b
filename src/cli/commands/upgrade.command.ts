import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  type ChangelogInput,
  type CompileLine,
  changelogOptions,
  credentialOptions,
  imageWords,
  outputOptions,
  readChangelogInput,
  readCredentialUse,
  readSelection,
  readTrees,
  selectionOptions,
  treeOptions,
} from '../line/options.js';
import { readSecretSources, secretOptions } from '../line/secretOptions.js';
import { type CommandSpec, type Parsed, UsageError } from '../line/spec.js';

export interface UpgradeInput extends CompileLine, ChangelogInput {
  readonly credentials: CredentialUse;
  readonly security: boolean;
  /** Names of binary packages; empty: all. */
  readonly packages: readonly string[];
  /** A copy of the tracker's file, as written; absent: all updates count. */
  readonly cve?: string;
  /** A file with the logins of archives, as written. */
  readonly aptAuth?: string;
  /** Globs of images; those that build with these are taken too. */
  readonly toolchains: readonly string[];
  /** Globs of the images that go first; empty: none does. */
  readonly canaries: readonly string[];
  /** Absent: by whether somebody watches. */
  readonly maxImages?: number;
  /** In place of our sentence. */
  readonly reason?: string;
  readonly branch?: string;
  /** The remote that commits are pushed to. */
  readonly push?: string;
  /** As the user named it. */
  readonly summaryFile?: string;
  /** Entering images are built and looked at before anything below gets a version. */
  readonly builds: boolean;
  readonly publish: boolean;
  /** `--secret` and `--ssh` as they are, for what it builds. */
  readonly secretWords: readonly string[];
  /** The report of what is published, with the proof, as the user named it. */
  readonly recordFile?: string;
  /** A report of `build`: nothing is upgraded, only what it published is read again. */
  readonly prove?: string;
  readonly json: boolean;
}

const what = 'What is upgraded:';
const git = 'Git:';

export const spec: CommandSpec<UpgradeInput> = {
  name: 'upgrade',
  summary: 'give new versions to the images that newer Debian packages reach, and to no others',
  description: `Asks what is outdated, and gives one new version to each image where a newer package comes in. These
are built and looked at; only where one has the newer package by then, the images below that hold the older one from
there get a new version too. What was made for a package once is not made for it again. Nothing is
published without --publish. A run that was stopped is continued by the next one.`,
  words: imageWords,
  options: [
    {
      flags: '--package <NAME>',
      help: 'only this binary package; may be repeated',
      repeatable: true,
      group: what,
    },
    { flags: '--security', help: 'only what an archive labelled Debian-Security has', group: what },
    {
      flags: '--cve <FILE|URL>',
      help: "only what fixes a vulnerability, by the JSON of Debian's security tracker",
      group: what,
    },
    {
      flags: '--toolchains <GLOB>',
      help: 'also images that only build with one that matches; may be repeated',
      repeatable: true,
      group: what,
    },
    {
      flags: '--canary <GLOB>',
      help: 'these images first: the others wait until they are published; may be repeated',
      repeatable: true,
      group: what,
    },
    {
      flags: '--max-images <N>',
      help: 'at most N images in one run (default without a terminal: a quarter of the images, at least 10)',
      least: 1,
      group: what,
    },
    {
      flags: '--apt-auth <FILE>',
      help: 'logins of private archives, as in apt_auth.conf(5)',
      group: what,
    },
    {
      flags: '--reason <TEXT>',
      help: 'why, in place of our sentence; the packages are named in any case',
    },
    ...changelogOptions,
    {
      flags: '--branch <NAME>',
      help: 'commit on this branch, made anew from the upstream one',
      group: git,
    },
    {
      flags: '--push <REMOTE>',
      help: 'push each commit before anything is built; never by force',
      group: git,
    },
    {
      flags: '--no-build',
      help: 'build nothing: all images get their versions at once, unseen',
      conflicts: ['publish'],
    },
    {
      flags: '--publish',
      help: 'build, test and publish the images of the upgrade, once their commit is pushed',
      conflicts: ['dry-run', 'branch'],
    },
    {
      flags: '--record <FILE>',
      help: 'with --publish: write the report of the build, with each package before and after',
      group: 'Output:',
    },
    {
      flags: '--prove <REPORT>',
      help: 'only read again what the run of a report published: packages before and after, what is still outdated',
      group: 'Output:',
      conflicts: ['dry-run', 'commit', 'branch', 'push', 'publish', 'summary'],
    },
    {
      flags: '--summary <FILE>',
      help: 'write the proposal as Markdown, for a merge request',
      group: 'Output:',
    },
    { flags: '--json', help: 'for programs (doc/upgrade.schema.json)', group: 'Output:' },
    ...secretOptions('Secrets:'),
    ...credentialOptions,
    ...selectionOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake upgrade --dry-run', 'what would get a new version, as a diff'],
    [
      'generate-bake upgrade --no-build --commit --branch upgrade --push origin --summary mr.md',
      'a bot that proposes',
    ],
    [
      'generate-bake upgrade --security --commit --push origin --publish',
      'a nightly job that publishes',
    ],
  ],
  read(parsed) {
    const packages = parsed.list('package');
    if (parsed.text('record') !== undefined && !parsed.flag('publish')) {
      throw new UsageError(
        '--record needs --publish',
        'add --publish, or name a report with --prove',
      );
    }
    const odd = packages.find((name) => !/^[a-z0-9][a-z0-9+.-]*$/.test(name));
    if (odd !== undefined) {
      throw new UsageError(`"${odd}" is not the name of a package`, 'write one as libssl3');
    }
    const changelogs = readChangelogInput(parsed);
    const branch = parsed.text('branch');
    const push = parsed.text('push');
    const missing = missingFor(parsed, { commit: changelogs.commit, push });
    if (missing !== undefined) {
      throw new UsageError(...missing);
    }
    const credentials = readCredentialUse(parsed);
    const builds = !parsed.flag('no-build') && !changelogs.dryRun;
    if (credentials === 'none' && builds) {
      throw new UsageError(
        '--no-credentials is for --dry-run and --no-build: docker itself uses its logins for what it builds',
        'build on a machine that has no credentials',
      );
    }
    return {
      trees: readTrees(parsed),
      selection: readSelection(parsed),
      dating: 'none',
      credentials,
      ...changelogs,
      security: parsed.flag('security'),
      packages,
      toolchains: parsed.list('toolchains'),
      canaries: parsed.list('canary'),
      builds,
      publish: parsed.flag('publish'),
      secretWords: secretWordsOf(parsed),
      json: parsed.flag('json'),
      ...given('cve', parsed.text('cve')),
      ...given('aptAuth', parsed.text('apt-auth')),
      ...given('maxImages', parsed.number('max-images')),
      ...given('reason', reasonOf(parsed)),
      ...given('branch', branch),
      ...given('push', push),
      ...given('summaryFile', parsed.text('summary')),
      ...given('recordFile', parsed.text('record')),
      ...given('prove', parsed.text('prove')),
    };
  },
};

/** Wrong ones are refused before anything is built. */
function secretWordsOf(parsed: Parsed): readonly string[] {
  readSecretSources(parsed);
  return ['secret', 'ssh'].flatMap((name) =>
    parsed.list(name).flatMap((value) => [`--${name}`, value]),
  );
}

/** A version is never published that is not in git, and nothing is pushed that is not committed. */
function missingFor(
  parsed: Parsed,
  { commit, push }: { readonly commit: boolean; readonly push: string | undefined },
): [message: string, hint: string] | undefined {
  if (parsed.flag('publish') && push === undefined) {
    return [
      '--publish needs --push: a version is in git before it is published',
      'add --push REMOTE',
    ];
  }
  const option = push !== undefined ? '--push' : parsed.text('branch') && '--branch';
  return option && !commit ? [`${option} needs --commit`, 'add --commit'] : undefined;
}

/** The line with the packages is read again by later runs: there is one. */
function reasonOf(parsed: Parsed): string | undefined {
  const reason = parsed.text('reason');
  if (reason !== undefined && /^\s*Upgrade:/m.test(reason)) {
    throw new UsageError(
      'a line of --reason begins with "Upgrade:", as the one with the packages does',
      'write it in other words',
    );
  }
  return reason;
}

/** A property that is absent where no value was given. */
function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: Value });
}
