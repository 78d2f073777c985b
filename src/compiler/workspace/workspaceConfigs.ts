import { dirname } from 'node:path';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import { Boundary, type FindWorkTree } from '#core/files/boundary.js';
import type { BuilderKeys } from './builderKeys.js';
import type { ConfigFile } from './config.js';
import { readConfig } from './config.js';
import type { Policy } from './policyKeys.js';
import type { TreeConfig } from './tree.js';
import type { TreeVariables } from './variables.js';
import { readWorkspaceFile, type TreeEntry, type WorkspaceEntries } from './workspaceFile.js';

/** The configuration of a tree of a workspace file; trees that say nothing of their own share what is read. */
export function configReader(
  { registries, publishing }: WorkspaceEntries,
  user: readonly ConfigFile[],
): (entry: TreeEntry) => Outcome<TreeConfig> {
  const configs = new Map<string, Outcome<TreeConfig>>();
  return ({ config: files, overrides, pushRegistry, publishing: own }) => {
    const key = files.map((layer) => layer.path).join('\0');
    const isOwn =
      overrides !== undefined || pushRegistry !== undefined || Object.keys(own).length > 0;
    const around = pushRegistry === undefined ? registries : { ...registries, pushRegistry };
    const shared = isOwn ? undefined : configs.get(key);
    const config =
      shared ?? readConfig([...user, ...files], overrides, around, { own, all: publishing });
    if (!isOwn) {
      configs.set(key, config);
    }
    return config;
  };
}

/** What a workspace file says of all trees, as far as it can be read without them. */
export interface WorkspaceConfigs {
  readonly policy?: Policy;
  readonly building: BuilderKeys;
  /** By the absolute directories of the trees. */
  readonly configs: ReadonlyMap<string, TreeConfig>;
  /** Absolute: the files that these are read from. */
  readonly files: readonly string[];
}

/**
 * Reads a workspace file and the configurations that it names, and looks for no tree.
 *
 * @param user the user's own configuration, which comes before these
 */
export function readWorkspaceConfigs(
  path: string,
  cwd: string,
  variables: TreeVariables,
  workTrees: FindWorkTree,
  user: readonly ConfigFile[] = [],
): Outcome<WorkspaceConfigs> {
  const own = dirname(path);
  const door = { own, boundary: new Boundary(own, workTrees) };
  const { value: entries, diagnostics } = readWorkspaceFile(path, cwd, variables, door, false);
  const read = configReader(entries, user);
  const configs = new Map<string, TreeConfig>();
  const all = [...diagnostics];
  for (const entry of entries.trees) {
    const config = read(entry);
    configs.set(entry.directory, config.value);
    all.push(...config.diagnostics.filter((one) => !all.includes(one)));
  }
  const files = [
    ...new Set(entries.trees.flatMap(({ config }) => config.map((layer) => layer.path))),
  ];
  const { policy, building } = entries;
  return { value: { configs, files, building, ...(policy && { policy }) }, diagnostics: all };
}
