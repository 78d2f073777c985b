import { lineWords } from './lineWords.js';

/** One set of archives of an image, as apt of the image would read it, of the type `deb`. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Further fields that are passed on, such as `Architectures`. */
  readonly fields: ReadonlyMap<string, string>;
  readonly signedBy?: SignedBy;
}

/** What the keys of a source are. */
type SignedBy =
  /** A key in the file itself, in armour. */
  | { readonly kind: 'inline'; readonly key: string }
  /** Paths of keyrings in the image, and fingerprints of keys that apt trusts. */
  | { readonly kind: 'named'; readonly names: readonly string[] };

export type ReadSources =
  | { readonly kind: 'read'; readonly sources: readonly AptSource[] }
  /** They cannot be asked, or what they say could not be trusted. A clause. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Files of an image by their paths, without a first `/`. */
export type ImageFiles = ReadonlyMap<string, Uint8Array>;

/** Larger ones are no lists of archives. */
const mostBytes = 1024 ** 2;
const mostSources = 200;

class Unknown extends Error {}

/**
 * Reads the sources of an image: `etc/apt/sources.list`, and what apt takes of `sources.list.d`. They are
 * written anew for the apt that is asked, so nothing is passed on that is not known here. *Unknown* is
 * whatever could be answered with "nothing is new" without being so: no source, one that needs no signature,
 * one of the past, and methods other than http and https. `isChosen`: whoever keeps the trees wants these archives, also
 * one that needs no signature or one of the past.
 */
export function readSources(files: ImageFiles, isChosen = false): ReadSources {
  try {
    const sources: AptSource[] = [];
    for (const [path, form] of sourceFiles(files)) {
      const text = textOf(path, files.get(path));
      sources.push(
        ...(form === 'list' ? readLines(path, text, isChosen) : readStanzas(path, text, isChosen)),
      );
      if (sources.length > mostSources) {
        throw new Unknown(`it has more than ${mostSources} apt sources`);
      }
    }
    if (sources.length === 0) {
      throw new Unknown('it has no apt sources');
    }
    return { kind: 'read', sources };
  } catch (cause) {
    if (cause instanceof Unknown) {
      return { kind: 'unknown', reason: cause.message };
    }
    throw cause;
  }
}

/** A URI without the login that it may have. */
export function withoutLogin(uri: string): string {
  return uri.replace(/(\/\/)[^/@\s]*@/g, '$1');
}

/** Those that apt reads, in its order: names of other characters or endings are passed over. */
function sourceFiles(files: ImageFiles): [string, 'list' | 'sources'][] {
  const found: [string, 'list' | 'sources'][] = [];
  if (files.has('etc/apt/sources.list')) {
    found.push(['etc/apt/sources.list', 'list']);
  }
  for (const path of [...files.keys()].sort()) {
    const name = /^etc\/apt\/sources\.list\.d\/[A-Za-z0-9_.-]+\.(list|sources)$/.exec(path);
    if (name !== null) {
      found.push([path, name[1] === 'list' ? 'list' : 'sources']);
    }
  }
  return found;
}

function textOf(path: string, bytes: Uint8Array | undefined): string {
  if (bytes === undefined || bytes.length > mostBytes) {
    throw new Unknown(`/${path} is larger than a list of apt sources`);
  }
  return Buffer.from(bytes).toString('utf8');
}

function readLines(path: string, text: string, isChosen: boolean): AptSource[] {
  const sources: AptSource[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const place = `/${path}:${at + 1}`;
    const read = lineWords(line);
    if (read === 'blank' || (read?.type === 'deb-src' && read.rest.length > 1)) {
      continue;
    }
    const [uri = '', suite = '', ...rest] = read?.rest ?? [];
    if (read?.type !== 'deb' || suite === '' || ![uri, suite, ...rest].every(isOneWord)) {
      throw new Unknown(`${place} is not a source that apt reads`);
    }
    const components = rest.join(' ');
    const fields = new Map([
      ['uris', uri],
      ['suites', suite],
      ['components', components],
    ]);
    for (const option of read.options) {
      const [, name = '', sign = '', value = ''] = /^([a-z-]+?)([+-]?)=(.*)$/s.exec(option) ?? [];
      const field = lineOptions.get(name);
      if (field === undefined || !isOneWord(value)) {
        throw new Unknown(`${place} has an option that is not known: ${name || option}`);
      }
      const suffix = sign === '+' ? '-add' : sign === '-' ? '-remove' : '';
      fields.set(`${field}${suffix}`, value.replaceAll(',', ' '));
    }
    sources.push(sourceOf(place, fields, isChosen));
  }
  return sources;
}

/** What an option of one line is as a field. */
const lineOptions: ReadonlyMap<string, string> = new Map([
  ['arch', 'architectures'],
  ['lang', 'languages'],
  ['target', 'targets'],
  ...[
    ...['trusted', 'signed-by', 'pdiffs', 'by-hash', 'inrelease-path', 'date-max-future'],
    ...['valid-until-min', 'valid-until-max', 'check-valid-until', 'check-date'],
    ...['allow-insecure', 'allow-weak', 'allow-downgrade-to-insecure'],
  ].map((name): [string, string] => [name, name]),
]);

/** What a field can hold as one word. */
function isOneWord(word: string): boolean {
  return /^[\u0021-\u007e]+$/.test(word);
}

