import type { CredentialUse } from '#adapters/registry/credentials.js';
import { type RunningColumn, runningPolicyColumns } from '../columns.js';
import { type ClusterInput, readClusters } from '../line/clusters.js';
import { readColumns } from '../line/columns.js';
import {
  credentialOptions,
  outputOptions,
  readCredentialUse,
  readSelection,
  readTrees,
  type SelectionInput,
  selectionOptions,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface RunningLine {
  readonly trees: TreesInput;
  readonly selection: SelectionInput;
  readonly credentials: CredentialUse;
  readonly clusters: readonly ClusterInput[];
  /** Registries beside those of the trees that may be asked, as written. */
  readonly registries: readonly string[];
  /** Packages are read, and apt is asked. */
  readonly packages: boolean;
  /** A file with the logins of archives, as written. */
  readonly aptAuth?: string;
  /** What runs is compared with the policy of the workspace file. */
  readonly policy: boolean;
  readonly json: boolean;
  /** Each workload has a row of its own. */
  readonly all: boolean;
  /** Absent: all of them. */
  readonly columns?: readonly RunningColumn[];
  readonly exitCode: boolean;
}

export const spec: CommandSpec<RunningLine> = {
  name: 'running',
  summary: 'show which of the images run in clusters, and what is to be done about each',
  description:
    'Reads what kubectl prints, compares the digests that run with what registries have, and gives each image one verdict: retired, redeploy, rebuild, restart, unknown, current or foreign. Only the registries of the trees are asked, and those of --registry.',
  words: [
    [
      '<[NAME=]FILE...>',
      'what kubectl get pods -A -o json prints, or lines of REF[@DIGEST] [WHERE]; - for stdin; one for each cluster',
    ],
  ],
  options: [
    {
      flags: '--json',
      help: 'for programs (doc/running.schema.json)',
      conflicts: ['all', 'columns'],
    },
    {
      flags: '--columns <NAMES>',
      help: `these columns, in this order: ${runningPolicyColumns.join(', ')}`,
    },
    { flags: '--all', help: 'a row for each workload' },
    {
      flags: '--exit-code',
      help: 'exit with 1 when something has to be done (with --policy: or breaks it), and with 3 when that is unknown',
    },
    {
      flags: '--policy',
      help: 'also say what the policy of the workspace file does not allow: registries, and base images that are deployed',
    },
    {
      flags: '--registry <HOST>',
      help: 'also ask this registry about images that no tree defines; may be repeated',
      repeatable: true,
    },
    { flags: '--no-packages', help: 'do not look for outdated packages' },
    {
      flags: '--apt-auth <FILE>',
      help: 'logins of private archives, as in apt_auth.conf(5)',
      conflicts: ['no-packages'],
    },
    {
      flags: '--tree <DIR>',
      help: 'directory of image definitions, as other commands take it; may be repeated',
      group: 'Trees:',
      repeatable: true,
    },
    ...credentialOptions,
    ...selectionOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['kubectl get pods -A -o json | generate-bake running -', 'one cluster'],
    ['generate-bake running eqiad=a.json codfw=b.json --exit-code', 'two of them, in a job'],
    ['generate-bake running pods.json --policy --exit-code', 'what runs and must not'],
    ["generate-bake running pods.json --owner '*@example.org' --all", 'workloads of your images'],
  ],
  read(parsed) {
    const aptAuth = parsed.text('apt-auth');
    const columns = readColumns(parsed, runningPolicyColumns);
    const policy = parsed.flag('policy');
    if (columns?.includes('policy') === true && !policy) {
      throw new UsageError('--columns: the column policy needs --policy');
    }
    return {
      trees: readTrees(parsed, parsed.list('tree')),
      selection: readSelection(parsed),
      credentials: readCredentialUse(parsed),
      clusters: readClusters(parsed.words),
      registries: parsed.list('registry'),
      packages: !parsed.flag('no-packages'),
      ...(aptAuth === undefined ? {} : { aptAuth }),
      policy,
      json: parsed.flag('json'),
      all: parsed.flag('all'),
      ...(columns === undefined ? {} : { columns }),
      exitCode: parsed.flag('exit-code'),
    };
  },
};
