import { type CiSystem, ciSystems } from '#upkeep/init/pipeline.js';
import { outputOptions } from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface InitInput {
  readonly directory: string;
  /** Only the pipeline of this CI system is made. */
  readonly ci?: CiSystem;
  /** It is printed, not written. */
  readonly isPrinted: boolean;
}

export const spec: CommandSpec<InitInput> = {
  name: 'init',
  summary: 'make a small repository, or describe one that has Dockerfiles',
  description:
    'In a directory that is absent or empty: makes a small working repository. In one that has Dockerfiles: says what it finds, prints how the images would be linked, and writes a short generate-bake.toml.',
  words: [['[DIR]', 'the directory (default: this one)']],
  options: [
    {
      flags: '--ci <SYSTEM>',
      help: 'write a pipeline that checks, builds, publishes and upgrades the images of a repository (doc/ci.md)',
      choices: ciSystems,
    },
    { flags: '--print', help: 'with --ci: print it, and write nothing' },
    ...outputOptions,
  ],
  examples: [
    [
      'generate-bake init sample && cd sample && generate-bake list images',
      'make one and look at its images',
    ],
    ['generate-bake init', 'begin with the Dockerfiles that are here'],
    [
      'generate-bake init --ci github',
      'a workflow of GitHub Actions for the images of this repository',
    ],
    ['generate-bake init --ci gitlab --print', 'a pipeline of GitLab, to be put into another one'],
  ],
  read(parsed) {
    const ci = ciSystems.find((one) => one === parsed.text('ci'));
    const isPrinted = parsed.flag('print');
    if (isPrinted && ci === undefined) {
      throw new UsageError('--print is for --ci');
    }
    return { directory: parsed.words[0] ?? '.', isPrinted, ...(ci === undefined ? {} : { ci }) };
  },
};
