import { outputOptions } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface VersionInput {
  readonly json: boolean;
}

export const spec: CommandSpec<VersionInput> = {
  name: 'version',
  summary: 'show the versions of generate-bake, Node.js, docker, its engine and buildx',
  words: [],
  options: [{ flags: '--json', help: 'for programs' }, ...outputOptions],
  examples: [['generate-bake version', 'what to put into a bug report']],
  read: (parsed) => ({ json: parsed.flag('json') }),
};
