import {
  type CompileLine,
  changeOptions,
  imageWords,
  readChangeLine,
  strictOption,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface RenderInput extends CompileLine {
  /** Anything broken among what is selected is an error of the whole. */
  readonly strict: boolean;
  /** The directory for the Dockerfiles. At least one of this and `diff` is there. */
  readonly output?: string;
  /** A directory of Dockerfiles, a log of docker-pkg or a git revision to compare with. */
  readonly diff?: string;
}

export const spec: CommandSpec<RenderInput> = {
  name: 'render',
  summary: 'write the rendered Dockerfiles, or compare them with others',
  description:
    'Writes OUT/<tree>/<name with / as ->.Dockerfile, byte for byte what docker-pkg would build.\nExit status 1: --diff found a difference.',
  words: imageWords,
  options: [
    { flags: '-o, --output <OUT>', help: 'directory to write to' },
    {
      flags: '--diff <DIR|LOG|REVISION>',
      help: 'unified diffs against a directory of Dockerfiles that `render` wrote, the log of docker-pkg or, if there is no such file, a git revision',
    },
    strictOption,
    ...changeOptions,
  ],
  examples: [
    ['generate-bake render -c config.yaml images -o out', 'every Dockerfile of a tree'],
    ['generate-bake render --diff origin/main', 'what a branch changes, for a review'],
    ['generate-bake render --diff docker-pkg-build.log', 'the proof that a move changes nothing'],
    [
      'generate-bake render --since main --diff main',
      'the Dockerfiles that a change makes different',
    ],
  ],
  read(parsed) {
    const output = parsed.text('output');
    const diff = parsed.text('diff');
    if (output === undefined && diff === undefined) {
      throw new UsageError('render needs -o OUT or --diff DIR|LOG|REVISION');
    }
    return {
      ...readChangeLine(parsed),
      strict: parsed.flag('strict'),
      ...(output === undefined ? {} : { output }),
      ...(diff === undefined ? {} : { diff }),
    };
  },
};
