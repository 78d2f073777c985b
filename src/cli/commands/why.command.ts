import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  type CompileLine,
  compileOptions,
  credentialOptions,
  imageWords,
  readCompileLine,
  readCredentialUse,
  reportOption,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface WhyInput extends CompileLine {
  readonly credentials: CredentialUse;
  readonly json: boolean;
  /** Reports of earlier builds, as named. */
  readonly reports: readonly string[];
}

export const spec: CommandSpec<WhyInput> = {
  name: 'why',
  summary: 'explain why images are built, kept or stopped, and what changed in those that drifted',
  description:
    'What changed since an image, or an earlier version of it, was published is found by compiling the commits that touched what it is made of, the newest first, until one has the published definition: at most 200.',
  words: imageWords,
  options: [
    { flags: '--json', help: 'for programs (doc/why.schema.json)' },
    reportOption('its commit is looked at first'),
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake why golang1.24', 'one image, with the chain of its parents'],
    [
      'generate-bake why --json istio/pilot | jq ".images[].evidence"',
      'what changed, for programs',
    ],
  ],
  read(parsed) {
    const line = readCompileLine(parsed);
    if (line.trees.directories.length === 0 && line.selection.select.length === 0) {
      throw new UsageError('why needs an image', 'name images, or select some with --select');
    }
    return {
      ...line,
      credentials: readCredentialUse(parsed),
      json: parsed.flag('json'),
      reports: parsed.list('report'),
    };
  },
};
