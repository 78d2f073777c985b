import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { readSettings } from '#formats/settings/readSettings.js';
import { TableReader } from '#formats/settings/tableReader.js';
import type { Environment } from '../process/process.js';

/** What the user allows the trees of this machine, in a file that no tree can change. */
export interface UserConfiguration {
  /** Registries that may have credentials: `host`, `host:port`, perhaps with a path. */
  readonly registries: readonly string[];
  /** Names of environment variables that trees may read. */
  readonly environment: readonly string[];
}

/** Where a user's configuration is. */
export interface UserPlace {
  readonly environment: Environment;
  /** The invoking user's home directory. */
  readonly home: string;
}

const nothing: UserConfiguration = { registries: [], environment: [] };

/** The file: `$XDG_CONFIG_HOME/generate-bake/config.toml`, else in `~/.config`. */
export function userConfigurationFile({ environment, home }: UserPlace): string {
  const base = environment.XDG_CONFIG_HOME || join(home, '.config');
  return join(base, 'generate-bake', 'config.toml');
}

/**
 * Reads the user's own configuration: the keys `registry` and `environment`, each a string or a
 * list of strings. No file is no error. Errors: what settings files have, and `user-configuration`
 * for a key that there is not or a value that is something else.
 */
export function readUserConfiguration(place: UserPlace): Outcome<UserConfiguration> {
  const file = userConfigurationFile(place);
  if (!existsSync(file)) {
    return { value: nothing, diagnostics: [] };
  }
  const { value: settings, diagnostics: unread } = readSettings('user configuration', file, file);
  const diagnostics: Diagnostic[] = [...unread];
  const table = new TableReader(
    settings.locations,
    settings.data,
    'user-configuration',
    diagnostics,
  );
  const registries = table.strings('registry', 'a registry') ?? [];
  const names = table.strings('environment', 'the name of a variable') ?? [];
  table.finish();
  for (const { value, place: at } of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
      const message = `"${value}" is not the name of an environment variable`;
      diagnostics.push(error('user-configuration', message, { place: at }));
    }
  }
  return {
    value: {
      registries: registries.map(({ value }) => value),
      environment: names.map(({ value }) => value),
    },
    diagnostics,
  };
}
