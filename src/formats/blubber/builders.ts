import { TableReader } from '../settings/tableReader.js';
import type { Artifact, Builder, BuilderKind, Mount } from './blubberfile.js';
import { localContext } from './blubberfile.js';
import { checkReleases, type FrontendVersion } from './frontend.js';
import { list, obey, rules, text } from './values.js';

const kinds = ['custom', 'node', 'php', 'python'] as const;

/** `builders`: a list of tables, each with one kind of builder. */
export function readBuilders(table: TableReader, frontend: FrontendVersion): readonly Builder[] {
  const entries = table.items('builders', 'a table such as custom: { command: … }') ?? [];
  const found: Builder[] = [];
  for (const entry of entries) {
    if (!(entry instanceof TableReader)) {
      table.complain('a builder must be a table', entry.place, `write ${entry.value}: { … }`);
      continue;
    }
    const [kind, second] = kinds.filter((each) => entry.has(each));
    const builder = kind === undefined ? undefined : entry.table(kind);
    entry.finish();
    if (kind === undefined && entry.data.size === 0) {
      table.complain('a builder is empty', entry.place, `write one of: ${kinds.join(', ')}`);
    }
    if (second !== undefined) {
      const hint = 'write each in an entry of its own: Blubber runs one of them alone';
      entry.complain(`two builders are in one entry: ${kind} and ${second}`, entry.place, hint);
    }
    if (kind !== undefined && builder !== undefined) {
      found.push(readBuilder(kind, builder, frontend));
    }
  }
  complainOfKinds(table, found);
  return found;
}

/** Only `custom` may be there more than once. */
function complainOfKinds(table: TableReader, builders: readonly Builder[]): void {
  const known = new Set<BuilderKind>();
  for (const { kind, place } of builders) {
    if (kind !== 'custom' && known.has(kind)) {
      const hint = 'merge them, or write one as custom';
      table.complain(`builders has ${kind} twice`, place, hint);
    }
    known.add(kind);
  }
}

/** A builder of the older notation, under its own key; `builder` is that of `custom`. */
export function readSingle(
  table: TableReader,
  frontend: FrontendVersion,
): ReadonlyMap<BuilderKind, Builder> {
  const found = new Map<BuilderKind, Builder>();
  for (const kind of kinds) {
    const builder = table.table(kind === 'custom' ? 'builder' : kind);
    if (builder !== undefined) {
      found.set(kind, readBuilder(kind, builder, frontend));
    }
  }
  return found;
}

function readBuilder(kind: BuilderKind, table: TableReader, frontend: FrontendVersion): Builder {
  checkReleases(table, frontend);
  const requirements = readArtifacts(table, 'requirements', 'path', frontend);
  const own = ownKeys[kind](table, frontend);
  table.finish();
  const isSet = [...table.data.values()].some(
    (value) => value !== '' && !(value instanceof Map && value.size === 0),
  );
  return {
    kind,
    ...(requirements === undefined ? {} : { requirements }),
    ...own,
    isSet,
    place: table.place,
  };
}

const ownKeys: Readonly<
  Record<BuilderKind, (table: TableReader, frontend: FrontendVersion) => Partial<Builder>>
> = {
  custom: readCustom,
  node: (table) => {
    text(table, 'env', rules.nodeEnv);
    flags(table, ['use-npm-ci', 'allow-dedupe-failure']);
    return {};
  },
  php: (table) => {
    flags(table, ['production']);
    return {};
  },
  python: (table, frontend) => {
    for (const key of ['version', 'venv']) {
      text(table, key);
    }
    for (const key of ['pip-version', 'setuptools-version', 'tox-version', 'wheel-version']) {
      text(table, key);
    }
    flags(table, ['use-system-site-packages', 'no-deps']);
    if (table.data.has('use-system-flag')) {
      flags(table, ['use-system-flag']);
    }
    const poetry = table.table('poetry');
    if (poetry !== undefined) {
      checkReleases(poetry, frontend);
      text(poetry, 'version', rules.pythonVersion);
      text(poetry, 'only');
      text(poetry, 'without');
      flags(poetry, ['devel']);
      poetry.finish();
    }
    return {};
  },
};

function flags(table: TableReader, keys: readonly string[]): void {
  for (const key of keys) {
    table.boolean(key);
  }
}

function readCustom(table: TableReader): Partial<Builder> {
  const command = table.raw('command');
  if (command !== undefined && typeof command !== 'string') {
    list(table, 'command');
  }
  const script = table.string('script');
  const mounts = readMounts(table);
  readCaches(table);
  const isCommand = command !== undefined && command !== '';
  const isScript = script !== undefined && script !== '';
  if (isCommand && isScript) {
    const hint = 'write the command into the script, or two builders';
    table.complain('a builder has a command or a script, not both', table.keyPlace('script'), hint);
  }
  return {
    ...(mounts === undefined ? {} : { mounts }),
    ...(isCommand ? { command: { value: true, place: table.keyPlace('command') } } : {}),
    ...(isScript ? { script: { value: true, place: table.keyPlace('script') } } : {}),
  };
}

