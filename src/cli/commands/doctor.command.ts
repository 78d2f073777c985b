import type { CredentialUse } from '#adapters/registry/credentials.js';
import { readBuilders } from '../line/builders.js';
import {
  credentialOptions,
  directoryWords,
  outputOptions,
  readCredentialUse,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface DoctorInput {
  readonly trees: TreesInput;
  readonly credentials: CredentialUse;
  /** Empty: those of the workspace file, else the one that is selected. */
  readonly builders: readonly string[];
  /** Whether registries are asked. */
  readonly registry: boolean;
  readonly json: boolean;
}

export const spec: CommandSpec<DoctorInput> = {
  name: 'doctor',
  summary:
    'check that this machine has what builds of the trees need: engine, programs, registries, disk',
  description:
    'Changes nothing. Ends with 1 where something is missing that a tree needs. Registries are only asked with --registry.',
  words: directoryWords,
  options: [
    { flags: '--registry', help: 'ask the registries too, and compare the clock with theirs' },
    {
      flags: '--builder <NAME>',
      help: 'a docker context or buildx builder, as for build; may be repeated (default: those of the workspace file)',
      repeatable: true,
    },
    { flags: '--json', help: 'for programs (doc/doctor.schema.json)' },
    ...credentialOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake doctor', 'what this machine lacks for the trees here'],
    ['generate-bake doctor --registry', 'and whether their registries answer'],
    [
      'generate-bake doctor --builder near --builder far',
      'and whether two builders can share the work',
    ],
  ],
  read(parsed) {
    return {
      trees: readTrees(parsed),
      credentials: readCredentialUse(parsed),
      builders: readBuilders(parsed),
      registry: parsed.flag('registry'),
      json: parsed.flag('json'),
    };
  },
};
