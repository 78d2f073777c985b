import { resolve } from 'node:path';
import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { type Args, readArgs } from './argKeys.js';
import { type BuildKeys, readBuildKeys } from './buildKeys.js';
import { type CheckKeys, readCheck } from './checkKeys.js';
import { type GateKeys, readGateKeys } from './gateKeys.js';
import { entryIn } from './inLanguage.js';

/**
 * Who moves `latest`: `auto`, the build that publishes a version; `manual`, `promote` alone; `never`,
 * nobody.
 */
const latestModes = ['auto', 'manual', 'never'] as const;
export type LatestMode = (typeof latestModes)[number];

/** A program that runs for every image once it is published, and before its `latest` is moved. */
export interface AfterPublish {
  /** Absolute, or a name that is looked for in PATH. */
  readonly program: string;
  readonly args: readonly string[];
  /** Where it runs, absolute: the directory of the file that names it. */
  readonly directory: string;
  /** Where the program is named. */
  readonly place: Place;
}

/** What a workspace file, one of its trees, or `generate-bake` of a configuration says of building and publishing. */
export interface PublishKeys extends BuildKeys, GateKeys {
  readonly latest?: LatestMode;
  readonly afterPublish?: AfterPublish;
  /** Build arguments of all images that declare them. */
  readonly args?: Args;
  /** The rules of `check`. */
  readonly check?: CheckKeys;
  /** Whether images are only for `private_registries`. */
  readonly private?: Found<boolean>;
}

export function readLatest(table: TableReader): Pick<PublishKeys, 'latest'> {
  const latest = table.choice('latest', latestModes);
  return latest === undefined ? {} : { latest };
}

export function readPrivate(table: TableReader): Pick<PublishKeys, 'private'> {
  const value = table.boolean('private');
  return value === undefined ? {} : { private: { value, place: table.valuePlace('private') } };
}

/** `directory` is the file's own, absolute: a program with a slash is relative to it. */
export function readPublishKeys(table: TableReader, directory: string): PublishKeys {
  const args = readArgs(table);
  const check = readCheck(table);
  return {
    ...readLatest(table),
    ...readPrivate(table),
    ...readAfterPublish(table, directory),
    ...readBuildKeys(table),
    ...(args === undefined ? {} : { args }),
    ...(check === undefined ? {} : { check }),
    ...readGateKeys(table),
  };
}

function readAfterPublish(
  table: TableReader,
  directory: string,
): Pick<PublishKeys, 'afterPublish'> {
  const before = table.diagnostics.length;
  const whole = table.raw('after_publish');
  if (typeof whole === 'string' && whole !== '') {
    const place = table.valuePlace('after_publish');
    const hint = `write each word apart: ${entryIn(place, 'after_publish', wordsOf(whole))}`;
    table.complain('after_publish is a list of words, which no shell reads', place, hint);
    return {};
  }
  const words = table.strings('after_publish', 'a word of the command');
  if (words === undefined || table.diagnostics.length > before) {
    return {};
  }
  const [program, ...args] = words;
  if (program === undefined || program.value === '') {
    const place = program?.place ?? table.valuePlace('after_publish');
    const hint = 'write the program and its arguments, as in ["./sign.sh", "--key", "release"]';
    table.complain('after_publish names no program', place, hint);
    return {};
  }
  const { value } = program;
  if (/\s/.test(value)) {
    const message = `after_publish: ${JSON.stringify(value)} is not the name of a program`;
    const hint =
      'write each word apart, as in ["./sign.sh", "--key", "release"]: no shell reads it';
    table.complain(message, program.place, hint);
    return {};
  }
  return {
    afterPublish: {
      program: value.includes('/') ? resolve(directory, value) : value,
      args: args.map((arg) => arg.value),
      directory,
      place: program.place,
    },
  };
}

/** What was meant, as far as it has no quotes. */
function wordsOf(line: string): readonly string[] {
  return /["'\\]/.test(line) ? ['./program', 'argument'] : line.trim().split(/\s+/);
}
