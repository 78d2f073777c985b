import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  type CompileLine,
  compileOptions,
  credentialOptions,
  imageWords,
  readCompileLine,
  readCredentialUse,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface StatusInput extends CompileLine {
  readonly credentials: CredentialUse;
  readonly pull: boolean;
  readonly json: boolean;
  /** Exit status 1 when something would be built or published, or has drifted. */
  readonly exitCode: boolean;
}

export const spec: CommandSpec<StatusInput> = {
  name: 'status',
  summary: 'show what is published, owed, local, absent or drifted, and what build would do',
  words: imageWords,
  options: [
    { flags: '--json', help: 'for programs' },
    {
      flags: '--exit-code',
      help: 'exit with 1 when something is to be done or has drifted, for cron',
    },
    { flags: '--no-pull', help: 'as build --no-pull would see it', dockerPkg: true },
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [['generate-bake status -c config.yaml images', 'every image with its state and why']],
  read: (parsed) => ({
    ...readCompileLine(parsed),
    credentials: readCredentialUse(parsed),
    pull: !parsed.flag('no-pull'),
    json: parsed.flag('json'),
    exitCode: parsed.flag('exit-code'),
  }),
};
