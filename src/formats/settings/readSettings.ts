import { extname } from 'node:path';
import { type Diagnostic, error, type Outcome, type Place } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readBytes } from '#core/files/readBytes.js';
import { type Door, longestDefinition, readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import { withoutSecrets } from './secrets.js';
import { Locations, type Settings } from './settings.js';
import { parseToml } from './toml.js';
import { parseYaml } from './yaml.js';

/**
 * Reads a settings file: TOML where its name ends in `.toml`, else YAML. `what` and `namedAt`, where
 * its name is written, are for the error about a file that cannot be read. Without `door` the user
 * named it, and it may be anywhere.
 */
export function readSettings(
  what:
    | 'configuration file'
    | 'workspace file'
    | 'root filesystem'
    | 'image definition'
    | 'user configuration'
    | 'compose file',
  path: string,
  shown: string,
  { namedAt, door }: { readonly namedAt?: Place; readonly door?: Door } = {},
): Outcome<Settings> {
  let bytes: Uint8Array;
  try {
    bytes = door === undefined ? readBytes(path) : readInside(path, door);
  } catch (cause) {
    const place = namedAt ?? { file: shown };
    return nothing(shown, '', [
      error('settings-unreadable', `the ${what} ${shown} ${whyNot(cause)}`, { place }),
    ]);
  }
  if (bytes.length > longestDefinition) {
    const message = `the ${what} ${shown} is too large: more than 1 MiB`;
    return nothing(shown, '', [error('settings-unreadable', message, { place: { file: shown } })]);
  }
  const decoded = decodeUtf8(shown, bytes);
  if (decoded.diagnostics.length > 0) {
    return nothing(
      shown,
      decoded.value,
      decoded.diagnostics.map((diagnostic) => safe(diagnostic, decoded.value)),
    );
  }
  const text = decoded.value.replace(/^\ufeff/, '');
  return extname(path) === '.toml' ? parseToml(shown, text) : parseYaml(shown, text);
}

function safe(diagnostic: Diagnostic, text: string): Diagnostic {
  if (diagnostic.place === undefined) {
    return diagnostic;
  }
  return { ...diagnostic, place: withoutSecrets(diagnostic.place, text) };
}

function nothing(
  shown: string,
  text: string,
  diagnostics: readonly Diagnostic[],
): Outcome<Settings> {
  return { value: { data: new Map(), locations: new Locations(shown, text) }, diagnostics };
}
