import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  type CompileLine,
  changeOptions,
  credentialOptions,
  imageWords,
  readChangeLine,
  readCredentialUse,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

const formats = ['text', 'json', 'github', 'gitlab'] as const;
export type MatrixFormat = (typeof formats)[number];

/** So many machines at once are free in most CI systems. */
const usualJobs = 20;

export interface MatrixInput extends CompileLine {
  readonly format: MatrixFormat;
  readonly maxJobs: number;
  /** Where the JSON is written beside; absent: nowhere. */
  readonly output?: string;
  /** A file of durations; absent: that of the state directory. */
  readonly timingsFile?: string;
  readonly credentials: CredentialUse;
  /** Only what registries do not have. */
  readonly unpublished: boolean;
}

export const spec: CommandSpec<MatrixInput> = {
  name: 'matrix',
  summary: 'cut a build into jobs for machines of a CI system',
  description:
    'What is linked stays together, balanced by how long images took; where one job needs the images of another, it is of a later ' +
    'stage. Each is run by `build --job K/N --matrix FILE`, with the JSON of this command as FILE.',
  words: imageWords,
  options: [
    { flags: '--max-jobs <N>', help: `at most N jobs (default: ${usualJobs})`, least: 1 },
    {
      flags: '--format <FORMAT>',
      help:
        'text, json (doc/matrix.schema.json), github (a line for `fromJSON`) or gitlab (a child ' +
        'pipeline)',
      choices: formats,
    },
    {
      flags: '-o, --output <FILE>',
      help: 'also write the JSON to FILE, for build --matrix',
    },
    {
      flags: '--timings <FILE>',
      help: 'how long images take is in FILE, not in the state directory',
    },
    { flags: '--unpublished', help: 'ask the registry, and leave out published images' },
    ...credentialOptions,
    ...changeOptions,
  ],
  examples: [
    ['generate-bake matrix --since --with-children', 'the jobs for what this branch changes'],
    ['generate-bake matrix --max-jobs 8 --output matrix.json', 'also for build --matrix'],
    [
      'generate-bake matrix --unpublished --output matrix.json --format gitlab >child.yml',
      'a child pipeline of what the registry lacks',
    ],
  ],
  read(parsed) {
    const format = formats.find((one) => one === parsed.text('format')) ?? 'text';
    const timingsFile = parsed.text('timings');
    const output = parsed.text('output');
    const unpublished = parsed.flag('unpublished');
    const line = readChangeLine(parsed);
    if (line.dating !== 'none') {
      throw new UsageError(
        '--nightly and --snapshot have another version in each job: set it in the changelogs',
      );
    }
    return {
      ...line,
      format,
      maxJobs: parsed.number('max-jobs') ?? usualJobs,
      ...(output === undefined ? {} : { output }),
      ...(timingsFile === undefined ? {} : { timingsFile }),
      credentials: readCredentialUse(parsed),
      unpublished,
    };
  },
};
