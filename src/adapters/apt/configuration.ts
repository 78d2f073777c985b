import type { AptSource, ImageFiles } from './sources.js';

/** What one call of apt is made with: its whole configuration, in place of this machine's. */
export interface AptConfiguration {
  /** Absolute; all paths of apt are below it, but for its own programs. */
  readonly root: string;
  readonly architectures: readonly string[];
  /** The user that it runs as. */
  readonly user: string;
  readonly proxy?: string;
  /** An archive that says nothing for so long is given up, in milliseconds. Of a question, which asks none: absent. */
  readonly silenceMs?: number;
  /** Absolute: of a question about one image. */
  readonly question?: string;
}

/**
 * The text of a file for `APT_CONFIG`, which apt reads before anything else: `Dir` leads to directories of
 * ours, so that neither this machine's configuration nor an image's is read, and no hook of either is run.
 */
export function configurationText(configuration: AptConfiguration): string {
  const { root, architectures, user, proxy, silenceMs = 0, question } = configuration;
  const silence = String(Math.ceil(silenceMs / 1000));
  const [own = ''] = architectures;
  const settings: [string, string][] = [
    ['Dir', `${root}/`],
    ['Dir::State::status', `${question ?? root}/status`],
    ...(question === undefined
      ? []
      : ([
          ['Dir::Etc::preferences', `${question}/preferences`],
          ['Dir::Etc::preferencesparts', `${question}/preferences.d/`],
          // Only what the archives have is shared by all questions.
          ['Dir::Cache::pkgcache', ''],
        ] satisfies [string, string][])),
    ['APT::Architecture', own],
    ['APT::Sandbox::User', user],
    ['APT::Update::Error-Mode', 'any'],
    ['APT::Get::Always-Include-Phased-Updates', 'true'],
    ['APT::Get::AllowUnauthenticated', 'false'],
    ['Acquire::AllowInsecureRepositories', 'false'],
    ['Acquire::AllowWeakRepositories', 'false'],
    ['Acquire::AllowDowngradeToInsecureRepositories', 'false'],
    ['Acquire::Check-Valid-Until', 'true'],
    ['Acquire::Languages', 'none'],
    // What fails at once is asked for once more by us; what hangs is not.
    ['Acquire::Retries', '0'],
    ['Acquire::http::Timeout', silence],
    ['Acquire::https::Timeout', silence],
    ...(proxy === undefined ? [] : ([['Acquire::http::Proxy', proxy]] as [string, string][])),
    ['Debug::NoLocking', 'true'],
  ];
  const list = architectures.map((architecture) => ` ${quoted(architecture)};`).join('');
  const lines = settings.map(([name, value]) => `${name} ${quoted(value)};`);
  return `${lines.join('\n')}\nAPT::Architectures {${list} };\n`;
}

/** Neither a quote nor the end of a line can be written in apt's values; what has one is refused before. */
export function isWritable(value: string): boolean {
  return !/["\\\u0000-\u001f\u007f]/.test(value);
}

function quoted(value: string): string {
  if (!isWritable(value)) {
    throw new Error('a value cannot be written into a configuration of apt');
  }
  return `"${value}"`;
}

/**
 * The text of a file of sources. `keyrings` are where each keyring was put, by its path in the image or the text
 * of the key.
 */
export function sourcesText(
  sources: readonly AptSource[],
  keyrings: ReadonlyMap<string, string>,
): string {
  const stanzas = sources.map(({ uris, suites, components, fields, signedBy }) => {
    const names = signedBy?.kind === 'inline' ? [signedBy.key] : (signedBy?.names ?? []);
    const lines = [
      'Types: deb',
      `URIs: ${uris.join(' ')}`,
      `Suites: ${suites.join(' ')}`,
      ...(components.length === 0 ? [] : [`Components: ${components.join(' ')}`]),
      ...[...fields].map(([name, value]) => `${name}: ${value}`),
      ...(names.length === 0
        ? []
        : [`Signed-By: ${names.map((name) => keyrings.get(name) ?? name).join(' ')}`]),
    ];
    return `${lines.join('\n')}\n`;
  });
  return stanzas.join('\n');
}

/** Settings that change what apt takes for a candidate, or what it believes; whatever scope they are in. */
const telling =
  /\b(?:Default-Release|Architectures?|RootDir|AllowInsecureRepositories|AllowWeakRepositories|AllowDowngradeToInsecureRepositories|AllowUnauthenticated|Check-Valid-Until|Check-Date|Max-ValidTime|Min-ValidTime|Verify-Peer|Verify-Host|Ignore-Hold)\b|\bDir\s*(?:"|::\s*(?:Etc|State)\b)|#(?:include|clear)\b/i;

/** A quoted value, which ends with its line at the latest, or a comment; in a value nothing is a comment. */
const valueOrComment =
  /"[^"\n]*"?|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?|(?:\/\/|#(?!include\b|clear\b))[^\n]*/gi;

/**
 * A setting of an image's own configuration of apt that would change the answer. Its apt.conf is never
 * used, since its hooks are programs; undefined where that makes no difference.
 */
export function tellingSetting(
  files: ImageFiles,
): { readonly path: string; readonly setting: string } | undefined {
  for (const [path, bytes] of files) {
    if (!/^etc\/apt\/apt\.conf(?:\.d\/[A-Za-z0-9_.-]+)?$/.test(path)) {
      continue;
    }
    const text = Buffer.from(bytes)
      .toString('utf8')
      .replace(valueOrComment, (part) => (part.startsWith('"') ? part : ''));
    const found = telling.exec(text)?.[0] ?? settingInBlock(text);
    if (found !== undefined) {
      return { path, setting: found.trim().replace(/["{]$/, '').trim() };
    }
  }
  return undefined;
}

/** `Dir { Cache { … }; Etc { … }; };`: where the block ends is not looked at, so more may be taken for one. */
function settingInBlock(text: string): string | undefined {
  const block = /\bDir\s*\{/i.exec(text);
  const inner = block && /\b(?:Etc|State)\b/i.exec(text.slice(block.index));
  return inner ? `Dir { ${inner[0]}` : undefined;
}
