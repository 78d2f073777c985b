import { lineWords } from '#adapters/apt/lineWords.js';
import type { FileReader } from './readFile.js';

/**
 * The files of an image that apt reads when it looks for newer packages, beside dpkg's database, by path:
 * those whose names apt takes (sources.list(5), apt_preferences(5), apt.conf(5), apt-secure(8)), and the keyrings
 * that sources name. An apt.conf is there to be looked through for what it changes: its hooks are programs.
 */
export function aptFilesOf(files: FileReader): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const take = (path: string) => {
    const bytes = files.read(path);
    if (bytes !== undefined) {
      found.set(path, bytes);
    }
    return bytes;
  };
  const takeAll = (directory: string, isTaken: RegExp) =>
    files.namesIn(directory).flatMap((name) => {
      const bytes = isTaken.test(name) ? take(`${directory}/${name}`) : undefined;
      return bytes === undefined ? [] : [{ name, text: Buffer.from(bytes).toString('utf8') }];
    });
  const list = take('etc/apt/sources.list');
  const sources = [
    ...(list === undefined
      ? []
      : [{ name: 'sources.list', text: Buffer.from(list).toString('utf8') }]),
    ...takeAll('etc/apt/sources.list.d', /^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(?:list|sources)$/),
  ];
  take('etc/apt/preferences');
  takeAll('etc/apt/preferences.d', /^[A-Za-z0-9_-](?:[A-Za-z0-9_-]*|[A-Za-z0-9_.-]*\.pref)$/);
  take('etc/apt/apt.conf');
  takeAll('etc/apt/apt.conf.d', /^[A-Za-z0-9_-](?:[A-Za-z0-9_-]*|[A-Za-z0-9_.-]*\.conf)$/);
  take('etc/apt/trusted.gpg');
  takeAll('etc/apt/trusted.gpg.d', /\.(?:gpg|asc)$/);
  take('var/lib/apt/extended_states');
  for (const { name, text } of sources) {
    const keyrings = name.endsWith('.sources')
      ? keyringsOfStanzas(text)
      : text.split('\n').flatMap(keyringsOfLine);
    for (const path of keyrings) {
      take(path.replace(/^\/+/, ''));
    }
  }
  return found;
}

/** `deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg,/etc/b.gpg] https://…` */
export function keyringsOfLine(line: string): string[] {
  const words = lineWords(line);
  const options = words === undefined || words === 'blank' ? [] : words.options;
  return options.flatMap((option) => pathsIn(/^signed-by\+?=(.*)$/i.exec(option)?.[1] ?? ''));
}

/** `Signed-By: /usr/share/keyrings/a.gpg`, perhaps on several lines; a key in its place is no path. */
function keyringsOfStanzas(text: string): string[] {
  const fields = text.replaceAll('\r', '').matchAll(/^Signed-By:(.*(?:\n[ \t]+.*)*)/gim);
  return [...fields].flatMap(([, value = '']) =>
    value.includes('-----BEGIN') ? [] : pathsIn(value),
  );
}

function pathsIn(value: string): string[] {
  return value.split(/[\s,]+/).filter((word) => word.startsWith('/'));
}
