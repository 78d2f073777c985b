import { basename, dirname, resolve } from 'node:path';
import { type Diagnostic, error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import { shownPath, withoutSlash } from '#core/files/paths.js';
import type { Door } from '#core/files/readInside.js';
import { didYouMean } from '#core/text/suggest.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { describe, isList } from '#formats/settings/settings.js';
import { TableReader } from '#formats/settings/tableReader.js';
import { type BuilderKeys, readBuilderKeys } from './builderKeys.js';
import type { ConfigFile } from './config.js';
import { ownKey } from './configKeys.js';
import {
  type ConfigOverrides,
  type DockerfileTree,
  dockerfileTreeKeys,
  readDockerfileTree,
  readOverrides,
} from './dockerfileTree.js';
import { type ExcludePattern, readExclude } from './exclude.js';
import { type HoldKeys, readHoldKeys } from './holdKeys.js';
import { nonEmpty } from './imageTable.js';
import { entryIn, tableIn } from './inLanguage.js';
import { type Policy, readPolicy } from './policyKeys.js';
import { type PublishKeys, readPublishKeys } from './publishKeys.js';
import { type RegistryKeys, readPushRegistry, readSharedKeys } from './registryKeys.js';
import { readStageTree, type StageTree } from './stageTree.js';
import type { TreeVariables } from './variables.js';

/** What a workspace file says of one tree, before anything of it is looked at. */
export interface TreeEntry {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly directoryPlace: Place;
  readonly config: readonly ConfigFile[];
  readonly refresh: boolean;
  /** What the search for images leaves out. */
  readonly exclude: readonly ExcludePattern[];
  /** What the file says beyond that of a tree of the kind `stages`. */
  readonly stages?: StageTree;
  /** The same of a tree of the kind `dockerfiles` or `blubber`. */
  readonly dockerfiles?: DockerfileTree;
  /** Keys of a configuration that the workspace file has itself. */
  readonly overrides?: ConfigOverrides;
  readonly pushRegistry?: RegistryKeys['pushRegistry'];
  readonly publishing: PublishKeys;
}

/** What a workspace file says of its trees, each and all. */
export interface WorkspaceEntries {
  readonly trees: readonly TreeEntry[];
  readonly registries: RegistryKeys;
  readonly publishing: PublishKeys;
  readonly holding: HoldKeys;
  readonly building: BuilderKeys;
  readonly policy?: Policy;
}

/**
 * The kinds of trees: `docker-pkg`, the default, has a directory for each image, of docker-pkg's own
 * or of another reader's (image.toml, rootfs.toml); `stages` has `Dockerfile.<stage>` side by side;
 * `dockerfiles` has plain Dockerfiles wherever they are; `blubber` has repositories of services with Blubber files.
 */
const treeKinds = ['docker-pkg', 'stages', 'dockerfiles', 'blubber'] as const;
type TreeKind = (typeof treeKinds)[number];

/** The key of a configuration that has what a workspace file says by itself. */
const belowOwn = {
  [ownKey]: `write what is in it without ${ownKey}: this file has those keys themselves`,
};

const aboutAll = 'move it before the first [[tree]]: it is about all trees';

/** Keys of the file, for those who write them into a tree. */
const ofAllTrees = {
  registry_aliases: aboutAll,
  pull_through: aboutAll,
  private_registries: aboutAll,
  stop_file: aboutAll,
  builders: aboutAll,
  staging: aboutAll,
  policy: aboutAll,
  hold: 'write [[hold]] outside of [[tree]]: it is about all trees, and its images say which',
};

/** The key of another kind of tree that is nearly one of all. */
const ofStages = { vars: 'it is a key of trees with kind = "stages"' };

/**
 * Reads a workspace file: `[[tree]]` tables with `directory`, `config` (a path or a list of layered
 * ones) and, optionally, `name`, `refresh`, `exclude` and `kind`; the kind may bring keys of its own. Without
 * `[[tree]]` the file is about one tree of Dockerfiles, its own directory, and has the keys of that
 * itself. `registry_aliases`, `[[hold]]`, `stop_file`, `builders`, `staging` and `policy` are about all trees, and `latest` and `after_publish`
 * may be. Relative paths start at the file's own directory. Strict: an unknown key is an error, for it
 * would change what is built.
 */
export function readWorkspaceFile(
  path: string,
  cwd: string,
  variables: TreeVariables,
  door: Door,
  isNamedByUser: boolean,
): Outcome<WorkspaceEntries> {
  const shown = shownPath(cwd, path);
  const { value: settings, diagnostics: unread } = readSettings(
    'workspace file',
    path,
    shown,
    isNamedByUser ? {} : { door },
  );
  const diagnostics: Diagnostic[] = [...unread];
  const table = new TableReader(settings.locations, settings.data, 'workspace-file', diagnostics);
  const reader = new Reader({ directory: dirname(path), cwd, variables, door, shown });
  const registries = readSharedKeys(table);
  const publishing = readPublishKeys(table, dirname(path));
  const holding = readHoldKeys(table);
  const building = readBuilderKeys(table);
  const policy = readPolicy(table);
  const shared = { registries, publishing, holding, building, ...(policy && { policy }) };
  if (!table.has('tree')) {
    const trees = diagnostics.length > 0 ? [] : reader.ownTree(table);
    return { value: { trees, ...shared }, diagnostics };
  }
  const list = table.tables('tree') ?? [];
  const misplaced = dockerfileTreeKeys.find((key) => table.has(key));
  if (misplaced === undefined) {
    table.finish(belowOwn);
  } else {
    const hint = 'move it into the [[tree]] that it is about';
    table.complain(`${misplaced} is a key of a tree`, table.keyPlace(misplaced), hint);
  }
  const trees = list.flatMap((tree) => reader.tree(tree));
  if (trees.length === 0 && diagnostics.length === 0) {
    diagnostics.push(
      error('workspace-empty', 'the workspace file has no trees', {
        place: { file: shown },
        hint: `add ${tableIn({ file: shown }, 'tree', { directory: 'images', config: 'config.yaml' })}`,
      }),
    );
  }
  return { value: { trees, ...shared }, diagnostics };
}

interface Surroundings {
  /** The workspace file's own. */
  readonly directory: string;
  readonly cwd: string;
  readonly variables: TreeVariables;
  readonly door: Door;
  /** The workspace file, as a person would open it. */
  readonly shown: string;
}

class Reader {
  readonly #around: Surroundings;
  readonly #names = new Map<string, Place>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** The one tree of a file without `[[tree]]`. */
  ownTree(table: TableReader): TreeEntry[] {
    const { directory: own, shown } = this.#around;
    const kind = table.choice('kind', ['dockerfiles', 'blubber']);
    if (table.has('kind') && kind === undefined) {
      return [];
    }
    const directory = nonEmpty(table, 'directory');
    const absolute = resolve(own, directory?.value ?? '.');
    const config = this.#config(table, table.place, true);
    const refresh = table.boolean('refresh') ?? kind !== 'blubber';
    const name = this.#name(table, basename(absolute), table.place);
    const exclude = readExclude(table);
    const push = readPushRegistry(table);
    const ofDockerfiles = this.#ofDockerfiles(table, shown, kind ?? 'dockerfiles');
    table.finish(belowOwn);
    return name === undefined
      ? []
      : [
          {
            name,
            directory: absolute,
            directoryPlace: directory?.place ?? { file: shown },
            config,
            refresh,
            exclude,
            ...push,
            publishing: {},
            ...ofDockerfiles,
          },
        ];
  }

  #ofDockerfiles(
    table: TableReader,
    shown: string,
    kind: 'dockerfiles' | 'blubber',
  ): Required<Pick<TreeEntry, 'dockerfiles' | 'overrides'>> {
    const { directory, cwd } = this.#around;
    const base = { directory, shown: shownPath(cwd, directory) };
    const overrides = readOverrides(table);
    return { overrides, dockerfiles: readDockerfileTree(table, base, shown, kind) };
  }

  tree(table: TableReader): TreeEntry[] {
    const { place } = table;
    const directory = table.string('directory');
    if (directory === '') {
      table.complain(
        'directory must not be empty',
        table.valuePlace('directory'),
        'write "." for the directory of the workspace file',
      );
    }
    if (!table.has('directory')) {
      table.complain('a tree needs a directory', place, 'add directory = "images"');
    }
    const kind = this.#kind(table);
    // A kind that is misspelt may be one that needs none.
    const isOptional = kind === undefined ? table.has('kind') : kind !== 'docker-pkg';
    const config = this.#config(table, place, isOptional);
    // A rebuild of a Blubber file that nobody changed would change nothing.
    const refresh = table.boolean('refresh') ?? kind !== 'blubber';
    const name = this.#name(table, directory, place);
    const { directory: own, cwd, variables } = this.#around;
    const absolute = resolve(own, directory ?? '');
    const stages = kind === 'stages' ? readStageTree(table, absolute, cwd, variables) : undefined;
    // Stages are not searched for.
    const exclude = kind === 'stages' ? [] : readExclude(table);
    const push = readPushRegistry(table);
    const publishing = readPublishKeys(table, own);
    const ofDockerfiles =
      kind === 'dockerfiles' || kind === 'blubber'
        ? this.#ofDockerfiles(table, this.#around.shown, kind)
        : {};
    // The keys of an unknown kind of tree are not known.
    if (kind !== undefined || !table.has('kind')) {
      table.finish({ ...belowOwn, ...ofAllTrees, ...ofStages });
    }
    if (directory === undefined || directory === '' || name === undefined) {
      return [];
    }
    return [
      {
        name,
        directory: absolute,
        directoryPlace: table.valuePlace('directory'),
        config,
        refresh,
        exclude,
        ...push,
        publishing,
        ...(stages === undefined ? {} : { stages }),
        ...ofDockerfiles,
      },
    ];
  }

  #kind(table: TableReader): TreeKind | undefined {
    const kind = table.string('kind');
    const known = treeKinds.find((each) => each === kind);
    if (kind === undefined || known !== undefined) {
      return known;
    }
    const hint = didYouMean(kind, treeKinds) ?? `the kinds are: ${treeKinds.join(', ')}`;
    table.complain(`there is no kind of tree "${kind}"`, table.valuePlace('kind'), hint);
    return undefined;
  }

  #config(table: TableReader, place: Place, optional: boolean): ConfigFile[] {
    const config = table.raw('config');
    const file = entryIn(place, 'config', 'config.yaml');
    const hint = `write ${file}, or ${entryIn(place, 'config', [])} for the defaults alone`;
    if (config === undefined) {
      if (!optional) {
        table.complain('a tree needs a config', place, hint);
      }
      return [];
    }
    if (typeof config !== 'string' && !isList(config)) {
      table.complain(
        `config must be a path or a list of paths, not ${describe(config)}`,
        table.valuePlace('config'),
        hint,
      );
      return [];
    }
    const { directory, cwd, door } = this.#around;
    return (table.strings('config', 'a path') ?? []).flatMap(({ value, place: namedAt }) => {
      if (value === '') {
        table.complain('the path of a configuration file is empty', namedAt);
        return [];
      }
      const path = resolve(directory, value);
      return [{ path, shown: shownPath(cwd, path), namedAt, door: { ...door, isStrict: true } }];
    });
  }

  #name(table: TableReader, directory: string | undefined, place: Place): string | undefined {
    const given = table.string('name');
    const at = table.has('name') ? table.valuePlace('name') : place;
    const name = given ?? (directory === undefined ? undefined : withoutSlash(directory));
    if (name === undefined) {
      return undefined;
    }
    if (given !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(given)) {
      table.complain('a tree name contains only letters, digits and . _ / -', at);
      return undefined;
    }
    const earlier = this.#names.get(name);
    if (earlier !== undefined) {
      table.diagnostics.push(
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
}
