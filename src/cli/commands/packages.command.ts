import type { CredentialUse } from '#adapters/registry/credentials.js';
import type { Relations } from '#formats/debian/relation.js';
import { readRelations } from '#formats/debian/relation.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { readAge } from '../line/age.js';
import { type ClusterInput, readClusters } from '../line/clusters.js';
import {
  type CompileLine,
  compileOptions,
  credentialOptions,
  imageWords,
  readCompileLine,
  readCredentialUse,
} from '../line/options.js';
import { type CommandSpec, type Parsed, UsageError } from '../line/spec.js';
import type { DebMonitorInput } from '../sendToDebMonitor.js';

export interface PackagesInput extends CompileLine {
  readonly credentials: CredentialUse;
  readonly form: 'text' | 'json' | 'cyclonedx' | 'debmonitor';
  /** As written; absent: stdout. */
  readonly output?: string;
  readonly looked: 'current' | 'latest' | 'all-tags' | 'running';
  /** What says what runs; empty where that is not looked at. */
  readonly clusters: readonly ClusterInput[];
  /** Registries beside those of the trees that may be asked about what runs, as written. */
  readonly registries: readonly string[];
  /** In milliseconds; absent: of any age. */
  readonly youngerMs?: number;
  /** Absent: every package is listed. */
  readonly contains?: { readonly text: string; readonly relations: Relations };
  /** Where the packages are sent. */
  readonly debmonitor?: DebMonitorInput;
  /** Exit status 1 where an image has what was asked for. */
  readonly exitCode: boolean;
  /** As written; absent: this machine's where there is such an image. */
  readonly platform?: string;
}

export const spec: CommandSpec<PackagesInput> = {
  name: 'packages',
  summary: 'list the Debian packages of images, without pulling them',
  description:
    "Reads dpkg's database out of published images, and of local ones where they are not published. Each layer is read once on a machine. What is installed without a package is not seen: images whose Dockerfiles fetch something beside apt are marked.",
  words: imageWords,
  options: [
    { flags: '--json', help: 'for programs (doc/packages.schema.json)', conflicts: ['cyclonedx'] },
    { flags: '--cyclonedx', help: 'one image as a CycloneDX 1.6 bill of its Debian packages' },
    { flags: '-o, --output <FILE>', help: 'with --cyclonedx: write to FILE, not to stdout' },
    {
      flags: '--contains <RELATION>',
      help: "only images that have these: 'liblzma5 (<< 5.6.2)', 'a, b | c'; compared as dpkg does",
      conflicts: ['cyclonedx'],
    },
    {
      flags: '--debmonitor <URL>',
      help: 'send the packages of published images to this DebMonitor server, not to stdout',
      conflicts: ['json', 'cyclonedx', 'contains'],
    },
    { flags: '--cert <FILE>', help: 'with --debmonitor: the client certificate, in PEM' },
    { flags: '--key <FILE>', help: 'with --debmonitor: its key, in PEM' },
    { flags: '--exit-code', help: 'with --contains: exit with 1 when an image has them' },
    {
      flags: '--latest',
      help: 'look at what latest is at, not at the version of the definition',
      conflicts: ['all-tags'],
    },
    { flags: '--all-tags', help: 'look at everything that is published of the images' },
    {
      flags: '--running <FILE>',
      help: 'with --contains: look at what runs, as the command running reads it: [NAME=]FILE; may be repeated',
      repeatable: true,
      conflicts: ['latest', 'all-tags', 'cyclonedx', 'debmonitor'],
    },
    {
      flags: '--registry <HOST>',
      help: 'with --running: also ask this registry about images that no tree defines; may be repeated',
      repeatable: true,
    },
    {
      flags: '--younger <AGE>',
      help: 'with --all-tags: only images made within this time: 12h, 90d',
    },
    {
      flags: '--platform <PLATFORM>',
      help: 'which image of an index, such as linux/arm64 (default: for this machine)',
    },
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake packages nodejs', 'the packages of one image'],
    ["generate-bake packages --contains 'liblzma5 (<< 5.6.2)'", 'which images have a version'],
    [
      "generate-bake packages --contains 'openssl (<< 3.0.17)' --all-tags --younger 90d",
      'and which of their older versions',
    ],
    [
      "kubectl get pods -A -o json | generate-bake packages --contains 'openssl (<< 3.0.17)' --running -",
      'and what runs',
    ],
    ['generate-bake packages nodejs --cyclonedx -o nodejs.cdx.json', 'for a scanner'],
  ],
  read(parsed) {
    const output = parsed.text('output');
    const isBill = parsed.flag('cyclonedx');
    const allTags = parsed.flag('all-tags');
    const youngerMs = readAge(parsed, 'younger');
    const contains = readContains(parsed);
    const platform = parsed.text('platform');
    needs(output === undefined || isBill, '--output', '--cyclonedx');
    needs(youngerMs === undefined || allTags, '--younger', '--all-tags');
    needs(!parsed.flag('exit-code') || contains !== undefined, '--exit-code', '--contains');
    if (isBill && allTags) {
      const hint = 'leave out --all-tags, and name one image';
      throw new UsageError('--cyclonedx is of one image', hint);
    }
    if (platform !== undefined && parsePlatform(platform) === undefined) {
      throw new UsageError(`"${platform}" is not a platform`, 'write one as linux/arm64');
    }
    const debmonitor = readDebMonitor(parsed);
    const clusters = readClusters(parsed.list('running'));
    const registries = parsed.list('registry');
    needs(clusters.length === 0 || contains !== undefined, '--running', '--contains');
    needs(registries.length === 0 || clusters.length > 0, '--registry', '--running');
    return {
      ...readCompileLine(parsed),
      credentials: readCredentialUse(parsed),
      form: formOf(parsed),
      ...(debmonitor === undefined ? {} : { debmonitor }),
      ...(output === undefined ? {} : { output }),
      looked: lookedOf(parsed),
      clusters,
      registries,
      ...(youngerMs === undefined ? {} : { youngerMs }),
      ...(contains === undefined ? {} : { contains }),
      exitCode: parsed.flag('exit-code'),
      ...(platform === undefined ? {} : { platform }),
    };
  },
};

