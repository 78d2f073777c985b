import { dirname, resolve } from 'node:path';
import { type Diagnostic, error, type Outcome, type Place } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import { shownPath } from '../files/paths.js';
import type { Data } from '../jinja/data.js';
import type { ConfigFile } from './config.js';
import { isList } from './configTypes.js';
import { readSettings } from './readSettings.js';
import { describe, type Locations } from './settings.js';

/** What a workspace file says of one tree, before anything of it is looked at. */
export interface TreeEntry {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly directoryPlace: Place;
  readonly config: readonly ConfigFile[];
  readonly refresh: boolean;
}

/** The kinds of trees that a workspace file may name; docker-pkg's is the default. */
const treeKinds: readonly string[] = ['docker-pkg'];
const treeKeys = ['directory', 'config', 'name', 'refresh', 'kind'];

/**
 * Reads a workspace file: `[[tree]]` tables with `directory`, `config` (a path or a list of layered
 * ones) and, optionally, `name`, `refresh` and `kind`. Relative paths start at the file's own
 * directory. Strict: an unknown key is an error, for it would change what is built.
 */
export function readWorkspaceFile(path: string, cwd: string): Outcome<readonly TreeEntry[]> {
  const shown = shownPath(cwd, path);
  const settings = readSettings('workspace file', path, shown);
  const reader = new Reader(settings.value.locations, dirname(path), cwd);
  reader.diagnostics.push(...settings.diagnostics);
  const trees = reader.trees(settings.value.data);
  if (trees.length === 0 && reader.diagnostics.length === 0)
    reader.diagnostics.push(
      error('workspace-empty', 'the workspace file names no tree', {
        place: { file: shown },
        hint: 'add [[tree]] with directory = "images" and config = "config.yaml"',
      }),
    );
  return { value: trees, diagnostics: reader.diagnostics };
}

type Table = ReadonlyMap<Data, Data>;

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #locations: Locations;
  readonly #directory: string;
  readonly #cwd: string;
  readonly #names = new Map<string, Place>();

  constructor(locations: Locations, directory: string, cwd: string) {
    this.#locations = locations;
    this.#directory = directory;
    this.#cwd = cwd;
  }

  trees(data: Table): TreeEntry[] {
    this.#knownKeys(data, ['tree']);
    const list = data.get('tree');
    if (list === undefined) return [];
    if (!isList(list)) {
      this.#error(
        `tree must be a list of tables, not ${describe(list)}`,
        this.#locations.keyOf(data, 'tree'),
        'write it as [[tree]]',
      );
      return [];
    }
    return list.flatMap((item, index) => {
      if (item instanceof Map) return this.#tree(item, this.#locations.keyOf(list, index));
      this.#error(
        `a tree must be a table, not ${describe(item)}`,
        this.#locations.valueOf(list, index),
      );
      return [];
    });
  }

  #tree(table: Table, place: Place): TreeEntry[] {
    this.#knownKeys(table, treeKeys);
    this.#kind(table);
    const directory = this.#string(table, 'directory');
    if (directory === '')
      this.#error(
        'directory must not be empty',
        this.#locations.valueOf(table, 'directory'),
        'write "." for the directory of the workspace file',
      );
    if (!table.has('directory'))
      this.#error('a tree needs a directory', place, 'add directory = "images"');
    const config = this.#config(table, place);
    const refresh = this.#boolean(table, 'refresh') ?? true;
    const name = this.#name(table, directory, place);
    if (directory === undefined || directory === '' || name === undefined) return [];
    return [
      {
        name,
        directory: resolve(this.#directory, directory),
        directoryPlace: this.#locations.valueOf(table, 'directory'),
        config,
        refresh,
      },
    ];
  }

  #kind(table: Table): void {
    const kind = this.#string(table, 'kind');
    if (kind === undefined || treeKinds.includes(kind)) return;
    const hint = didYouMean(kind, treeKinds) ?? `the kinds are: ${treeKinds.join(', ')}`;
    this.#error(`there is no kind of tree "${kind}"`, this.#locations.valueOf(table, 'kind'), hint);
  }

  #config(table: Table, place: Place): ConfigFile[] {
    const config = table.get('config');
    const hint = 'write config = "config.yaml", or config = [] for the defaults alone';
    if (config === undefined) {
      this.#error('a tree needs a config', place, hint);
      return [];
    }
    if (typeof config === 'string')
      return this.#configFile(config, this.#locations.valueOf(table, 'config'));
    if (!isList(config)) {
      this.#error(
        `config must be a path or a list of paths, not ${describe(config)}`,
        this.#locations.valueOf(table, 'config'),
        hint,
      );
      return [];
    }
    return config.flatMap((item, index) => {
      const at = this.#locations.valueOf(config, index);
      if (typeof item === 'string') return this.#configFile(item, at);
      this.#error(`config[${index}] must be a path, not ${describe(item)}`, at);
      return [];
    });
  }

  #configFile(written: string, namedAt: Place): ConfigFile[] {
    if (written === '') {
      this.#error('the path of a configuration file is empty', namedAt);
      return [];
    }
    const path = resolve(this.#directory, written);
    return [{ path, shown: shownPath(this.#cwd, path), namedAt }];
  }

  #name(table: Table, directory: string | undefined, place: Place): string | undefined {
    const given = this.#string(table, 'name');
    const at = table.has('name') ? this.#locations.valueOf(table, 'name') : place;
    const name = given ?? directory?.replace(/(?<=.)\/+$/, '');
    if (name === undefined) return undefined;
    if (given !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(given)) {
      this.#error('the name of a tree is made of letters, digits and . _ / -', at);
      return undefined;
    }
    const earlier = this.#names.get(name);
    if (earlier !== undefined) {
      this.diagnostics.push(
        error('workspace-file', `two trees are named "${name}"`, {
          place: at,
          hint: 'give one of them another name',
          related: [{ message: 'the other one', place: earlier }],
        }),
      );
      return undefined;
    }
    this.#names.set(name, at);
    return name;
  }

  #string(table: Table, key: string): string | undefined {
    const value = table.get(key);
    if (value === undefined || typeof value === 'string') return value;
    this.#mistyped(table, key, 'a string', value);
    return undefined;
  }

  #boolean(table: Table, key: string): boolean | undefined {
    const value = table.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    this.#mistyped(table, key, 'true or false', value);
    return undefined;
  }

  #mistyped(table: Table, key: string, expected: string, value: Data): void {
    const place = this.#locations.valueOf(table, key);
    this.#error(`${key} must be ${expected}, not ${describe(value)}`, place);
  }

  #knownKeys(table: Table, known: readonly string[]): void {
    for (const key of table.keys()) {
      const name = String(key);
      if (typeof key === 'string' && known.includes(key)) continue;
      const hint = didYouMean(name, known) ?? `the keys here are: ${known.join(', ')}`;
      this.#error(`there is no key "${name}" here`, this.#locations.keyOf(table, key), hint);
    }
  }

  #error(message: string, place: Place, hint?: string): void {
    this.diagnostics.push(
      error('workspace-file', message, hint === undefined ? { place } : { place, hint }),
    );
  }
}
