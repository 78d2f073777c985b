import { dirname, resolve } from 'node:path';
import type { Data } from '#core/data/data.js';
import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import type { Door } from '#core/files/readInside.js';
import { PullThrough } from '#core/reference/pullThrough.js';
import { RegistryNames } from '#core/reference/registryNames.js';
import { suggest } from '#core/text/suggest.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { secretVariables } from '#formats/settings/secrets.js';
import { isList, type Locations, type Settings } from '#formats/settings/settings.js';
import { type Table, TableReader } from '#formats/settings/tableReader.js';
import { withNearer } from './checkKeys.js';
import { type ConfigKey, configKeys, ownKey } from './configKeys.js';
import { checkType } from './configTypes.js';
import {
  checkDriver,
  checkHost,
  checkLimits,
  checkNamespace,
  checkRegistry,
  type Objection,
} from './configValues.js';
import type { ConfigOverrides } from './dockerfileTree.js';
import { type ExcludePattern, readExclude } from './exclude.js';
import { readHoldKeys } from './holdKeys.js';
import { hintIn } from './inLanguage.js';
import { type PublishKeys, readPublishKeys } from './publishKeys.js';
import { type RegistryKeys, readPushRegistry, readSharedKeys } from './registryKeys.js';
import type { TreeConfig } from './tree.js';

/** One layer of a configuration; later layers replace whole keys of earlier ones. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly shown: string;
  /** Where the user named it, for the error about a file that is not there. */
  readonly namedAt?: Place;
  /** Absent where the user named it, who may read what he likes. */
  readonly door?: Door;
}

const builtIn: ReadonlyMap<string, ConfigKey> = new Map(configKeys.map((key) => [key.name, key]));

/**
 * docker-pkg's `read_config`: the defaults, then each file's keys over them, whole values at a
 * time, and `apt_only_proxy` from `http_proxy` where it has none. `overrides` come last: what a
 * workspace file says itself. `around` is what it says of registries for all trees, or for this one.
 *
 * `variables` holds all of it in the order of Python's `defaults.copy().update(…)`, except the
 * secrets (`secretVariables`), so that no template can print them.
 *
 * Errors: files that cannot be read or parsed, values of a wrong type or form, each at its line. A
 * key that looks like a misspelt built-in one is a warning: any key may be a template variable.
 */
export function readConfig(
  files: readonly ConfigFile[],
  overrides: ConfigOverrides = new Map(),
  around: RegistryKeys = {},
  publishing: AroundPublishing = {},
): Outcome<TreeConfig> {
  const layers = new Layers();
  for (const file of files) {
    layers.add(file);
  }
  for (const [key, { value, place }] of overrides) {
    layers.override(key, value, place);
  }
  layers.warnOfMisspellings();
  return { value: layers.config(files, around, publishing), diagnostics: layers.diagnostics };
}

/** What a workspace file says of publishing: what is nearer to the images counts. */
export interface AroundPublishing {
  /** Of one tree. */
  readonly own?: PublishKeys;
  /** Of all trees: the configuration of a tree comes before it. */
  readonly all?: PublishKeys;
}

/** Keys of the workspace file alone, for those who write them into a configuration. */
export const ofWorkspaceFile: Readonly<Record<string, string>> = {
  hold: 'write it as [[hold]] into the workspace file, generate-bake.toml',
  stop_file: 'write it into the workspace file, generate-bake.toml',
};

/** What `generate-bake` of a configuration may say. */
function readOwnKeys(table: TableReader, directory: string) {
  const exclude = table.has('exclude') ? readExclude(table) : undefined;
  const registries = { ...readSharedKeys(table), ...readPushRegistry(table) };
  const publishing = readPublishKeys(table, directory);
  table.finish(ofWorkspaceFile);
  return { exclude, registries, publishing };
}

/** Whether a template variable would be good as a key below `generate-bake`, or of the workspace file. */
function couldBeOwn(key: string, value: Data, locations: Locations, directory: string): boolean {
  const table = new TableReader(locations, new Map([[key, value]]), 'config-key');
  if (key in ofWorkspaceFile) {
    readHoldKeys(table);
  } else {
    readOwnKeys(table, directory);
  }
  const isEmpty = isList(value) ? value.length === 0 : value instanceof Map && value.size === 0;
  return table.diagnostics.length === 0 && !isEmpty;
}

/** Each becomes a variable of every template. */
const mostKeys = 10_000;

