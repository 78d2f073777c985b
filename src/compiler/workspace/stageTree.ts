import { resolve } from 'node:path';
import { shownPath } from '#core/files/paths.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import type { TreeVariables } from './variables.js';

/**
 * A tree of stages as the workspace file describes it: `Dockerfile.<stage>` side by side, one
 * version for all. `${NAME}` in `prefix`, `version` and `stages` is replaced by a value; `{stage}` in
 * the others for the stage's name.
 */
export interface StageTree {
  /** Files of shell assignments, read in this order. */
  readonly vars: readonly NamedFile[];
  /** The environment variables that the file names, as far as they are set: known before `vars`. */
  readonly environment: ReadonlyMap<string, string>;
  /** Come after `vars` and replace what these set. */
  readonly values: ReadonlyMap<string, string>;
  /** What an image's name has before the stage's. */
  readonly prefix: Found<string>;
  readonly version: Found<string>;
  /** Absent: every `Dockerfile.<stage>` that is there. */
  readonly stages?: readonly Found<string>[];
  /** Dockerfile text that each stage's Dockerfile ends with. */
  readonly trailer?: Found<string>;
  /** The build context, relative to the tree's directory. */
  readonly context: Found<string>;
  /** Tests that run inside the images, relative to the tree's directory; missing ones are left out. */
  readonly tests: readonly Found<string>[];
  /** Directories with a rootfs.toml, relative to the tree's directory. */
  readonly rootfs: readonly Found<string>[];
}

interface NamedFile {
  /** Absolute. */
  readonly path: string;
  readonly shown: string;
  readonly namedAt: Found<string>['place'];
}

/** Reads the keys that only a tree of the kind `stages` has. */
export function readStageTree(
  table: TableReader,
  directory: string,
  cwd: string,
  variables: TreeVariables,
): StageTree {
  const file = table.keyPlace('directory');
  const found = (key: string, otherwise: string): Found<string> => ({
    value: table.string(key) ?? otherwise,
    place: table.has(key) ? table.valuePlace(key) : file,
  });
  const environment = new Map<string, string>();
  for (const { value, place } of table.strings('environment', 'the name of a variable') ?? []) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
      table.complain(`"${value}" is not the name of a variable`, place);
      continue;
    }
    const variable = variables(value);
    if (variable.kind === 'set') {
      environment.set(value, variable.value);
    } else if (variable.kind === 'forbidden') {
      table.complain(`trees may not read the environment variable ${value}`, place, variable.hint);
    }
  }
  const stages = table.strings('stages', 'the name of a stage');
  const trailer = table.string('trailer');
  return {
    vars: (table.strings('vars', 'a path') ?? []).map(({ value, place }) => {
      const path = resolve(directory, value);
      return { path, shown: shownPath(cwd, path), namedAt: place };
    }),
    environment,
    values: table.stringTable('values') ?? new Map(),
    prefix: found('prefix', ''),
    version: found('version', '${VERSION}'),
    ...(stages === undefined ? {} : { stages }),
    ...(trailer === undefined
      ? {}
      : { trailer: { value: trailer, place: table.valuePlace('trailer') } }),
    context: found('context', '.'),
    tests: table.strings('tests', 'a path') ?? [],
    rootfs: table.strings('rootfs', 'a path') ?? [],
  };
}
