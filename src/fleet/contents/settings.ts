import { asDigest } from '#adapters/registry/digest.js';
import type { Digest } from '#core/reference/brands.js';

/** What an image's configuration says that a container gets, each setting as a text; and its layers. */
export interface ImageSettings {
  readonly settings: ReadonlyMap<string, Setting>;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[];
  /** When it was made, as it says itself: RFC 3339; absent: it does not say. */
  readonly created?: string;
}

/** One setting: of `env` and `label` there is one for each name. */
export interface Setting {
  readonly key: SettingKey;
  readonly name?: string;
  readonly value: string;
}

export type SettingKey =
  | 'env'
  | 'label'
  | 'port'
  | 'volume'
  | 'user'
  | 'workdir'
  | 'entrypoint'
  | 'cmd'
  | 'shell'
  | 'stopsignal'
  | 'healthcheck'
  | 'onbuild'
  | 'platform';

/** Of a configuration as OCI has it; undefined where it does not name its layers. */
export function settingsOf(config: unknown): ImageSettings | undefined {
  const layers = fieldOf(fieldOf(config, 'rootfs'), 'diff_ids') ?? [];
  const diffIds = Array.isArray(layers) ? layers.map(asDigest) : [undefined];
  if (!diffIds.every((digest) => digest !== undefined)) {
    return undefined;
  }
  const inner = fieldOf(config, 'config');
  const found: Setting[] = [];
  const add = (key: SettingKey, value: unknown, name?: string) => {
    const text = textOf(value);
    if (text !== '') {
      found.push({ key, value: text, ...(name === undefined ? {} : { name }) });
    }
  };
  const platform = ['os', 'architecture', 'variant'].map((key) => textOf(fieldOf(config, key)));
  add('platform', platform.filter((part) => part !== '').join('/'));
  for (const entry of listOf(fieldOf(inner, 'Env'))) {
    const equals = entry.indexOf('=');
    const name = equals === -1 ? entry : entry.slice(0, equals);
    found.push({ key: 'env', name, value: equals === -1 ? '' : entry.slice(equals + 1) });
  }
  for (const [name, value] of Object.entries(tableOf(fieldOf(inner, 'Labels')))) {
    found.push({ key: 'label', name, value: textOf(value) });
  }
  for (const name of Object.keys(tableOf(fieldOf(inner, 'ExposedPorts')))) {
    found.push({ key: 'port', name, value: name });
  }
  for (const name of Object.keys(tableOf(fieldOf(inner, 'Volumes')))) {
    found.push({ key: 'volume', name, value: name });
  }
  add('user', fieldOf(inner, 'User'));
  add('workdir', fieldOf(inner, 'WorkingDir'));
  add('entrypoint', fieldOf(inner, 'Entrypoint'));
  add('cmd', fieldOf(inner, 'Cmd'));
  add('shell', fieldOf(inner, 'Shell'));
  add('stopsignal', fieldOf(inner, 'StopSignal'));
  add('healthcheck', fieldOf(inner, 'Healthcheck'));
  add('onbuild', fieldOf(inner, 'OnBuild'));
  const settings = new Map(found.map((each) => [`${each.key} ${each.name ?? ''}`, each]));
  const created = textOf(fieldOf(config, 'created'));
  return {
    settings,
    diffIds: diffIds.flatMap((digest) => digest ?? []),
    ...(created === '' ? {} : { created }),
  };
}

/** `os/architecture[/variant]`, as the configuration has it; undefined: it does not say. */
export function platformIn({ settings }: ImageSettings): string | undefined {
  return settings.get('platform ')?.value;
}

/** Lists and tables are JSON, in the form in which a Dockerfile has them; what is empty is not set. */
function textOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) {
    return '';
  }
  return JSON.stringify(value);
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function tableOf(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
