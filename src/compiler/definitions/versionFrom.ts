import { join } from 'node:path';
import { describeTag } from '#adapters/git/git.js';
import { error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import type { Door } from '#core/files/readInside.js';
import { didYouMean, suggest } from '#core/text/suggest.js';
import type { Tree } from '../workspace/tree.js';
import type { TreeVariables } from '../workspace/variables.js';
import type { ComputedVersion, VersionSpot } from './definition.js';
import { readText } from './readText.js';

/** A version as it is written: itself, or where it is to be taken from. */
export interface WrittenVersion {
  readonly text: string;
  readonly place: Place;
  /** Absolute: the file that it is written in, where that is the image's own. */
  readonly file?: string;
}

export interface FoundVersion {
  readonly text: string;
  /** Where it is written, or where it was taken from. */
  readonly place: Place;
  readonly spot?: VersionSpot;
  /** It is itself what is written at its place, which is not the image's own. */
  readonly isShared?: true;
  /** Where it is computed later; `text` is then the word that says how. */
  readonly computed?: ComputedVersion;
}

/** How git describes what a directory (absolute) has. */
export type DescribeTag = typeof describeTag;

/** Where a version may come from; a legal version has no colon. */
const sources = ['file', 'git', 'variable', 'environment'] as const;

/**
 * The version of an image without a changelog: as it is written, or
 *
 * - `content`: computed from what the image is made of;
 * - `commit`: the newest commit of what it is made of;
 * - `date`: today, in UTC: `20260301`;
 * - `file:PATH`: the first line of a file, relative to `directory`;
 * - `git:GLOB`: what `git describe` makes of the newest tag that matches;
 * - `variable:NAME`: a variable of the tree's configuration;
 * - `environment:NAME`: an environment variable that the user allows trees to read.
 *
 * Errors `version-source`, at the place where it is written.
 */
export class VersionReader {
  readonly #variables: TreeVariables;
  /** git is slow beside everything else, and the images of a tree ask the same of it. */
  readonly #described = new Map<string, ReturnType<typeof describeTag>>();

  readonly #describeTag: DescribeTag;
  readonly #now: Date;

  constructor(
    variables: TreeVariables,
    describe: DescribeTag = describeTag,
    now: Date = new Date(),
  ) {
    this.#variables = variables;
    this.#describeTag = describe;
    this.#now = now;
  }

  read(
    tree: Tree,
    directory: string,
    shown: string,
    written: WrittenVersion,
  ): Outcome<FoundVersion | undefined> {
    const { text, place, file } = written;
    const colon = text.indexOf(':');
    const source = sources.find((each) => each === text.slice(0, Math.max(0, colon)));
    const from = text.slice(colon + 1);
    const refuse = (message: string, hint: string): Outcome<undefined> => ({
      value: undefined,
      diagnostics: [error('version-source', message, { place, hint })],
    });
    const found = (value: string): Outcome<FoundVersion> => ({
      value: { text: value, place },
      diagnostics: [],
    });
    if (source !== undefined && from === '') {
      return refuse(`${source}: has no value after the colon`, `for example ${examples[source]}`);
    }
    switch (source) {
      case undefined: {
        if (text === 'content' || text === 'commit') {
          return { value: { text, place, computed: { kind: text } }, diagnostics: [] };
        }
        if (text === 'date') {
          return found(this.#now.toISOString().slice(0, 10).replaceAll('-', ''));
        }
        const wrong = notAVersion(text);
        if (wrong !== undefined) {
          return refuse(`"${text}" is not a version`, wrong);
        }
        if (file === undefined) {
          return { value: { text, place, isShared: true }, diagnostics: [] };
        }
        return {
          value: { text, place, spot: { file, place, text, kind: 'version' } },
          diagnostics: [],
        };
      }
      case 'file':
        return this.#fromFile(
          join(directory, from),
          join(shown, from),
          { own: directory, boundary: tree.boundary },
          place,
        );
      case 'git': {
        const result = this.#describe(tree.directory, from);
        if (result.kind === 'failed') {
          return refuse(
            `git cannot tell the version: ${result.reason}`,
            'check that this is a git checkout with its tags',
          );
        }
        if (result.value !== undefined) {
          return found(result.value);
        }
        return refuse(
          `no git tag matching ${from} is reachable from HEAD`,
          'tag a commit, or fetch the tags',
        );
      }
      case 'variable': {
        const value = tree.config.variables.get(from);
        if (typeof value === 'string' || typeof value === 'number') {
          return found(String(value));
        }
        const hint =
          didYouMean(from, tree.config.variables.keys()) ?? `set ${from} in the configuration`;
        return refuse(`variable ${from} is not set in the configuration`, hint);
      }
      case 'environment': {
        const variable = this.#variables(from);
        if (variable.kind === 'set' && variable.value !== '') {
          return found(variable.value);
        }
        if (variable.kind === 'forbidden') {
          return refuse(`trees may not read the environment variable ${from}`, variable.hint);
        }
        return refuse(
          `the environment variable ${from} is not set`,
          `set it: ${from}=1.2.3 generate-bake`,
        );
      }
    }
  }

  #fromFile(
    file: string,
    shown: string,
    door: Door,
    namedAt: Place,
  ): Outcome<FoundVersion | undefined> {
    const read = readText(file, shown, door, namedAt);
    if (read.value === undefined) {
      return { value: undefined, diagnostics: read.diagnostics };
    }
    const lineText = read.value.split(/\r?\n/, 1)[0] ?? '';
    const text = lineText.trim();
    const place = {
      file: shown,
      line: 1,
      column: lineText.length - lineText.trimStart().length + 1,
      length: Math.max(1, text.length),
      lineText,
    };
    if (text !== '') {
      return {
        value: { text, place, spot: { file, place, text, kind: 'version' } },
        diagnostics: [],
      };
    }
    const hint = 'write the version on its first line';
    return {
      value: undefined,
      diagnostics: [
        error('version-source', 'the first line of the version file is empty', {
          place,
          hint,
        }),
      ],
    };
  }

  #describe(directory: string, glob: string): ReturnType<typeof describeTag> {
    const key = `${directory}\0${glob}`;
    let known = this.#described.get(key);
    if (known === undefined) {
      known = this.#describeTag(directory, glob);
      this.#described.set(key, known);
    }
    return known;
  }
}

/** What somebody means who writes a word that is one of ours, but for something. */
function notAVersion(text: string): string | undefined {
  if (text === 'latest') {
    return '"latest" is moved to what was published last: write a version, or "content"';
  }
  const source = sources.find((each) => each === text);
  if (source !== undefined) {
    return `write what it is taken from: ${examples[source]}`;
  }
  // A version of letters alone is rare, and "comit" would be published as a tag.
  const near = /^[a-z]+$/i.test(text) ? suggest(text, words, 1, text.length > 5 ? 2 : 1) : [];
  return near.length === 0 ? undefined : `did you mean "${near[0]}"?`;
}

const words = ['content', 'commit', 'date'];

const examples: Readonly<Record<(typeof sources)[number], string>> = {
  file: '"file:VERSION"',
  git: '"git:v*"',
  variable: '"variable:app_version"',
  environment: '"environment:CI_COMMIT_TAG"',
};
