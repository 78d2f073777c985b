import type { Outcome, Place } from '#core/diagnostics/diagnostic.js';
import { didYouMean } from '#core/text/suggest.js';
import { TableReader } from '../settings/tableReader.js';
import { parseYaml } from '../settings/yaml.js';
import type { Blubberfile, Part, Variant } from './blubberfile.js';
import { localContext } from './blubberfile.js';
import { readArtifacts, readBuilders, readSingle } from './builders.js';
import { checkReleases, type FrontendVersion } from './frontend.js';
import { list, names, obey, rules, text } from './values.js';

/** Variants of a file: each is merged with all that it includes, and made with all that it copies from. */
const mostVariants = 200;
/** What all variants of a file copy, require and mount. */
const mostArtifacts = 10_000;

/** The version of the format that is read here. */
const known = 'v4';

/**
 * Reads a Blubber file of version 4 by the rules that Blubber has for it (v1.8.0: its schema, its types, its
 * validation), all of its variants: Blubber builds none where one is wrong. Keys that only other releases know are refused
 * where `frontend` says which one reads it. Undefined where there is an error. Errors: those of YAML, `blubber-file`.
 */
export function readBlubberfile(
  file: string,
  source: string,
  frontend: FrontendVersion = undefined,
): Outcome<Blubberfile | undefined> {
  const { value: settings, diagnostics: unread } = parseYaml(file, source);
  const diagnostics = [...unread];
  const { data, locations } = settings;
  const table = new TableReader(locations, data, 'blubber-file', diagnostics);
  if (unread.length > 0) {
    return { value: undefined, diagnostics };
  }
  if (!isOfVersion(table)) {
    return { value: undefined, diagnostics };
  }
  const common = readPart(table, frontend);
  const variants = readVariants(table, frontend);
  table.finish(ofVariants);
  complainOfIncludes(table, variants);
  complainOfSize(table, [common, ...variants.values()]);
  const value = diagnostics.length > 0 ? undefined : { common, variants };
  return { value, diagnostics };
}

/** Keys of variants, for those who write them at the top. */
const below = 'move it below a variant: variants: { NAME: { … } }';
const ofVariants = { includes: below, copies: below };
const atTop = 'move it to the top of the file';
const ofTop = { version: atTop, variants: 'variants cannot be nested: move them to the top' };

function isOfVersion(table: TableReader): boolean {
  if (!table.has('version')) {
    table.complain('the file has no version', table.place, `add version: ${known}`);
    return false;
  }
  const version = table.string('version', `write version: ${known}`);
  if (version === undefined) {
    return false;
  }
  if (version === known) {
    return true;
  }
  const isOld = /^v[1-3]$/.test(version);
  const hint = isOld
    ? `write version: ${known}, and copies: [local] in each variant that takes the files of the repository: ${version} did so by itself`
    : `write version: ${known}`;
  const message = `Blubber reads files of version ${known}, and this is one of ${version}`;
  table.complain(message, table.valuePlace('version'), hint);
  return false;
}

function readPart(table: TableReader, frontend: FrontendVersion): Part {
  checkReleases(table, frontend);
  const base = readBase(table);
  const variables = names(table, 'arguments');
  readApt(table.table('apt'), frontend);
  const builders = readBuilders(table, frontend);
  const single = readSingle(table, frontend);
  complainOfBoth(table, builders, single);
  readLives(table.table('lives'));
  readRuns(table.table('runs'), frontend);
  list(table, 'entrypoint');
  return { ...(base === undefined ? {} : { base }), arguments: variables, builders, single };
}

function complainOfBoth(
  table: TableReader,
  builders: Part['builders'],
  single: Part['single'],
): void {
  const other = [...single.values()].find(({ isSet }) => isSet);
  if (builders.length > 0 && other !== undefined) {
    const key = other.kind === 'custom' ? 'builder' : other.kind;
    const hint = `move ${key} into the list of builders`;
    table.complain(`builders and ${key} cannot be given together`, other.place, hint);
  }
}

function readBase(table: TableReader): Part['base'] {
  if (table.raw('base') === null) {
    return undefined;
  }
  const value = text(table, 'base', rules.image);
  return value === undefined || value === ''
    ? undefined
    : { value, place: table.valuePlace('base') };
}

