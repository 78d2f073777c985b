import { jsYaml } from './yamlLibrary.js';

/** A value as YAML, lines as long as they are; what may not stand in YAML is escaped. */
export function yamlText(value: object): string {
  return jsYaml().dump(value, { lineWidth: -1, noRefs: true });
}
