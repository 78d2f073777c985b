import { type Diagnostic, error, type Place } from '#core/diagnostics/diagnostic.js';
import type { Settings } from '#formats/settings/settings.js';

/** What `docker compose build` does and bake leaves out in silence. */
const refusedKeys = ['isolation', 'privileged'] as const;

/**
 * Errors `import-compose` for builds of a compose file that bake does not take as they are; the
 * settings are those of the file.
 */
export function refusedBuilds({ data, locations }: Settings): Diagnostic[] {
  const services = data.get('services');
  if (!(services instanceof Map)) {
    return [];
  }
  return [...services].flatMap(([name, service]) => {
    const build = service instanceof Map ? service.get('build') : undefined;
    if (!(build instanceof Map)) {
      return [];
    }
    return refusedKeys
      .filter((key) => build.has(key) && build.get(key) !== false)
      .map((key) =>
        error('import-compose', `bake cannot take ${key} in the build of service ${String(name)}`, {
          place: locations.keyOf(build, key),
          hint: 'remove it, or build this service with docker compose',
        }),
      );
  });
}

/** Where bake's complaint about a compose file is: at the service that it names, else the file. */
export function placeOfComplaint(message: string, file: string, text: string): Place {
  const service =
    /\bservices\.([\w.-]+?)(?:\.build|[ :.]|$)/.exec(message)?.[1] ??
    /\bservice "([^"]+)"/.exec(message)?.[1];
  if (service === undefined) {
    return { file };
  }
  const lines = text.split(/\r?\n/);
  const escaped = service.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const key = new RegExp(`^\\s+["']?${escaped}["']?\\s*:`);
  const index = lines.findIndex((line) => key.test(line));
  const lineText = lines[index];
  if (lineText === undefined) {
    return { file };
  }
  const column = lineText.length - lineText.trimStart().length + 1;
  return { file, line: index + 1, column, length: service.length, lineText };
}