/** `shorthand`: what one text of the list says: what is copied, or where from. */
export function readArtifacts(
  table: TableReader,
  key: string,
  shorthand: 'path' | 'variant',
  frontend: FrontendVersion,
): readonly Artifact[] | undefined {
  const what = shorthand === 'path' ? 'a path' : 'a variant';
  const items = table.items(key, `${what} or a table with from`);
  const known = new Set<string>();
  const found = items?.flatMap((item): Artifact[] => {
    const artifact =
      item instanceof TableReader ? readArtifact(item, frontend) : shortArtifact(item);
    if (artifact !== undefined && known.has(artifact.identity)) {
      table.complain(`${key} has the same entry twice`, item.place, 'remove one of them');
    }
    known.add(artifact?.identity ?? '');
    return artifact === undefined ? [] : [artifact];
  });
  if (shorthand === 'variant') {
    complainOfMixed(table, key, items ?? []);
  }
  return found;

  function shortArtifact(item: {
    readonly value: string;
    readonly place: Artifact['from']['place'];
  }) {
    if (shorthand === 'variant') {
      obeyFrom(table, item.value, item.place);
      return { from: item, identity: JSON.stringify([item.value, '', '', []]) };
    }
    const from = { value: localContext, place: item.place };
    complainOfWayOut(table, item.value, item.place);
    return { from, source: item, identity: JSON.stringify([localContext, item.value, '', []]) };
  }
}

/** Blubber decodes a list of copies as one of names, else as one of tables; requirements, mounts and caches as both. */
function complainOfMixed(
  table: TableReader,
  key: string,
  items: NonNullable<ReturnType<TableReader['items']>>,
): void {
  const name = items.find((item) => !(item instanceof TableReader));
  if (
    name !== undefined &&
    !(name instanceof TableReader) &&
    items.some((item) => item instanceof TableReader)
  ) {
    const message = `${key} has both names and tables`;
    table.complain(message, name.place, `write { from: ${name.value} }`);
  }
}

function readArtifact(table: TableReader, frontend: FrontendVersion): Artifact | undefined {
  checkReleases(table, frontend);
  const from = text(table, 'from');
  const source = text(table, 'source');
  const destination = text(table, 'destination');
  const exclude = list(table, 'exclude');
  table.finish();
  if (from === undefined || from === '') {
    if (from === '' || !table.has('from')) {
      const hint = 'write from: local for the build context, or a variant or an image';
      table.complain('it does not say where it is copied from', table.place, hint);
    }
    return undefined;
  }
  obeyFrom(table, from, table.valuePlace('from'));
  if (destination !== undefined && destination !== '' && (source ?? '') === '') {
    const hint = 'add source: what is copied there';
    table.complain('destination needs a source', table.keyPlace('destination'), hint);
  }
  if (from === localContext && source !== undefined) {
    complainOfWayOut(table, source, table.valuePlace('source'));
  }
  return {
    from: { value: from, place: table.valuePlace('from') },
    ...(source === undefined || source === ''
      ? {}
      : { source: { value: source, place: table.valuePlace('source') } }),
    identity: JSON.stringify([from, source ?? '', destination ?? '', exclude ?? []]),
  };
}

/** A variant, or an image: a name that is neither cannot be told from an image's. */
function obeyFrom(table: TableReader, from: string, place: Artifact['from']['place']): void {
  if (rules.variant(from) !== undefined) {
    obey(table, rules.image, from, place);
  }
}

function complainOfWayOut(
  table: TableReader,
  path: string,
  place: Artifact['from']['place'],
): void {
  let depth = 0;
  const isOut = path.split('/').some((part) => {
    depth += part === '..' ? -1 : part === '' || part === '.' ? 0 : 1;
    return depth < 0;
  });
  if (path.startsWith('/') || isOut) {
    const hint = 'a path of the build context is relative to it, and stays inside of it';
    table.complain(`${JSON.stringify(path)} is not in the build context`, place, hint);
  }
}

function readMounts(table: TableReader): readonly Mount[] | undefined {
  return table.items('mounts', 'a variant, an image or a table with from')?.flatMap((item) => {
    if (!(item instanceof TableReader)) {
      obeyFrom(table, item.value, item.place);
      return [{ from: item }];
    }
    const from = text(item, 'from');
    const source = text(item, 'source');
    text(item, 'destination');
    item.finish();
    if (from === undefined || from === '') {
      if (!item.has('from') || from === '') {
        item.complain('a mount needs from', item.place, 'name a variant, an image or local');
      }
      return [];
    }
    obeyFrom(item, from, item.valuePlace('from'));
    const mount: Mount = { from: { value: from, place: item.valuePlace('from') } };
    return [source === undefined || source === '' ? mount : { ...mount, source }];
  });
}

function readCaches(table: TableReader): void {
  for (const item of table.items('caches', 'a path or a table with destination') ?? []) {
    if (!(item instanceof TableReader)) {
      continue;
    }
    const destination = text(item, 'destination');
    text(item, 'id');
    item.choice('access', ['shared', 'locked', 'private']);
    item.finish();
    if ((destination === undefined && !item.has('destination')) || destination === '') {
      item.complain('a cache needs a destination', item.place, 'add destination: /path');
    }
  }
}
