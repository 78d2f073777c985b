import { outputOptions, readTrees, type TreesInput, treeOptions } from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

const formats = ['kubernetes'] as const;
const actions = ['deny', 'warn', 'audit'] as const;

export interface PolicyLine {
  readonly trees: TreesInput;
  /** What Kubernetes does about what is not allowed. */
  readonly action: (typeof actions)[number];
  /** Namespaces in which anything may run. */
  readonly excluded: readonly string[];
}

export const spec: CommandSpec<PolicyLine> = {
  name: 'policy',
  summary:
    'print the policy of the workspace file for another program: as admission policies of Kubernetes',
  description:
    'Prints a ValidatingAdmissionPolicy with its binding for pods, for what makes pods, and for cron jobs (Kubernetes 1.30 or newer). They ' +
    'refuse images of registries that are not allowed, and base images. Reads files alone. What they have of it: doc/policy.md.',
  words: [],
  options: [
    { flags: '--format <FORMAT>', help: 'kubernetes', choices: formats },
    {
      flags: '--action <ACTION>',
      help: 'what becomes of what is not allowed: deny (the default), warn or audit',
      choices: actions,
    },
    {
      flags: '--exclude-namespace <NAME>',
      help: 'anything may run in this namespace; may be repeated',
      repeatable: true,
    },
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    [
      'generate-bake policy --format kubernetes --action warn > images.yaml',
      'to see what it would refuse',
    ],
    [
      'generate-bake policy --format kubernetes --exclude-namespace kube-system',
      'all but what the cluster itself runs',
    ],
  ],
  read(parsed) {
    if (parsed.text('format') === undefined) {
      throw new UsageError('no --format', 'write --format kubernetes');
    }
    const excluded = parsed.list('exclude-namespace');
    const wrong = excluded.find((name) => !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
    if (wrong !== undefined) {
      throw new UsageError(`--exclude-namespace: "${wrong}" is not the name of a namespace`);
    }
    return {
      trees: readTrees(parsed, []),
      action: actions.find((one) => one === parsed.text('action')) ?? 'deny',
      excluded: [...new Set(excluded)],
    };
  },
};
