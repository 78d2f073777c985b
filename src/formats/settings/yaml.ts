import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { holdsSecret } from './secrets.js';
import { Locations, type Settings } from './settings.js';
import { unreadableCharacter } from './yamlDialect.js';
import { Construction } from './yamlDocument.js';
import { type Event, jsYaml } from './yamlLibrary.js';

/**
 * The mapping that a YAML file holds, as PyYAML's `safe_load` makes it: js-yaml parses, the values
 * are made here. An empty file is an empty mapping.
 *
 * Refused where PyYAML continues silently: a key that stands twice, dates, more than one document
 * (an error there too), tags beyond the core types, aliases that contain themselves or multiply.
 * Refused too is what the two parsers read differently. Entries with errors are left out of the
 * value.
 */
export function parseYaml(file: string, text: string): Outcome<Settings> {
  const locations = new Locations(file, text);
  const unreadable = unreadableCharacter(text);
  if (unreadable !== undefined) {
    const place = locations.at({ start: unreadable.at, end: unreadable.at + 1 });
    const { message, hint } = unreadable;
    return failure(locations, error('yaml-character', message, { place, hint }));
  }
  const { parseEvents, YAMLException } = jsYaml();
  let events: Event[];
  try {
    events = parseEvents(text, { filename: file });
  } catch (cause) {
    if (!(cause instanceof YAMLException)) {
      throw cause;
    }
    return failure(locations, syntaxError(locations, cause.mark?.position ?? 0, cause.reason));
  }
  return new Construction(locations, events).document();
}

function failure(locations: Locations, diagnostic: Diagnostic): Outcome<Settings> {
  return { value: { data: new Map(), locations }, diagnostics: [diagnostic] };
}

function syntaxError(locations: Locations, position: number, reason: string): Diagnostic {
  const place = locations.at({ start: position, end: position + 1 });
  const secret = holdsSecret(locations.text, place.line ?? 1);
  return error('yaml-syntax', `not valid YAML${secret ? '' : `: ${reason}`}`, { place });
}
