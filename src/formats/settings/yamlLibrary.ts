import { createRequire } from 'node:module';

export type { Event, MappingEvent, ScalarEvent, SequenceEvent } from 'js-yaml';

type JsYaml = typeof import('js-yaml');
const require = createRequire(import.meta.url);
let library: JsYaml | undefined;

/** js-yaml, loaded when the first YAML file is read: 6 ms that a TOML workspace need not pay. */
export function jsYaml(): JsYaml {
  library ??= require('js-yaml') as JsYaml;
  return library;
}
