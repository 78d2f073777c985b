import { didYouMean } from '#core/text/suggest.js';
import { outputOptions, readVariables, variableOption } from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export type ImportInput =
  | (Force & { readonly kind: 'stages' | 'docker-pkg'; readonly directory: string })
  /** No file: bake's own default ones. */
  | (Force & {
      readonly kind: 'bake' | 'compose';
      readonly files: readonly string[];
      /** Names of environment variables that the files may read. */
      readonly allowed: readonly string[];
    });

interface Force {
  /** Replace a workspace file that is there. */
  readonly force: boolean;
}

const kinds = ['bake', 'compose', 'docker-pkg', 'stages'] as const;

export const spec: CommandSpec<ImportInput> = {
  name: 'import',
  summary: 'write generate-bake.toml for a repository of another tool',
  description: `bake [FILE...]    the targets of a bake file (needs docker buildx)
compose [FILE]    the services of a compose file (needs docker buildx)
docker-pkg [DIR]  a repository with config.yaml and config-*.yaml
stages DIR        Dockerfile.<stage> files with a vars file and a build script

Says what it recognised, and what a person has to look at. Plain Dockerfiles need no import: generate-bake init.`,
  words: [
    ['<KIND>', 'bake, compose, docker-pkg or stages', kinds],
    ['[PATH...]', 'the files, or the repository'],
  ],
  options: [
    { flags: '--force', help: 'replace what is there' },
    { ...variableOption, help: 'let a bake or compose file read this variable; may be repeated' },
    ...outputOptions,
  ],
  examples: [
    ['generate-bake import bake docker-bake.hcl', 'then: generate-bake list --tree'],
    ['generate-bake import stages base-images', 'then: cd base-images && generate-bake list'],
  ],
  read(parsed) {
    const [kind = '', ...paths] = parsed.words;
    const force = parsed.flag('force');
    if (kind === 'dockerfiles' || kind === 'dockerfile') {
      throw new UsageError(
        'plain Dockerfiles are found without an import',
        'generate-bake list shows them; generate-bake init writes what it found',
      );
    }
    const known = kinds.find((each) => each === kind);
    if (known === undefined) {
      throw new UsageError(
        `import: unknown kind "${kind}" (known: ${kinds.join(', ')})`,
        didYouMean(kind, kinds) ??
          'for example: generate-bake import bake; plain Dockerfiles need none: generate-bake init',
      );
    }
    if (paths.includes('')) {
      throw new UsageError('empty path argument', 'write . for the working directory');
    }
    if (known === 'bake' || known === 'compose') {
      if (known === 'compose' && paths.length > 1) {
        throw new UsageError(
          'import compose takes one file',
          'import several with: generate-bake import bake FILE FILE',
        );
      }
      return { kind: known, files: paths, force, allowed: readVariables(parsed) };
    }
    const [directory, ...more] = paths;
    if (more.length > 0 || (known === 'stages' && directory === undefined)) {
      throw new UsageError(
        `import ${known} takes one directory`,
        `for example: generate-bake import ${known} .`,
      );
    }
    return { kind: known, directory: directory ?? '.', force };
  },
};
