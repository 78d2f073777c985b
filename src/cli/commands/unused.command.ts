import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  type CompileLine,
  compileOptions,
  credentialOptions,
  imageWords,
  readCompileLine,
  readCredentialUse,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface UnusedInput extends CompileLine {
  readonly credentials: CredentialUse;
  readonly json: boolean;
  /** What is searched for references, as written. */
  readonly paths: readonly string[];
}

export const spec: CommandSpec<UnusedInput> = {
  name: 'unused',
  summary: 'show images that nothing in the trees is built on, and no file refers to',
  description:
    'Without --references no file is searched: then images without a child are shown, and none is said to be unused. What is published may be used by whatever is not searched. Nothing is removed.',
  words: imageWords,
  options: [
    {
      flags: '--references <PATH>',
      help: 'search this folder or file for references, as the command references does; may be repeated',
      repeatable: true,
    },
    { flags: '--json', help: 'for programs (doc/unused.schema.json)' },
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake unused --references ../deployment-charts', 'what nobody deploys or builds on'],
    ["generate-bake unused 'golang*' --references ../charts --references ../puppet", 'of these'],
  ],
  read(parsed) {
    const paths = parsed.list('references');
    if (paths.includes('')) {
      throw new UsageError('--references takes a path', 'write . for the working directory');
    }
    return {
      ...readCompileLine(parsed),
      credentials: readCredentialUse(parsed),
      json: parsed.flag('json'),
      paths,
    };
  },
};