function lookedOf(parsed: Parsed): PackagesInput['looked'] {
  if (parsed.list('running').length > 0) {
    return 'running';
  }
  return parsed.flag('all-tags') ? 'all-tags' : parsed.flag('latest') ? 'latest' : 'current';
}

function needs(isFine: boolean, option: string, other: string): void {
  if (!isFine) {
    throw new UsageError(`${option} needs ${other}`, `add ${other}, or leave out ${option}`);
  }
}

function readContains(parsed: Parsed): PackagesInput['contains'] {
  const text = parsed.text('contains');
  if (text === undefined) {
    return undefined;
  }
  const reading = readRelations(text);
  if (reading.kind === 'wrong') {
    const { problem, hint } = reading;
    throw new UsageError(`--contains "${text}" ${problem.message}`, hint);
  }
  return { text, relations: reading.relations };
}

function formOf(parsed: Parsed): PackagesInput['form'] {
  if (parsed.text('debmonitor') !== undefined) {
    return 'debmonitor';
  }
  return parsed.flag('cyclonedx') ? 'cyclonedx' : parsed.flag('json') ? 'json' : 'text';
}

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

function readDebMonitor(parsed: Parsed): DebMonitorInput | undefined {
  const text = parsed.text('debmonitor');
  const cert = parsed.text('cert');
  const key = parsed.text('key');
  needs(text !== undefined || cert === undefined, '--cert', '--debmonitor');
  needs(text !== undefined || key === undefined, '--key', '--debmonitor');
  needs(cert === undefined || key !== undefined, '--cert', '--key');
  needs(key === undefined || cert !== undefined, '--key', '--cert');
  if (text === undefined) {
    return undefined;
  }
  const hint = 'write it as https://debmonitor.example.org';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    throw new UsageError(
      '--debmonitor has a user or a password in its URL',
      'use --cert and --key',
    );
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search + url.hash !== '') {
    throw new UsageError(`--debmonitor takes a URL, not "${text}"`, hint);
  }
  if (url.protocol === 'http:' && !loopback.test(url.hostname)) {
    const why = `--debmonitor ${text} is without TLS, which only this machine may be`;
    throw new UsageError(why, hint);
  }
  return { url, ...(cert === undefined || key === undefined ? {} : { client: { cert, key } }) };
}
