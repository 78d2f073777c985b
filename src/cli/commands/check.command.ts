import { type Linter, linters } from '#core/diagnostics/rules.js';
import { type CompileLine, changeOptions, imageWords, readChangeLine } from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

const formats = ['text', 'json', 'sarif', 'github', 'gitlab'] as const;
export type CheckFormat = (typeof formats)[number];

export interface CheckInput extends CompileLine {
  readonly format: CheckFormat;
  readonly failOnWarnings: boolean;
  /** Programs of others that are asked too, each once. */
  readonly with: readonly Linter[];
  /** The revision whose policy counts; absent: that of the work tree. */
  readonly policyFrom?: string;
}

export const spec: CommandSpec<CheckInput> = {
  name: 'check',
  summary: 'say everything that is wrong or doubtful with the definitions',
  description:
    'Reads files alone: runs nothing of the tree, asks no registry. Exits with 1 if there is an error, with 3 if a ' +
    'program of --with cannot be used. ' +
    'With --since only the images that a change touches are reported, and those that it changes without a new version. ' +
    'The rules and their levels: doc/check.md.',
  words: imageWords,
  options: [
    {
      flags: '--format <FORMAT>',
      help:
        'text on stderr, or on stdout json (doc/check.schema.json), sarif (2.1.0), github ' +
        '(annotations of Actions) or gitlab (Code Quality)',
      choices: formats,
    },
    { flags: '--fail-on-warnings', help: 'exit with 1 for warnings too' },
    {
      flags: '--with <LINTER>',
      help:
        'also ask hadolint, or buildkit: the checks of `docker buildx build`, which executes nothing and ' +
        'looks no image up; may be repeated',
      choices: linters,
      repeatable: true,
    },
    {
      flags: '--policy-from <REV>',
      help: 'take the policy, with its exceptions and levels, from the workspace file of this git revision: a change does not approve itself',
    },
    ...changeOptions,
  ],
  examples: [
    ['generate-bake check', 'what other commands fold into one line'],
    ['generate-bake check golang --with-children', 'a part of the fleet'],
    ['generate-bake check --since', 'what this branch changes, and whether it needs new versions'],
    ['generate-bake check --since --format github', 'annotations of a pull request, in Actions'],
    ['generate-bake check --format gitlab >gl-code-quality.json', 'for a merge request of GitLab'],
    [
      'generate-bake check --since --with hadolint --with buildkit',
      'what others know of Dockerfiles too',
    ],
    [
      'generate-bake check --since --policy-from origin/main',
      'by the policy of the branch that a change is for',
    ],
    ['generate-bake check --format sarif >check.sarif', 'for code scanning'],
  ],
  read(parsed) {
    const format = formats.find((one) => one === parsed.text('format')) ?? 'text';
    const failOnWarnings = parsed.flag('fail-on-warnings');
    const asked = parsed.list('with');
    const policyFrom = parsed.text('policy-from');
    if (policyFrom === '') {
      throw new UsageError('empty --policy-from', 'name a branch, tag or commit');
    }
    return {
      ...readChangeLine(parsed),
      ...{ format, failOnWarnings },
      ...(policyFrom === undefined ? {} : { policyFrom }),
      with: linters.filter((one) => asked.includes(one)),
    };
  },
};