class Layers {
  readonly diagnostics: Diagnostic[] = [];
  readonly #values = new Map<string, Data>();
  readonly #places = new Map<string, Place>();
  readonly #keyPlaces = new Map<string, Place>();
  /** The directory of the file that set a key, for values that are paths. */
  readonly #directories = new Map<string, string>();
  readonly #perhapsOwn = new Map<string, Place>();
  #exclude: readonly ExcludePattern[] = [];
  #registries: RegistryKeys = {};
  #publishing: PublishKeys = {};

  constructor() {
    for (const key of configKeys) {
      if (key.default !== undefined) {
        this.#values.set(key.name, key.default);
      }
    }
  }

  add(file: ConfigFile): void {
    const settings = readSettings('configuration file', file.path, file.shown, {
      ...(file.namedAt === undefined ? {} : { namedAt: file.namedAt }),
      ...(file.door === undefined ? {} : { door: file.door }),
    });
    this.diagnostics.push(...settings.diagnostics);
    if (settings.value.data.size > mostKeys) {
      const place = { file: file.shown };
      const message = `the configuration has more than ${mostKeys} keys`;
      this.diagnostics.push(error('config-key', message, { place }));
      return;
    }
    for (const [key, value] of settings.value.data) {
      if (typeof key !== 'string') {
        this.diagnostics.push(
          error('config-key', 'configuration keys must be strings', {
            place: settings.value.locations.keyOf(settings.value.data, key),
            hint: 'put it in quotes (YAML 1.1 reads yes, no, on and off as booleans)',
          }),
        );
        continue;
      }
      this.#set(key, value, settings.value, dirname(file.path));
    }
  }

  #set(key: string, value: Data, { data, locations }: Settings, directory: string): void {
    const known = builtIn.get(key);
    const place = locations.valueOf(data, key);
    if (known !== undefined) {
      const mistyped = checkType(known, value, data, locations);
      this.diagnostics.push(...mistyped);
      if (mistyped.length > 0) {
        return;
      }
      const objection = objectionTo(key, value);
      if (objection !== undefined) {
        const hint = hintIn(place, objection.hint);
        this.diagnostics.push(error('config-value', objection.message, { place, hint }));
        return;
      }
    }
    if (key === ownKey) {
      const table = new TableReader(
        locations,
        value as Table,
        'config-key',
        this.diagnostics,
        place,
      );
      // Each key below it is one of its own: a later file replaces those that it has.
      const { exclude, registries, publishing } = readOwnKeys(table, directory);
      this.#exclude = exclude ?? this.#exclude;
      this.#registries = { ...this.#registries, ...registries };
      const check = withNearer(this.#publishing.check, publishing.check);
      this.#publishing = { ...this.#publishing, ...publishing, ...present('check', check) };
      return;
    }
    this.#perhapsOwn.delete(key);
    if (known === undefined && couldBeOwn(key, value, locations, directory)) {
      this.#perhapsOwn.set(key, locations.keyOf(data, key));
    }
    this.#values.set(key, value);
    this.#places.set(key, place);
    this.#keyPlaces.set(key, locations.keyOf(data, key));
    this.#directories.set(key, directory);
  }

  /** A value that was checked where it is written. */
  override(key: string, value: string, place: Place): void {
    this.#values.set(key, value);
    this.#places.set(key, place);
  }

  warnOfMisspellings(): void {
    for (const [key, place] of this.#keyPlaces) {
      if (builtIn.has(key)) {
        continue;
      }
      const meant = misspeltOf(key);
      if (meant === undefined || this.#keyPlaces.has(meant)) {
        continue;
      }
      this.diagnostics.push(
        warning(
          'config-misspelt',
          `"${key}" is not a built-in key, so it is a template variable only`,
          {
            place,
            hint: `did you mean "${meant}"?`,
          },
        ),
      );
    }
  }

