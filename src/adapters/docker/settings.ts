/** `--set PATTERN.KEY=VALUE` among the arguments that bake is given. */
import { readGlob } from '#core/text/glob.js';

export interface Setting {
  /** Names targets as Go's `path.Match` does. */
  readonly pattern: string;
  /** `labels`; its own key, for those that are maps, is `subkey`. */
  readonly key: string;
  readonly subkey?: string;
  readonly value: string;
}

/** The settings among these arguments, each with the words that it was given in. */
export function settingsIn(
  args: readonly string[],
): readonly { readonly setting: Setting; readonly from: number; readonly to: number }[] {
  return args.flatMap((argument, from) => {
    const joined = /^--set=(.*)$/s.exec(argument)?.[1];
    if (joined !== undefined) {
      return [{ setting: readSetting(joined), from, to: from + 1 }];
    }
    // The word behind `--set` is its value, whatever it looks like.
    if (argument !== '--set' || args[from - 1] === '--set') {
      return [];
    }
    return [{ setting: readSetting(args[from + 1] ?? ''), from, to: from + 2 }];
  });
}

/** As bake reads it: the pattern ends at the first dot, the key at the second; `+=` adds. */
function readSetting(text: string): Setting {
  const written = text.split('=', 1)[0] ?? '';
  const value = text.slice(written.length + 1);
  const [pattern = '', key = '', ...rest] = written.replace(/\+$/, '').split('.');
  return { pattern, key, value, ...(rest.length === 0 ? {} : { subkey: rest.join('.') }) };
}

export function isMeant({ pattern }: Setting, names: Iterable<string>): boolean {
  // Go negates a set with ^.
  const expression = readGlob(pattern.replaceAll('[^', '[!'));
  for (const name of names) {
    if (expression.test(name)) {
      return true;
    }
  }
  return false;
}

/**
 * The arguments for a call that holds these targets alone: bake refuses a setting for targets that
 * are built in another one.
 */
export function argumentsFor(args: readonly string[], names: readonly string[]): string[] {
  const dropped = new Set<number>();
  for (const { setting, from, to } of settingsIn(args)) {
    if (isMeant(setting, names)) {
      continue;
    }
    for (let at = from; at < to; at++) {
      dropped.add(at);
    }
  }
  return args.filter((_, at) => !dropped.has(at));
}
