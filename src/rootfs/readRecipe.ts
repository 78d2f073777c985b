import { basename } from 'node:path';
import { type Diagnostic, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Boundary } from '#core/files/boundary.js';
import type { Door } from '#core/files/readInside.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { type Found, TableReader } from '#formats/settings/tableReader.js';
import { collectFiles, collectKeys } from './addedFiles.js';
import { type Pin, type RootfsRecipe, variants } from './recipe.js';
import { parseTimestamp } from './timestamp.js';

/**
 * Reads `rootfs.toml` or `rootfs.yaml` of an image directory. Strict: an unknown key, a value that
 * mmdebstrap or apt would take for something else, a file that is not there are errors
 * `rootfs-file`. Undefined where there is any.
 */
export function readRecipe(
  directory: string,
  path: string,
  shown: string,
  boundary: Boundary,
): Outcome<RootfsRecipe | undefined> {
  const door = { own: directory, boundary };
  const settings = readSettings('root filesystem', path, shown, { door });
  const diagnostics: Diagnostic[] = [...settings.diagnostics];
  if (hasErrors(diagnostics)) {
    return { value: undefined, diagnostics };
  }
  const { data, locations } = settings.value;
  const table = new TableReader(locations, data, 'rootfs-file', diagnostics);
  const value = new Reader(table, door, shown).recipe();
  table.finish();
  return { value: hasErrors(diagnostics) ? undefined : value, diagnostics };
}

/** No argument may be taken for an option, and no list of them for two. */
const word = /^[A-Za-z0-9][A-Za-z0-9.+_/-]*$/;
const packageName = /^[a-z0-9][a-z0-9+.-]*(?::[a-z0-9-]+)?(?:[=/][A-Za-z0-9][A-Za-z0-9.+~:-]*)?$/;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const mirrorUri = /^(?:https?|ftp|file|copy):\/\S+$/;
const mirrorLine = /^deb(?:-src)?[ \t]+(?:\[[^\]]*\][ \t]+)?\S+[ \t]+\S+(?:[ \t]+\S+)*$/;

class Reader {
  readonly #table: TableReader;
  readonly #door: Door;
  readonly #shown: string;

  constructor(table: TableReader, door: Door, shown: string) {
    this.#table = table;
    this.#door = door;
    this.#shown = shown;
  }

  recipe(): RootfsRecipe {
    const table = this.#table;
    const suite = this.#word('suite');
    if (!table.has('suite')) {
      table.complain(
        'a root filesystem needs a suite',
        { file: this.#shown },
        'add suite = "bookworm"',
      );
    }
    const distribution = this.#word('distribution') ?? 'debian';
    const architecture = this.#word('architecture');
    const proxy = this.#matching('proxy', /^https?:\/\/\S+$/, 'write it as "http://host:port"');
    const timestamp = this.#timestamp();
    const written = table.raw('timestamp');
    const base = { door: this.#door, shown: this.#shown.replace(/[^/]*$/, '') };
    return {
      name: table.string('name') ?? basename(this.#door.own),
      distribution,
      suite: suite ?? '',
      ...(architecture === undefined ? {} : { architecture }),
      variant: table.choice('variant', variants) ?? 'minbase',
      components: this.#words('components', word) ?? ['main'],
      mirrors: this.#mirrors(),
      keyring:
        this.#matching('keyring', /^\/\S+$/, 'write its absolute path') ??
        `/usr/share/keyrings/${distribution}-archive-keyring.gpg`,
      keys: collectKeys(table, base),
      pins: (table.tables('pins') ?? []).flatMap((pin) => this.#pin(pin)),
      packages: this.#words('packages', packageName) ?? [],
      recommends: table.boolean('recommends') ?? false,
      ...(proxy === undefined ? {} : { proxy }),
      files: collectFiles(table, base),
      minimise: table.boolean('minimise') ?? true,
      slim: table.boolean('slim') ?? true,
      keep: this.#words('keep', /^\/usr\/share\/[^\s'"\\$`]+$/) ?? [],
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(typeof written === 'string'
        ? { timestampWritten: { value: written, place: table.valuePlace('timestamp') } }
        : {}),
      refreshDays: table.count('refresh_days') ?? 7,
      environment: this.#environment(),
      command: this.#list('command') ?? ['/bin/bash'],
      labels: table.stringTable('labels') ?? new Map(),
      aliases: this.#words('aliases', /^[a-z0-9][A-Za-z0-9._/:-]*$/) ?? [],
      place: table.has('suite') ? table.valuePlace('suite') : { file: this.#shown },
    };
  }

  #word(key: string): string | undefined {
    return this.#matching(key, word, 'letters, digits and . + _ / - are allowed');
  }

  #matching(key: string, pattern: RegExp, hint: string): string | undefined {
    const value = this.#table.string(key);
    if (value === undefined || pattern.test(value)) {
      return value;
    }
    this.#table.complain(`${key} cannot be read`, this.#table.valuePlace(key), hint);
    return undefined;
  }

  #words(key: string, pattern: RegExp): readonly string[] | undefined {
    const list = this.#table.strings(key);
    for (const { value, place } of list ?? []) {
      if (!pattern.test(value)) {
        this.#table.complain(`"${value}" is not allowed in ${key}`, place);
      }
    }
    return list?.map((item) => item.value);
  }

  #list(key: string): readonly string[] | undefined {
    return this.#table.strings(key)?.map((item: Found<string>) => item.value);
  }

  #mirrors(): readonly string[] {
    const list = this.#table.strings('mirrors', 'a URI or a line of sources.list') ?? [];
    for (const { value, place } of list) {
      if (!mirrorUri.test(value) && !mirrorLine.test(value)) {
        this.#table.complain(
          'this is neither the URI of a mirror nor a line of sources.list',
          place,
          'write "https://host/debian" or "deb https://host/debian suite component"',
        );
      }
    }
    return list.map((item) => item.value);
  }

  #pin(table: TableReader): Pin[] {
    const of = (key: string): string | undefined => {
      const value = table.string(key);
      if (value === undefined || /^\S[^\n]*$/.test(value)) {
        return value;
      }
      table.complain(`${key} must be one line that is not empty`, table.valuePlace(key));
      return undefined;
    };
    const name = of('package') ?? '*';
    const pin = of('pin');
    const priority = table.raw('priority');
    table.finish();
    if (!table.has('pin') || typeof priority !== 'number') {
      const place = table.has('priority') ? table.valuePlace('priority') : table.place;
      table.complain(
        'a pin needs a pin and a priority',
        place,
        'for example pin = "release o=Acme" and priority = 1001',
      );
      return [];
    }
    return pin === undefined ? [] : [{ package: name, pin, priority }];
  }

  #timestamp(): number | undefined {
    const written = this.#table.raw('timestamp');
    if (written === undefined) {
      return undefined;
    }
    const found = parseTimestamp(typeof written === 'number' ? `@${written}` : written);
    if (found !== undefined) {
      return found;
    }
    this.#table.complain(
      'timestamp must be a date of UTC',
      this.#table.valuePlace('timestamp'),
      'write "2026-03-01", "20260301T000000Z", or the seconds since 1970',
    );
    return undefined;
  }

  #environment(): ReadonlyMap<string, string> {
    const set = this.#table.stringTable('environment');
    if (set === undefined) {
      return new Map([['LC_ALL', 'C.UTF-8']]);
    }
    for (const [name, value] of set) {
      if (!variableName.test(name) || /[\r\n\0]/.test(value)) {
        this.#table.complain(
          `environment.${name} cannot be set in a Dockerfile`,
          this.#table.valuePlace('environment'),
        );
      }
    }
    return set;
  }
}