  config(
    files: readonly ConfigFile[],
    around: RegistryKeys,
    { own, all }: AroundPublishing,
  ): TreeConfig {
    const values = this.#values;
    if (values.get('http_proxy') !== null && values.get('apt_only_proxy') === null) {
      values.set('apt_only_proxy', values.get('http_proxy') ?? null);
    }
    const variables = new Map(values);
    for (const secret of secretVariables) {
      variables.delete(secret);
    }
    const passwordFile = this.#string('password_file');
    const jobs = values.get('jobs');
    const aliases = [...(around.aliases ?? []), ...(this.#registries.aliases ?? [])];
    const mirrors = [...(around.mirrors ?? []), ...(this.#registries.mirrors ?? [])];
    const privateRegistries = [
      ...(around.privateRegistries ?? []),
      ...(this.#registries.privateRegistries ?? []),
    ];
    const check = withNearer(withNearer(all?.check, this.#publishing.check), own?.check);
    const pushRegistry = around.pushRegistry ?? this.#registries.pushRegistry;
    if (pushRegistry !== undefined) {
      this.#places.set('push_registry', pushRegistry.place);
    }
    return {
      registry: this.#string('registry') ?? '',
      namespace: this.#string('namespace') ?? '',
      ...(aliases.length === 0 ? {} : { registryNames: new RegistryNames(aliases) }),
      ...(mirrors.length === 0 ? {} : { pullThrough: new PullThrough(mirrors) }),
      ...(privateRegistries.length === 0 ? {} : { privateRegistries }),
      ...present('pushRegistry', pushRegistry?.value),
      ...all,
      ...this.#publishing,
      ...own,
      ...present('check', check),
      ...present('username', this.#string('username')),
      ...present('password', this.#string('password')),
      ...present(
        'passwordFile',
        passwordFile && resolve(this.#directories.get('password_file') ?? '.', passwordFile),
      ),
      baseImages: this.#strings('base_images'),
      aptOptions: this.#string('apt_options') ?? '',
      ...present('httpProxy', this.#string('http_proxy')),
      ...present('aptOnlyProxy', this.#string('apt_only_proxy')),
      scanWorkers: Number(values.get('scan_workers')),
      fallbackAuthor: this.#string('fallback_author') ?? '',
      fallbackEmail: this.#string('fallback_email') ?? '',
      distribution: this.#string('distribution') ?? '',
      updateId: this.#string('update_id') ?? '',
      ...present('caBundle', this.#string('ca_bundle')),
      forceNumericUser: values.get('force_numeric_user') === true,
      knownUidMappings: this.#mapping('known_uid_mappings'),
      verifyCommand: this.#string('verify_command') ?? '',
      verifyArgs: this.#strings('verify_args'),
      ...present('containerLimits', this.#string('container_limits')),
      insecureRegistries: this.#strings('insecure_registries'),
      tagLatest: values.get('tag_latest') === true,
      ...present('jobs', jobs === undefined || jobs === null ? undefined : Number(jobs)),
      exclusiveImages: this.#strings('exclusive_images'),
      ...present('dockerfileVersion', this.#string('dockerfile_version')),
      insideTests: values.has('inside_tests') ? this.#strings('inside_tests') : ['goss.yaml'],
      gossRequired: values.get('goss_required') === true,
      ...(this.#exclude.length === 0 ? {} : { exclude: this.#exclude }),
      variables,
      ...(this.#perhapsOwn.size === 0 ? {} : { perhapsOwn: this.#perhapsOwn }),
      places: this.#places,
      files: files.map((file) => file.shown),
    };
  }

  #string(key: string): string | undefined {
    const value = this.#values.get(key);
    return typeof value === 'string' ? value : undefined;
  }

  #strings(key: string): readonly string[] {
    const value = this.#values.get(key);
    return isList(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  #mapping(key: string): ReadonlyMap<string, Data> {
    const value = this.#values.get(key);
    const mapping = new Map<string, Data>();
    if (value instanceof Map) {
      for (const [name, id] of value as ReadonlyMap<Data, Data>) {
        if (typeof name === 'string') {
          mapping.set(name, id);
        }
      }
    }
    return mapping;
  }
}

/** A member of an object literal, or nothing: optional members are absent, never undefined. */
function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value });
}

function objectionTo(key: string, value: Data): Objection | undefined {
  if (isList(value)) {
    if (key !== 'insecure_registries') {
      return undefined;
    }
    return value.map((item) => checkHost(String(item))).find((found) => found !== undefined);
  }
  if (typeof value !== 'string') {
    return undefined;
  }
  switch (key) {
    case 'registry':
      return checkRegistry(value);
    case 'namespace':
      return checkNamespace(value);
    case 'driver':
      return checkDriver(value);
    case 'container_limits':
      return checkLimits(value);
    default:
      return undefined;
  }
}

/**
 * The built-in key that was probably meant: another spelling of it (`base-images`, `baseImages`) or
 * one within two edits. `registry2` and `registry_url` are names of their own.
 */
function misspeltOf(key: string): string | undefined {
  const snake = key
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  if (builtIn.has(snake)) {
    return snake;
  }
  if (builtIn.has(key.replace(/[_-]?\d+$/, ''))) {
    return undefined;
  }
  return suggest(key, builtIn.keys(), 1, key.length <= 5 ? 1 : 2)[0];
}