function readVariants(table: TableReader, frontend: FrontendVersion): ReadonlyMap<string, Variant> {
  const found = new Map<string, Variant>();
  const variants = table.table('variants');
  if ((variants?.data.size ?? 0) > mostVariants) {
    table.complain(`the file has more than ${mostVariants} variants`, table.keyPlace('variants'));
    return found;
  }
  for (const name of variants?.data.keys() ?? []) {
    if (variants === undefined || typeof name !== 'string') {
      table.complain('the name of a variant must be a string', table.keyPlace('variants'));
      continue;
    }
    obey(variants, rules.variant, name, variants.keyPlace(name));
    const variant = variants.table(name);
    if (variant !== undefined) {
      found.set(name, readVariant(variant, frontend));
    }
  }
  return found;
}

function readVariant(table: TableReader, frontend: FrontendVersion): Variant {
  if (typeof table.raw('includes') === 'string') {
    list(table, 'includes');
  }
  const includes = typeof table.raw('includes') === 'string' ? [] : table.strings('includes');
  const copies = readArtifacts(table, 'copies', 'variant', frontend) ?? [];
  const part = readPart(table, frontend);
  table.finish(ofTop);
  return { ...part, includes: includes ?? [], copies };
}

function complainOfSize(table: TableReader, parts: readonly (Part & Partial<Variant>)[]): void {
  let count = 0;
  for (const { builders, single, copies = [], includes = [] } of parts) {
    count += copies.length + includes.length;
    for (const { requirements = [], mounts = [] } of [...builders, ...single.values()]) {
      count += 1 + requirements.length + mounts.length;
    }
  }
  if (count > mostArtifacts) {
    const message = `the variants have more than ${mostArtifacts} copies, requirements and mounts`;
    table.complain(message, table.keyPlace('variants'));
  }
}

function complainOfIncludes(table: TableReader, variants: ReadonlyMap<string, Variant>): void {
  for (const { includes } of variants.values()) {
    for (const { value, place } of includes) {
      // It includes nothing, and Blubber takes it.
      if (value === localContext || variants.has(value)) {
        continue;
      }
      const message = `there is no variant ${JSON.stringify(value)}`;
      table.complain(message, place, hintFor(value, variants.keys()));
    }
  }
}

function hintFor(name: string, variants: Iterable<string>): string {
  const all = [...variants];
  return didYouMean(name, all) ?? `the variants are: ${all.join(', ')}`;
}

function readApt(apt: TableReader | undefined, frontend: FrontendVersion): void {
  if (apt === undefined) {
    return;
  }
  if (apt.raw('packages') instanceof Map) {
    const packages = apt.table('packages');
    for (const release of packages?.data.keys() ?? []) {
      const name = String(release);
      obey(apt, rules.release, name, packages?.keyPlace(name) ?? apt.place);
      if (packages !== undefined) {
        list(packages, name, rules.package);
      }
    }
  } else {
    list(apt, 'packages', rules.package);
  }
  for (const source of apt.items('sources', 'a table with url') ?? []) {
    if (!(source instanceof TableReader)) {
      apt.complain('a source must be a table', source.place, 'write { url: …, distribution: … }');
      continue;
    }
    checkReleases(source, frontend);
    required(source, 'url');
    text(source, 'url', rules.url);
    required(source, 'distribution');
    text(source, 'distribution', rules.release);
    list(source, 'components', rules.component);
    text(source, 'signed-by');
    source.finish();
  }
  for (const proxy of apt.items('proxies', 'a URL or a table with url') ?? []) {
    if (!(proxy instanceof TableReader)) {
      obey(apt, rules.url, proxy.value, proxy.place);
      continue;
    }
    required(proxy, 'url');
    text(proxy, 'url', rules.url);
    text(proxy, 'source', rules.url);
    proxy.finish();
  }
  apt.finish();
}

function required(table: TableReader, key: string): void {
  const value = table.raw(key);
  if (value === undefined || value === '') {
    table.complain(`${key} is missing`, placeFor(table, key), `add ${key}`);
  }
}

function placeFor(table: TableReader, key: string): Place {
  return table.data.has(key) ? table.valuePlace(key) : table.place;
}

function readLives(lives: TableReader | undefined): void {
  if (lives === undefined) {
    return;
  }
  readUser(lives);
  lives.finish();
}

function readRuns(runs: TableReader | undefined, frontend: FrontendVersion): void {
  if (runs === undefined) {
    return;
  }
  checkReleases(runs, frontend, 'runs.');
  readUser(runs);
  names(runs, 'environment');
  runs.boolean('insecurely');
  runs.finish();
}

function readUser(table: TableReader): void {
  text(table, 'as', rules.user);
  table.count('uid');
  table.count('gid');
  text(table, 'in', rules.directory);
}
