import type { CredentialUse } from '#adapters/registry/credentials.js';
import { type StatusColumn, statusColumns, type TableView } from '../columns.js';
import { columnOptions, readTableView } from '../line/columns.js';
import {
  type CompileLine,
  changeOptions,
  credentialOptions,
  imageWords,
  readChangeLine,
  readCredentialUse,
  reportOption,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface StatusInput extends CompileLine, TableView<StatusColumn> {
  readonly credentials: CredentialUse;
  readonly pull: boolean;
  readonly json: boolean;
  /** Images that need nothing are shown too. */
  readonly everything: boolean;
  /** Exit status 1 when something would be built or published, or has drifted. */
  readonly exitCode: boolean;
  /** Reports of earlier builds, as named. */
  readonly reports: readonly string[];
}

export const spec: CommandSpec<StatusInput> = {
  name: 'status',
  summary: 'show what is to be done, and why; with --all the state of every image',
  words: imageWords,
  options: [
    { flags: '--all', help: 'show images that need nothing too' },
    { flags: '--json', help: 'every image, for programs (doc/status.schema.json)' },
    ...columnOptions(statusColumns, ['json']),
    {
      flags: '--exit-code',
      help: 'exit with 1 when something is to be done or has drifted, for cron',
    },
    reportOption('--json tells which images failed in that run'),
    { flags: '--no-pull', help: 'as build --no-pull would see it', dockerPkg: true },
    ...credentialOptions,
    ...changeOptions,
  ],
  examples: [
    ['generate-bake status -c config.yaml images', 'what is to be done, and why'],
    ['generate-bake status --all images', 'every image with its state'],
    ['generate-bake status --all --columns image,size,own --sort own', 'what is large'],
    ['generate-bake status golang1.24', 'one image: an image that is named is always shown'],
    ['generate-bake status --since', 'what a build of this change would do'],
  ],
  read: (parsed) => ({
    ...readChangeLine(parsed),
    ...readTableView(parsed, statusColumns),
    credentials: readCredentialUse(parsed),
    pull: !parsed.flag('no-pull'),
    json: parsed.flag('json'),
    everything: parsed.flag('all'),
    exitCode: parsed.flag('exit-code'),
    reports: parsed.list('report'),
  }),
};
