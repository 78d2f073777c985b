import type { AddedFile, Pin, RootfsRecipe } from './recipe.js';

/**
 * One thing that is done to a root filesystem beyond what mmdebstrap does by itself. Together they
 * leave what build-base-images' debuerreotype steps leave (doc/dev/base-and-stage-trees.md).
 */
export interface HookStep {
  readonly name: string;
  /** What it is for, in one sentence without a full stop. */
  readonly does: string;
  /** Options of mmdebstrap. */
  readonly options?: readonly string[];
  /** Files that are there before the first package. */
  readonly before?: readonly StepFile[];
  /** A POSIX shell script that runs after the last package; `$1` is the root filesystem. */
  readonly script?: string;
  /**
   * The script as an earlier version had it, where it made the same bytes: the digest of a recipe
   * is of this one, since another digest means that every root filesystem is made anew.
   */
  readonly digestedScript?: string;
  /** Files that are put there last. */
  readonly after?: readonly StepFile[];
}

export type StepFile =
  | AddedFile
  | { readonly target: string; readonly mode: number; readonly text: string };

/** The steps of a recipe, in the order in which they are listed. */
export function stepsOf(recipe: RootfsRecipe): readonly HookStep[] {
  return [
    ...(recipe.keys.length > 0 ? [keys(recipe.keys)] : []),
    ...(recipe.pins.length > 0 ? [pins(recipe.pins)] : []),
    ...(recipe.minimise ? minimising : []),
    ...(recipe.recommends ? [] : [noRecommends]),
    ...(recipe.slim ? [slimming(recipe.keep)] : []),
    aptCaches,
    noDevices,
    hostTraces,
    ...(recipe.files.length > 0 ? [ownFiles(recipe.files)] : []),
  ];
}

function keys(files: readonly AddedFile[]): HookStep {
  return { name: 'keys', does: 'apt trusts the keys of the recipe', before: files };
}

function pins(list: readonly Pin[]): HookStep {
  const text = list
    .map((pin) => `Package: ${pin.package}\nPin: ${pin.pin}\nPin-Priority: ${pin.priority}\n`)
    .join('\n');
  return {
    name: 'pins',
    does: 'apt prefers the packages that the recipe pins, from the first one on',
    before: [{ target: '/etc/apt/preferences.d/generate-bake', mode: 0o644, text }],
  };
}

/** The names of the files are debuerreotype's: Dockerfiles everywhere refer to `docker-clean`. */
function aptConfiguration(name: string, lines: readonly string[]): StepFile {
  return {
    target: `/etc/apt/apt.conf.d/docker-${name}`,
    mode: 0o644,
    text: `${lines.join('\n')}\n`,
  };
}

const removeDownloads =
  'rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true';

const minimising: readonly HookStep[] = [
  {
    name: 'no-services',
    does: 'packages start no services while they are installed',
    // mmdebstrap puts a policy of its own there while it works, and removes it at the end.
    options: ['--skip=chroot/policy-rc.d'],
    before: [
      {
        target: '/usr/sbin/policy-rc.d',
        mode: 0o755,
        text: '#!/bin/sh\n# 101: the action is forbidden. There is no init system in a container.\nexit 101\n',
      },
    ],
  },
  {
    name: 'apt-clean',
    does: 'apt keeps no downloaded packages and no binary caches in layers',
    after: [
      aptConfiguration('clean', [
        '// Downloads and caches would only make the layers of an image larger.',
        `DPkg::Post-Invoke { "${removeDownloads}"; };`,
        `APT::Update::Post-Invoke { "${removeDownloads}"; };`,
        'Dir::Cache::pkgcache "";',
        'Dir::Cache::srcpkgcache "";',
      ]),
    ],
  },
  {
    name: 'apt-gzip-indexes',
    does: 'the package lists of `apt-get update` stay compressed',
    after: [aptConfiguration('gzip-indexes', ['Acquire::GzipIndexes "true";'])],
  },
  {
    name: 'apt-no-languages',
    does: '`apt-get update` fetches no translations',
    after: [aptConfiguration('no-languages', ['Acquire::Languages "none";'])],
  },
  {
    name: 'apt-autoremove',
    does: '`apt-get --auto-remove` removes what is merely suggested by something else',
    after: [
      aptConfiguration('autoremove-suggests', ['Apt::AutoRemove::SuggestsImportant "false";']),
    ],
  },
  {
    name: 'dpkg-speed',
    does: 'dpkg does not wait for the disk: a build that is cut off starts over anyway',
    before: [
      {
        target: '/etc/dpkg/dpkg.cfg.d/docker-apt-speedup',
        mode: 0o644,
        text: 'force-unsafe-io\n',
      },
    ],
  },
];

