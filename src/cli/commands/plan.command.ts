import type { CredentialUse } from '#adapters/registry/credentials.js';
import { usualWaveSize } from '#compiler/plan/limits.js';
import type { SecretSources } from '#compiler/plan/options.js';
import {
  type CompileLine,
  changeOptions,
  credentialOptions,
  imageWords,
  readChangeLine,
  readCredentialUse,
  strictOption,
} from '../line/options.js';
import { readSecretSources, secretOptions } from '../line/secretOptions.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface PlanInput extends CompileLine {
  /** Anything broken among what is selected is an error of the whole. */
  readonly strict: boolean;
  readonly credentials: CredentialUse;
  /** Absent: stdout. */
  readonly output?: string;
  readonly format: 'json' | 'hcl';
  readonly unpublished: boolean;
  /** With `unpublished`: also the versions that the registry has lost. */
  readonly rebuildLost: boolean;
  /** Whether a plan of nothing has an exit status of its own. */
  readonly exitCode: boolean;
  /** Empty where none is given; absent with --use-cache. */
  readonly rebuildKey?: string;
  /** 0: no waves. */
  readonly waveSize: number;
  /** The directory for one plan per wave. */
  readonly splitWaves?: string;
  readonly pull: boolean;
  /** Whether bake is to write caches. */
  readonly cacheWrite: boolean;
  /** Where bake is to find secrets. */
  readonly sources: SecretSources;
}

export const spec: CommandSpec<PlanInput> = {
  name: 'plan',
  summary: 'print the plan for docker buildx bake (also without a command)',
  words: imageWords,
  options: [
    { flags: '-o, --output <FILE>', help: 'write the plan to FILE, not to stdout' },
    {
      flags: '--format <FORMAT>',
      help: 'json or hcl (default: json, or hcl for a FILE of that ending)',
      choices: ['json', 'hcl'],
    },
    {
      flags: '--split-waves <DIR>',
      help: 'write one self-contained plan per wave to DIR',
      conflicts: ['output'],
    },
    {
      flags: '--wave-size <N>',
      help: `at most N targets in a wave, 0 for no waves (default: ${usualWaveSize})`,
      least: 0,
    },
    { flags: '--unpublished', help: 'ask the registry, and leave out published images' },
    { flags: '--rebuild-lost', help: 'with --unpublished: also what the registry has lost' },
    { flags: '--exit-code', help: 'with --unpublished: end with 4 if there is nothing to build' },
    {
      flags: '--rebuild-key <TEXT>',
      help: 'rebuild key: a different value re-runs cached steps (default: none)',
      conflicts: ['use-cache'],
    },
    { flags: '--use-cache', help: 'reuse cached steps, even for new versions', dockerPkg: true },
    { flags: '--cache-write', help: 'have bake write the caches of images (see `cache`)' },
    { flags: '--pull', help: 'have bake pull the bases (breaks bases that exist only locally)' },
    ...secretOptions('Secrets:'),
    ...credentialOptions,
    strictOption,
    ...changeOptions,
  ],
  examples: [
    ['generate-bake -c config.yaml images > bake.json', 'the plan of one tree'],
    [
      "generate-bake plan --select '*golang*' --with-children -o bake.hcl",
      'a part of a workspace, to read',
    ],
    ['docker buildx bake -f bake.json wave-001', 'build its first wave'],
    ['generate-bake plan --since v1.2 -o plan.json', 'what is not as in a tag'],
  ],
  read(parsed) {
    if (parsed.flag('exit-code') && !parsed.flag('unpublished')) {
      throw new UsageError(
        '--exit-code needs --unpublished: without it the plan has every image',
        'add --unpublished',
      );
    }
    if (parsed.flag('rebuild-lost') && !parsed.flag('unpublished')) {
      throw new UsageError(
        '--rebuild-lost needs --unpublished: without it the plan has every image',
        'add --unpublished',
      );
    }
    const output = parsed.text('output');
    const splitWaves = parsed.text('split-waves');
    const format = parsed.text('format') ?? (output?.endsWith('.hcl') ? 'hcl' : 'json');
    return {
      ...readChangeLine(parsed),
      strict: parsed.flag('strict'),
      credentials: readCredentialUse(parsed),
      ...(output === undefined || output === '-' ? {} : { output }),
      format: format === 'hcl' ? 'hcl' : 'json',
      unpublished: parsed.flag('unpublished'),
      rebuildLost: parsed.flag('rebuild-lost'),
      exitCode: parsed.flag('exit-code'),
      ...(parsed.flag('use-cache') ? {} : { rebuildKey: parsed.text('rebuild-key') ?? '' }),
      waveSize: parsed.number('wave-size') ?? usualWaveSize,
      ...(splitWaves === undefined ? {} : { splitWaves }),
      pull: parsed.flag('pull'),
      cacheWrite: parsed.flag('cache-write'),
      sources: readSecretSources(parsed),
    };
  },
};
