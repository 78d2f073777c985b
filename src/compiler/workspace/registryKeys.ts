import { addressOf } from '#adapters/registry/address.js';
import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import { canonicalHost, dockerHub } from '#core/reference/hosts.js';
import type { Mirror, PullThrough } from '#core/reference/pullThrough.js';
import type { RegistryAlias } from '#core/reference/registryNames.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { checkRegistry } from './configValues.js';
import { entryIn } from './inLanguage.js';
import type { Tree } from './tree.js';

/** What a workspace file, or `generate-bake` of a configuration, says of registries. */
export interface RegistryKeys {
  readonly aliases?: readonly RegistryAlias[];
  /** Where images of other registries are read. */
  readonly mirrors?: readonly Mirror[];
  /** Where private images may be published: `host[:port]`, perhaps with a path. */
  readonly privateRegistries?: readonly Found<string>[];
  /** The name under which images are pushed. */
  readonly pushRegistry?: Found<string>;
}

/** The keys that are about all trees of a workspace. */
export function readSharedKeys(table: TableReader): RegistryKeys {
  const aliases = readAliases(table);
  const mirrors = readMirrors(table);
  const privateRegistries = readPrivateRegistries(table);
  return {
    ...(aliases === undefined ? {} : { aliases }),
    ...(mirrors === undefined ? {} : { mirrors }),
    ...(privateRegistries === undefined ? {} : { privateRegistries }),
  };
}

/** `push_registry`, of one tree. */
export function readPushRegistry(table: TableReader): Pick<RegistryKeys, 'pushRegistry'> {
  const value = table.string('push_registry', registryHint);
  if (value === undefined) {
    return {};
  }
  const place = table.valuePlace('push_registry');
  const problem = objectionTo(value);
  if (problem !== undefined) {
    table.complain(`push_registry ${problem}`, place, registryHint);
    return {};
  }
  return { pushRegistry: { value, place } };
}

const mirrorExample = { 'docker.io': 'mirror.example/hub' };

const registryHint = 'write host or host:port, perhaps with a path, as in "registry.example:5000"';

/** Every reference is compared with each. */
const mostNames = 100;

function readTable(
  table: TableReader,
  key: string,
  example: Readonly<Record<string, string>>,
): ReturnType<TableReader['stringEntries']> {
  const hint = `write ${entryIn(table.keyPlace(key), key, example)}`;
  const entries = table.stringEntries(key, hint);
  if (entries === undefined || entries.size <= mostNames) {
    return entries;
  }
  table.complain(`${key} has more than ${mostNames} entries`, table.keyPlace(key));
  return undefined;
}

function readAliases(table: TableReader): readonly RegistryAlias[] | undefined {
  const entries = readTable(table, 'registry_aliases', {
    'registry.internal:5000': 'registry.example',
  });
  if (entries === undefined) {
    return undefined;
  }
  return [...entries].flatMap(([alias, { value: canonical, place }]) => {
    for (const name of [alias, canonical]) {
      const problem = objectionTo(name);
      if (problem !== undefined) {
        table.complain(`registry_aliases: ${JSON.stringify(name)} ${problem}`, place, registryHint);
        return [];
      }
      if (addressOf(`${name}/x`)?.host === dockerHub) {
        const message = `registry_aliases: ${name} is Docker Hub, whose names are known`;
        table.complain(message, place, 'for a mirror of Docker Hub, use pull_through');
        return [];
      }
    }
    return [{ alias, canonical, place }];
  });
}

function readMirrors(table: TableReader): readonly Mirror[] | undefined {
  const entries = readTable(table, 'pull_through', mirrorExample);
  if (entries === undefined) {
    return undefined;
  }
  return [...entries].flatMap(([of, { value: at, place }]) => {
    for (const name of [of, at]) {
      const problem = objectionTo(name);
      if (problem !== undefined) {
        const shown = entryIn(place, 'pull_through', mirrorExample);
        const hint = `write registries, perhaps with a path, as in ${shown}`;
        table.complain(`pull_through: ${JSON.stringify(name)} ${problem}`, place, hint);
        return [];
      }
    }
    const canonical = withCanonicalHost(of);
    if (!isOther(canonical, withCanonicalHost(at))) {
      const hint = 'name the cache or mirror that it is read through, or remove the entry';
      table.complain(`pull_through: ${of} is read through itself`, place, hint);
      return [];
    }
    return [{ of: canonical, at, place }];
  });
}

function readPrivateRegistries(table: TableReader): readonly Found<string>[] | undefined {
  const found = table.strings('private_registries', 'the name of a registry');
  if (found === undefined || found.length <= mostNames) {
    for (const { value, place } of found ?? []) {
      const problem = objectionTo(value);
      if (problem !== undefined) {
        const hint =
          'write host or host:port, perhaps with a path, as in ["registry.example/private"]';
        table.complain(`private_registries: ${JSON.stringify(value)} ${problem}`, place, hint);
      }
    }
    return found;
  }
  const message = `private_registries has more than ${mostNames} entries`;
  table.complain(message, table.keyPlace('private_registries'));
  return undefined;
}

