import { type Docker, type DockerOutcome, runDocker } from './docker.js';

/** A bake file as bake itself understands it: functions called, matrices and groups expanded. */
export interface PrintedBake {
  /** What `bake --print` gives: JSON. */
  readonly text: string;
  /** Variables with the values that they had; absent where buildx is too old to list them. */
  readonly variables?: readonly BakeVariable[];
  /** Whether these are all targets; else those of the default group, since buildx is too old. */
  readonly isAll: boolean;
  /** Whether secrets are missing in it, since their files are not there. */
  readonly withoutSecrets: boolean;
}

interface BakeVariable {
  readonly name: string;
  readonly value: string;
}

/** The one secret of every target where those of the file cannot be printed. */
export const missingSecret = 'generate-bake-missing';

const options = {
  timeoutMs: 60_000,
  env: { BUILDX_GIT_INFO: '0' },
};

/**
 * Has bake read files (its own default ones, where none is named) and print all their targets.
 * Nothing is built, and no file is written: `--print` alone would empty the files that outputs name.
 */
export async function printBake(
  docker: Docker,
  files: readonly string[],
): Promise<DockerOutcome<PrintedBake>> {
  const named = files.flatMap((file) => ['--file', file]);
  const list = async (what: string) => {
    const args = ['buildx', 'bake', ...named, `--list=type=${what},format=json`];
    const listed = await runDocker(docker, args, options);
    return listed.kind === 'done' ? readList(listed.value) : undefined;
  };
  const targets = (await list('targets'))?.flatMap(({ name, group }) =>
    typeof name === 'string' && group !== true ? [name] : [],
  );
  const variables = await list('variables');
  if (targets?.length === 0) {
    // Settings for no target are an error of bake's.
    const nothing = { text: '{"target": {}}', isAll: true, withoutSecrets: false };
    return { kind: 'done', value: nothing };
  }
  const print = (...settings: string[]) =>
    runDocker(
      docker,
      [
        ...['buildx', 'bake', ...named, '--print', '--set', '*.output=type=cacheonly'],
        ...settings,
        ...(targets ?? []),
      ],
      options,
    );
  let printed = await print();
  // bake looks for the files of secrets even where it only prints.
  const withoutSecrets = printed.kind === 'failed' && /failed to stat/.test(printed.message);
  if (withoutSecrets) {
    printed = await print('--set', `*.secrets=id=${missingSecret},env=NONE`);
  }
  if (printed.kind === 'failed') {
    return printed;
  }
  const value: PrintedBake = {
    text: printed.value,
    ...(variables === undefined ? {} : { variables: variables.flatMap(variableOf) }),
    isAll: targets !== undefined,
    withoutSecrets,
  };
  return { kind: 'done', value };
}

type Listed = Readonly<Record<string, unknown>>;

function readList(text: string): readonly Listed[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

function variableOf({ name, value }: Listed): BakeVariable[] {
  return typeof name === 'string' ? [{ name, value: String(value ?? '') }] : [];
}
