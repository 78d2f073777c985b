import type { CredentialUse } from '#adapters/registry/credentials.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import {
  type CompileLine,
  compileOptions,
  credentialOptions,
  imageWords,
  readCompileLine,
  readCredentialUse,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface OutdatedLine extends CompileLine {
  readonly credentials: CredentialUse;
  readonly json: boolean;
  readonly security: boolean;
  /** Names of binary packages; empty: all. */
  readonly packages: readonly string[];
  /** A copy of the tracker's file, as written; absent: all updates count. */
  readonly cve?: string;
  /** Exit status 1 where an image is outdated. */
  readonly exitCode: boolean;
  /** A file with the logins of archives, as written. */
  readonly aptAuth?: string;
  /** As written; absent: this machine's where there is such an image. */
  readonly platform?: string;
  /** As the user named it. */
  readonly metricsFile?: string;
}

export const spec: CommandSpec<OutdatedLine> = {
  name: 'outdated',
  summary: 'show which images have Debian packages with newer versions, and where these come in',
  description:
    "Asks apt of this machine about each published image (or the local one), with the image's own sources, keys, pins and holds, and never its apt.conf. Where the answer could be wrong, an image is unknown, with the reason. Only Debian packages are looked at: images that fetch something else are marked.",
  words: imageWords,
  options: [
    { flags: '--json', help: 'for programs (doc/outdated.schema.json)' },
    { flags: '--security', help: 'only what an archive labelled Debian-Security has' },
    {
      flags: '--package <NAME>',
      help: 'only this binary package; may be repeated',
      repeatable: true,
    },
    {
      flags: '--cve <FILE|URL>',
      help: "only what fixes a vulnerability, by the JSON of Debian's security tracker",
    },
    {
      flags: '--exit-code',
      help: 'exit with 1 when an image is outdated, and with 3 when one is unknown',
    },
    {
      flags: '--apt-auth <FILE>',
      help: 'logins of private archives, as in apt_auth.conf(5)',
    },
    {
      flags: '--platform <PLATFORM>',
      help: 'which image of an index, such as linux/arm64 (default: for this machine)',
    },
    {
      flags: '--metrics <FILE>',
      help: 'write the figures for the textfile collector of node_exporter',
    },
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake outdated', 'what a rebuild would bring, and where to begin'],
    ['generate-bake outdated --security --exit-code', 'in a nightly job'],
    ['generate-bake outdated --package openssl --package libssl3', 'who has an old one'],
  ],
  read(parsed) {
    const packages = parsed.list('package');
    const odd = packages.find((name) => !/^[a-z0-9][a-z0-9+.-]*$/.test(name));
    if (odd !== undefined) {
      throw new UsageError(`"${odd}" is not the name of a package`, 'write one as libssl3');
    }
    const platform = parsed.text('platform');
    if (platform !== undefined && parsePlatform(platform) === undefined) {
      throw new UsageError(`"${platform}" is not a platform`, 'write one as linux/arm64');
    }
    const cve = parsed.text('cve');
    const aptAuth = parsed.text('apt-auth');
    const metricsFile = parsed.text('metrics');
    return {
      ...readCompileLine(parsed),
      credentials: readCredentialUse(parsed),
      json: parsed.flag('json'),
      security: parsed.flag('security'),
      packages,
      exitCode: parsed.flag('exit-code'),
      ...(cve === undefined ? {} : { cve }),
      ...(aptAuth === undefined ? {} : { aptAuth }),
      ...(platform === undefined ? {} : { platform }),
      ...(metricsFile === undefined ? {} : { metricsFile }),
    };
  },
};
