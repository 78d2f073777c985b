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

export interface ImpactInput extends CompileLine {
  readonly credentials: CredentialUse;
  readonly json: boolean;
  /** Reports of earlier builds, as named. */
  readonly reports: readonly string[];
}

export const spec: CommandSpec<ImpactInput> = {
  name: 'impact',
  summary: 'show what is built on images: in levels, with state, owner and last duration',
  words: imageWords,
  options: [
    { flags: '--json', help: 'for programs (doc/impact.schema.json)' },
    reportOption('how long images took'),
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake impact golang1.24', 'whom a change of one image reaches'],
    ['generate-bake impact --report report.json base', 'and how long they took last time'],
  ],
  read(parsed) {
    const line = readCompileLine(parsed);
    if (line.trees.directories.length === 0 && line.selection.select.length === 0) {
      throw new UsageError('impact needs an image', 'name images, or select some with --select');
    }
    return {
      ...line,
      credentials: readCredentialUse(parsed),
      json: parsed.flag('json'),
      reports: parsed.list('report'),
    };
  },
};