function withCanonicalHost(name: string): string {
  const [host = '', ...path] = name.split('/');
  return [canonicalHost(host), ...path].join('/');
}

/** Why a text cannot name a registry; a first part without a dot or a port is a path on Docker Hub. */
function objectionTo(name: string): string | undefined {
  if (name === '' || checkRegistry(name) !== undefined) {
    return 'is not the name of a registry';
  }
  const [host = ''] = name.split('/');
  const isHost = /[.:]/.test(host) || host.toLowerCase() !== host || host === 'localhost';
  return isHost ? undefined : 'is not the name of a registry: it has neither a dot nor a port';
}

/**
 * What is wrong with the names of registries in trees that are compiled together: an alias of two
 * registries, or of another alias; a `push_registry` that is not a name of the tree's registry; two
 * mirrors of one registry, or a mirror that is read through another.
 */
export function checkRegistries(trees: readonly Tree[]): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  const add = (problem: Diagnostic): void => {
    const { place, message } = problem;
    found.set(`${place?.file}:${place?.line}:${message}`, problem);
  };
  const aliases = new Map<string, RegistryAlias>();
  for (const tree of trees) {
    for (const each of tree.config.registryNames?.aliases ?? []) {
      const known = aliases.get(each.alias.toLowerCase());
      if (known !== undefined && isOther(known.canonical, each.canonical)) {
        add(ofTwo(each, known));
      }
      aliases.set(each.alias.toLowerCase(), known ?? each);
    }
  }
  for (const { alias, canonical, place } of aliases.values()) {
    const next = aliases.get(canonical.toLowerCase());
    if (next === undefined) {
      continue;
    }
    const isItself = !isOther(alias, canonical);
    const message = isItself
      ? `registry_aliases: ${alias} is an alias of itself`
      : `registry_aliases: ${alias} is an alias of ${canonical}, which is an alias itself`;
    const hint = isItself ? 'remove it' : `choose one name, and make all others aliases of that`;
    add(error('registry-aliases', message, { ...at(place), hint }));
  }
  for (const { config } of trees) {
    for (const problem of mirrorProblems(config.pullThrough)) {
      add(problem);
    }
    const { pushRegistry, registry, registryNames } = config;
    if (pushRegistry === undefined) {
      continue;
    }
    const canonical = (name: string) => registryNames?.canonical(name) ?? name;
    const place = config.places.get('push_registry');
    if (registry === '') {
      const message = 'push_registry is set, and the tree has no registry';
      add(error('registry-aliases', message, { ...at(place), hint: 'set registry as well' }));
    } else if (isOther(canonical(registry), canonical(pushRegistry))) {
      const message = `push_registry ${pushRegistry} is not a name of the registry ${registry}`;
      const names = { [pushRegistry]: canonical(registry) };
      const hint = `if it is, write ${entryIn(place ?? { file: '' }, 'registry_aliases', names)}`;
      add(error('registry-aliases', message, { ...at(place), hint }));
    }
  }
  return [...found.values()];
}

function mirrorProblems(pullThrough: PullThrough | undefined): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const known = new Map<string, Mirror>();
  for (const mirror of pullThrough?.mirrors ?? []) {
    const { of, at: there, place } = mirror;
    const other = known.get(of);
    known.set(of, mirror);
    if (other !== undefined && isOther(other.at, there)) {
      const message = `pull_through: ${of} is read through ${other.at} and through ${there}`;
      problems.push(
        error('pull-through', message, {
          ...at(place),
          hint: 'remove one of them',
          ...(other.place === undefined
            ? {}
            : { related: [{ message: 'the other one', place: other.place }] }),
        }),
      );
    }
    const next = pullThrough?.mirrorOf(withCanonicalHost(there));
    if (next !== undefined) {
      const message = `pull_through: ${of} is read through ${there}, which is read through ${next.at} itself`;
      const hint = 'name the place where images are really asked for';
      problems.push(error('pull-through', message, { ...at(place), hint }));
    }
  }
  return problems;
}

function ofTwo(one: RegistryAlias, other: RegistryAlias): Diagnostic {
  const message = `registry_aliases: ${one.alias} is an alias of ${one.canonical} and of ${other.canonical}`;
  return error('registry-aliases', message, {
    ...at(one.place),
    hint: 'remove one of them',
    ...(other.place === undefined
      ? {}
      : { related: [{ message: 'the other one', place: other.place }] }),
  });
}

function isOther(one: string, other: string): boolean {
  return one.toLowerCase() !== other.toLowerCase();
}

function at(place: Place | undefined): { readonly place?: Place } {
  return place === undefined ? {} : { place };
}
