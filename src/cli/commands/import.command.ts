import { outputOptions } from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export interface ImportInput {
  readonly directory: string;
  /** Replace a workspace file that is there. */
  readonly force: boolean;
}

export const spec: CommandSpec<ImportInput> = {
  name: 'import',
  summary: 'write the workspace file for a repository of another tool',
  description:
    'import stages DIR: for a repository of Dockerfile.<stage> side by side with a vars file and a build script. Writes generate-bake.toml there, and a rootfs.toml where a script runs debootstrap; executes nothing. Says what it recognised, and what a person has to look at.',
  words: [
    ['<KIND>', 'stages'],
    ['<DIR>', 'the repository'],
  ],
  options: [{ flags: '--force', help: 'replace what is there' }, ...outputOptions],
  examples: [
    ['generate-bake import stages base-images', 'then: cd base-images && generate-bake list'],
  ],
  read(parsed) {
    const [kind = '', directory = '', ...more] = parsed.words;
    if (kind !== 'stages') {
      throw new UsageError(`"${kind}" cannot be imported`, 'the kinds are: stages');
    }
    if (directory === '' || more.length > 0) {
      throw new UsageError(
        'import takes a kind and one directory',
        'for example: generate-bake import stages .',
      );
    }
    return { directory, force: parsed.flag('force') };
  },
};