const noRecommends: HookStep = {
  name: 'no-recommends',
  does: 'apt installs what packages need, not what they recommend or suggest',
  after: [
    {
      target: '/etc/apt/apt.conf.d/00-no-recommends',
      mode: 0o644,
      text: 'APT::Install-Recommends "false";\nAPT::Install-Suggests "false";\n',
    },
  ],
};

/** Directories of files that nobody reads in a container, as debuerreotype lists them. */
const documentation = [
  ...['/usr/share/doc', '/usr/share/info', '/usr/share/linda', '/usr/share/lintian/overrides'],
  ...['/usr/share/locale', '/usr/share/man'],
];

/** Its further ones, which no package of a base system has: dpkg leaves them out later. */
const translations = ['/usr/share/gnome/help/*/*', '/usr/share/omf/*/*-*.emf'];

/** What of it stays: licences, and the little that programs look up. */
const kept = [
  ...['/usr/share/doc/*/copyright', '/usr/share/doc/kde/HTML/C/*', '/usr/share/gnome/help/*/C/*'],
  ...[
    '/usr/share/locale/all_languages',
    '/usr/share/locale/currency/*',
    '/usr/share/locale/l10n/*',
  ],
  ...['/usr/share/locale/languages', '/usr/share/locale/locale.alias', '/usr/share/omf/*/*-C.emf'],
];

function slimming(keep: readonly string[]): HookStep {
  const includes = [...kept, ...keep];
  const except = includes.map((glob) => `-path '${glob}'`).join(' -o ');
  const script = [
    'set -eu',
    // Packages with Java expect the directories of manuals that were there.
    'manuals=$(cd "$1" && find usr/share/man -mindepth 1 -maxdepth 1 -type d -name "man[0-9]" 2>/dev/null || true)',
    `for directory in ${documentation.join(' ')}; do`,
    '  [ -d "$1$directory" ] || continue',
    `  chroot "$1" find "$directory" -mindepth 1 ! -type d ! -type l ! '(' ${except} ')' -delete`,
    // A link that points nowhere may leave its directory empty, and an empty one a link.
    '  while [ -n "$(chroot "$1" find "$directory" -depth -mindepth 1 \'(\' -empty -o -xtype l \')\' -print -delete)" ]; do :; done',
    'done',
    'for manual in $manuals; do mkdir -p "$1/$manual"; done',
  ].join('\n');
  const configuration = [
    '# What is left out of this image stays out of it.',
    ...documentation.map((directory) => `path-exclude ${directory}/*`),
    ...translations.map((glob) => `path-exclude ${glob}`),
    ...includes.map((glob) => `path-include ${glob}`),
  ];
  return {
    name: 'slim',
    does: 'documentation, manuals and translations are removed, and dpkg installs no new ones',
    script,
    after: [
      {
        target: '/etc/dpkg/dpkg.cfg.d/docker',
        mode: 0o644,
        text: `${configuration.join('\n')}\n`,
      },
    ],
  };
}

const aptCaches: HookStep = {
  name: 'apt-lists',
  does: "apt's package lists and caches are removed, since they are old by tomorrow",
  options: ['--skip=cleanup/apt'],
  script: 'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*',
};

const noDevices: HookStep = {
  name: 'devices',
  does: '/dev is left empty, since an engine fills it itself',
  options: ['--skip=output/dev'],
};

const hostTraces: HookStep = {
  name: 'host',
  does: "the host's name and resolvers, which mmdebstrap copies, are emptied",
  // Removed first: a package may have made a link of one, which leads to a file of the host.
  script:
    'for file in hostname resolv.conf; do rm -f "$1/etc/$file"; : >"$1/etc/$file"; chmod 0644 "$1/etc/$file"; done',
  digestedScript:
    'for file in hostname resolv.conf; do : >"$1/etc/$file"; chmod 0644 "$1/etc/$file"; done',
};

function ownFiles(files: readonly AddedFile[]): HookStep {
  return { name: 'files', does: 'the files of the recipe are put in their places', after: files };
}
