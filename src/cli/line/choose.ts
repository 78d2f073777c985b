import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { didYouMean } from '#core/text/suggest.js';
import { valuesTaken } from './parse.js';
import type { OptionSpec } from './spec.js';

export type Choice =
  | { readonly kind: 'command'; readonly name: string; readonly args: readonly string[] }
  | { readonly kind: 'help'; readonly name: string | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'unknown'; readonly message: string; readonly hint: string };

/**
 * Which command an argument list means: its first word that is not an option, if that is a command's
 * name (it wins over a directory of that name), else `plan`. Options may be before and after it.
 * `early` are the options that may be before it with a value: plan's, the widest set.
 */
export function choose(
  argv: readonly string[],
  names: readonly string[],
  early: readonly OptionSpec[],
  cwd: string,
): Choice {
  const at = firstWord(argv, early);
  const before = argv.slice(0, at ?? argv.length);
  if (before.some((argument) => /^(?:--version|-[vV])$/.test(argument))) {
    return { kind: 'version' };
  }
  const word = at === undefined ? undefined : argv[at];
  if (at === undefined || word === undefined) {
    if (before.some((argument) => /^(?:--help|-h)$/.test(argument))) {
      return { kind: 'help', name: undefined };
    }
    return { kind: 'command', name: 'plan', args: argv };
  }
  if (word === 'help') {
    return { kind: 'help', name: argv[at + 1] };
  }
  if (names.includes(word)) {
    return { kind: 'command', name: word, args: [...before, ...argv.slice(at + 1)] };
  }
  if (!word.includes('/') && !existsSync(resolve(cwd, word))) {
    return unknown(word, names, cwd);
  }
  return { kind: 'command', name: 'plan', args: argv };
}

function firstWord(argv: readonly string[], early: readonly OptionSpec[]): number | undefined {
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (argument === '--') {
      return undefined;
    }
    if (!argument.startsWith('-') || argument === '-') {
      return at;
    }
    at += valuesTaken(early, argument, argv[at + 1]);
  }
  return undefined;
}

function unknown(word: string, names: readonly string[], cwd: string): Choice {
  return {
    kind: 'unknown',
    message: `"${word}" is neither a command nor a directory here`,
    hint:
      didYouMean(word, new Set([...names, ...directoriesOf(cwd)])) ?? 'see: generate-bake --help',
  };
}

function directoriesOf(cwd: string): string[] {
  try {
    return readdirSync(cwd, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