function readStanzas(path: string, text: string, isChosen: boolean): AptSource[] {
  const sources: AptSource[] = [];
  let fields = new Map<string, string>();
  let begin = 0;
  let last: string | undefined;
  const end = () => {
    if (fields.size > 0) {
      const place = `/${path}:${begin}`;
      const types = words(fields.get('types') ?? '');
      const isOn = !isNo(fields.get('enabled') ?? 'yes');
      if (isOn && types.includes('deb')) {
        sources.push(sourceOf(place, fields, isChosen));
      } else if (isOn && !types.includes('deb-src')) {
        throw new Unknown(`${place} has no type that apt reads`);
      }
    }
    fields = new Map();
    last = undefined;
  };
  for (const [at, whole] of text.split('\n').entries()) {
    const line = whole.replace(/\r+$/, '');
    if (line.startsWith('#')) {
      continue;
    }
    // A line of spaces alone ends nothing for apt.
    if (line === '') {
      end();
      continue;
    }
    const field = /^([^\s:]+)\s*:(.*)$/.exec(line);
    if (/^[ \t]/.test(line) && last !== undefined) {
      fields.set(last, `${fields.get(last) ?? ''}\n${line}`);
    } else if (field === null) {
      throw new Unknown(`/${path}:${at + 1} is not a source that apt reads`);
    } else {
      begin = fields.size === 0 ? at + 1 : begin;
      last = (field[1] ?? '').toLowerCase();
      fields.set(last, (field[2] ?? '').trim());
    }
  }
  end();
  return sources;
}

/** Fields that apt gets as they are. */
const passed: ReadonlySet<string> = new Set([
  ...['architectures', 'architectures-add', 'architectures-remove', 'pdiffs', 'by-hash'],
  ...['targets', 'targets-add', 'targets-remove'],
  ...['valid-until-min', 'valid-until-max', 'date-max-future', 'inrelease-path'],
]);

/** Fields that are no question of candidates. */
const ignored: ReadonlySet<string> = new Set([
  ...['types', 'enabled', 'uris', 'suites', 'components', 'signed-by'],
  ...['languages', 'languages-add', 'languages-remove', 'description', 'repolib-name'],
]);

/** Where these are `yes`, what an archive says is not to be believed. */
const loosening: ReadonlySet<string> = new Set([
  ...['trusted', 'allow-insecure', 'allow-weak', 'allow-downgrade-to-insecure'],
]);

function sourceOf(place: string, all: ReadonlyMap<string, string>, isChosen: boolean): AptSource {
  const uris = words(all.get('uris') ?? '');
  const suites = words(all.get('suites') ?? '');
  if (uris.length === 0 || suites.length === 0) {
    throw new Unknown(`${place} is not a source that apt reads`);
  }
  for (const uri of uris) {
    const method = /^([a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase();
    if ((method !== 'http' && method !== 'https') || !/^[a-z]+:\/\/[^/\s]/i.test(uri)) {
      const what = method === undefined ? 'no method' : `the method ${method}`;
      throw new Unknown(`${place} has ${what}: only http and https are asked`);
    }
  }
  const fields = new Map<string, string>();
  for (const [name, value] of all) {
    if (
      isChosen &&
      (loosening.has(name) || name === 'check-valid-until' || name === 'check-date')
    ) {
      fields.set(name, words(value).join(' '));
    } else if (loosening.has(name)) {
      if (!isNo(value)) {
        throw new Unknown(
          `${place} has ${name}=${words(value).join(' ')}, so its archive is not verified`,
        );
      }
    } else if (name === 'check-valid-until' || name === 'check-date') {
      if (isNo(value)) {
        throw new Unknown(`${place} has ${name}=no, so its archive may be one of the past`);
      }
    } else if (passed.has(name)) {
      fields.set(name, words(value).join(' '));
    } else if (!ignored.has(name) && !name.startsWith('x-')) {
      throw new Unknown(`${place} has a field that is not known: ${name}`);
    }
  }
  const signed = all.get('signed-by');
  const components = words(all.get('components') ?? '');
  return {
    uris,
    suites,
    components,
    fields,
    ...(signed === undefined ? {} : { signedBy: signedBy(place, signed) }),
  };
}

function signedBy(place: string, value: string): SignedBy {
  if (value.includes('-----BEGIN')) {
    // A line of its own that would be empty is written as a dot.
    const lines = value.split('\n').map((line) => line.trim());
    const key = lines.map((line) => (line === '.' ? '' : line)).join('\n');
    return { kind: 'inline', key: `${key.trim()}\n` };
  }
  const names = words(value.replaceAll(',', ' '));
  for (const name of names) {
    if (!/^(?:\/[^"\\]+|[0-9A-Fa-f]{16,64}!?)$/.test(name)) {
      throw new Unknown(`${place} names no keyring and no fingerprint: ${name}`);
    }
  }
  return { kind: 'named', names };
}

/** apt's words for it. */
export function isYes(value: string | undefined): boolean {
  return /^(?:yes|true|with|on|enable|1)$/i.test(value?.trim() ?? '');
}

function isNo(value: string): boolean {
  return /^(?:no|false|without|off|disable|0)$/i.test(value.trim());
}

function words(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== '');
}
