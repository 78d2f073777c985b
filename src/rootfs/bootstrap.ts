import type { RootfsRecipe } from './recipe.js';
import { type HookStep, stepsOf } from './steps.js';
import { momentOf } from './timestamp.js';

/** How mmdebstrap becomes root of the filesystem: as root, or in a user namespace of its own. */
export type Mode = 'root' | 'unshare';

export interface BootstrapPaths {
  /** Its tree is copied over the filesystem before the first package. */
  readonly before: string;
  /** Its tree is copied over the filesystem after the last package. */
  readonly after: string;
  /** Holds the keys of the recipe. */
  readonly keys: string;
  /** The archive to be written. */
  readonly output: string;
}

/** Without values: the environment of the making, whose proxies may hold passwords, is apart. */
export interface Bootstrap {
  readonly program: 'mmdebstrap';
  readonly args: readonly string[];
  readonly steps: readonly HookStep[];
}

/** The whole command that makes a recipe's root filesystem as of a time (seconds since 1970). */
export function bootstrap(
  recipe: RootfsRecipe,
  epoch: number,
  mode: Mode,
  paths: BootstrapPaths,
): Bootstrap {
  const steps = stepsOf(recipe);
  const args = [
    `--mode=${mode}`,
    `--variant=${recipe.variant}`,
    '--format=tar',
    `--components=${recipe.components.join(',')}`,
    ...(recipe.architecture === undefined ? [] : [`--architectures=${recipe.architecture}`]),
    ...(recipe.packages.length > 0 ? [`--include=${recipe.packages.join(',')}`] : []),
    // It stands for what the host's apt trusts; signed-by is regarded beside it.
    ...(recipe.keys.length > 0 ? [`--keyring=${paths.keys}`] : []),
    ...steps.flatMap((step) => step.options ?? []),
    ...(steps.some((step) => step.before !== undefined)
      ? [`--setup-hook=${putFiles(paths.before, 'tar -C "$1"')}`]
      : []),
    ...steps.flatMap((step) =>
      step.script === undefined ? [] : [`--customize-hook=${step.script}`],
    ),
    ...(steps.some((step) => step.after !== undefined)
      ? [`--customize-hook=${putFiles(paths.after, 'chroot "$1" tar -C /')}`]
      : []),
    recipe.suite,
    paths.output,
    ...sourceLines(recipe, epoch),
  ];
  return { program: 'mmdebstrap', args, steps };
}

/** The mirrors of a recipe as lines of sources.list, as of a time; none where it leaves them to mmdebstrap. */
export function sourceLines(recipe: RootfsRecipe, epoch: number): readonly string[] {
  return recipe.mirrors.map((mirror) => sourceLine(recipe, mirror, epoch));
}

/** A mirror as a line of sources.list: `{suite}` and `{timestamp}` filled in, its keyring named. */
function sourceLine(recipe: RootfsRecipe, mirror: string, epoch: number): string {
  const dated = mirror.includes('{timestamp}');
  const filled = mirror
    .replaceAll('{suite}', recipe.suite)
    .replaceAll('{timestamp}', momentOf(epoch));
  const line = filled.startsWith('deb')
    ? filled
    : `deb ${filled} ${recipe.suite} ${recipe.components.join(' ')}`;
  // With keys of the recipe's own, a line may be signed by one of them.
  if (/^\S+[ \t]+\[/.test(line) || (recipe.keys.length > 0 && line === filled)) {
    return line;
  }
  // The state of a past day is signed for a time that is over.
  const options = [`signed-by=${recipe.keyring}`, ...(dated ? ['check-valid-until=no'] : [])];
  return line.replace(/^(\S+)[ \t]+/, `$1 [${options.join(' ')}] `);
}

/**
 * Puts files in their places, owned by root and without touching the directories that are there
 * (mmdebstrap's `sync-in` changes the mode of /root, and the owner in a user namespace). `unpack`
 * runs inside the filesystem once it has symlinks, so that none leads out of it.
 */
function putFiles(directory: string, unpack: string): string {
  const pack = 'tar --null --no-recursion -T - --numeric-owner --owner=0 --group=0 -cf -';
  const names = 'find . ! -type d -print0 | LC_ALL=C sort -z';
  const from = `(cd ${quoted(directory)} && ${names} | ${pack})`;
  return `umask 022; ${from} | ${unpack} --no-overwrite-dir -xpf -`;
}

/** For a shell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
