import { isOption, type ShellProgram, withoutOptions } from '#formats/shell/programs.js';

/** Programs that fetch whatever they are called with; or only with one of these as their first words. */
const fetching: ReadonlyMap<string, true | readonly string[]> = new Map<
  string,
  true | readonly string[]
>([
  ['aria2c', true],
  ['bun', ['install', 'i', 'add', 'update', 'x']],
  ['bundle', ['install', 'update']],
  ['cabal', ['install', 'update', 'fetch']],
  ['cargo', ['install', 'fetch', 'update']],
  ['composer', ['install', 'update', 'require', 'create-project', 'global']],
  ['conda', ['install', 'create', 'update']],
  ['cpan', true],
  ['cpanm', true],
  ['curl', true],
  ['dotnet', ['restore', 'tool install', 'add']],
  ['gem', ['install', 'update', 'fetch']],
  ['git', ['clone', 'fetch', 'pull', 'submodule', 'lfs pull', 'lfs fetch']],
  ['go', ['install', 'get', 'mod download', 'mod tidy', 'mod vendor']],
  ['gradle', true],
  ['gradlew', true],
  ['helm', ['pull', 'fetch']],
  ['hg', ['clone', 'pull']],
  ['lein', true],
  ['luarocks', ['install']],
  ['mamba', ['install', 'create', 'update']],
  ['micromamba', ['install', 'create', 'update']],
  ['mix', ['deps.get', 'archive.install', 'local.hex', 'local.rebar']],
  ['mvn', true],
  ['mvnw', true],
  ['npm', ['install', 'i', 'ci', 'add', 'update', 'exec', 'install-clean']],
  ['npx', true],
  ['opam', ['install', 'update', 'init']],
  ['oras', ['pull']],
  ['pdm', ['install', 'add', 'sync', 'update']],
  ['pear', ['install']],
  ['pecl', ['install']],
  ['pip', ['install', 'download', 'wheel']],
  ['pipenv', ['install', 'sync', 'update']],
  ['pipx', ['install', 'run']],
  ['pnpm', ['install', 'i', 'add', 'dlx', 'update']],
  ['poetry', ['install', 'add', 'update', 'sync']],
  ['rustup', true],
  ['sbt', true],
  ['skopeo', ['copy', 'sync']],
  ['svn', ['checkout', 'co', 'export', 'update']],
  ['uv', ['pip install', 'pip sync', 'tool install', 'sync', 'add', 'run']],
  ['uvx', true],
  ['wget', true],
  ['yarn', ['install', 'add', 'global', 'dlx', 'up']],
]);

/** Those that fetch when they are called without a word. */
const fetchingAlone: ReadonlySet<string> = new Set(['bundle', 'yarn']);

/**
 * Whether a program brings software beside the packages of apt: how a person would name it (`curl`, `pip install`);
 * undefined where it does not.
 */
export function fetchingTool({
  name,
  args,
}: Pick<ShellProgram, 'name' | 'args'>): string | undefined {
  const how = fetching.get(name);
  if (how === undefined || how === true) {
    return how && name;
  }
  const words = withoutOptions(name, args);
  const skipped = args.length - words.length;
  const plain = words.flatMap(({ text }, index) =>
    isOption(text) ? [] : [{ text, mayBeValue: isOption(args[skipped + index - 1]?.text ?? '') }],
  );
  if (plain.length === 0) {
    return fetchingAlone.has(name) ? name : undefined;
  }
  for (const [index, { text, mayBeValue }] of plain.entries()) {
    const sub = how.find((each) => each === text || each === `${text} ${plain[index + 1]?.text}`);
    if (sub !== undefined) {
      return `${name} ${sub}`;
    }
    // `yarn --network-timeout 100000 install`: which options have a value is another table for each program.
    if (!mayBeValue) {
      return undefined;
    }
  }
  return undefined;
}
