import { didYouMean } from '#core/text/suggest.js';
import type { Problem, Source } from './dockerfile.js';
import type { LogicalLines } from './lines.js';
import { type Command, splitCsv, type Word } from './words.js';

type FlagType = 'text' | 'list' | 'boolean';

const health = ['interval', 'timeout', 'start-period', 'start-interval', 'retries'];
const texts = (names: readonly string[]) => names.map((name) => [name, 'text'] as const);
const known: ReadonlyMap<string, ReadonlyMap<string, FlagType>> = new Map([
  ['from', new Map<string, FlagType>(texts(['platform']))],
  [
    'copy',
    new Map<string, FlagType>([
      ...texts(['chown', 'from', 'chmod']),
      ['link', 'boolean'],
      ['parents', 'boolean'],
      ['exclude', 'list'],
    ]),
  ],
  [
    'add',
    new Map<string, FlagType>([
      ...texts(['chown', 'chmod', 'checksum']),
      ['link', 'boolean'],
      ['keep-git-dir', 'boolean'],
      ['unpack', 'boolean'],
      ['exclude', 'list'],
    ]),
  ],
  [
    'run',
    new Map<string, FlagType>([
      ...texts(['network', 'security']),
      ['mount', 'list'],
      ['device', 'list'],
    ]),
  ],
  ['healthcheck', new Map<string, FlagType>(texts(health))],
]);
const none: ReadonlyMap<string, FlagType> = new Map();
/** The frontend does not look at the flags of these. */
const unchecked = new Set(['arg', 'stopsignal']);
const noSources: readonly Source[] = [];

/**
 * Checks the flags of an instruction and gives what they link: `COPY --from=` and
 * `RUN --mount=…,from=`. An unknown flag is a warning, since a newer frontend may know it.
 */
export function readFlags(
  name: string,
  command: Command,
  lines: LogicalLines,
  problems: Problem[],
): readonly Source[] {
  if (command.flags.length === 0 || unchecked.has(name)) {
    return noSources;
  }
  const types = known.get(name) ?? none;
  const sources: Source[] = [];
  const seen = new Set<string>();
  for (const flag of command.flags) {
    const equals = flag.text.indexOf('=');
    const key = flag.text.slice(2, equals === -1 ? undefined : equals);
    const value = equals === -1 ? undefined : flag.text.slice(equals + 1);
    const type = types.get(key);
    if (type === undefined) {
      problems.push(unknownFlag(command, flag, key, types, lines));
      continue;
    }
    const wrong = flagProblem(type, key, value, seen);
    seen.add(key);
    if (wrong !== undefined) {
      const span = lines.span(flag.at, flag.length);
      problems.push({ severity: 'error', code: 'dockerfile-flag', message: wrong, span });
      continue;
    }
    if (value === undefined) {
      continue;
    }
    if (name === 'copy' && key === 'from' && value !== '') {
      sources.push(sourceOf('copy', value, flag, lines, problems));
    } else if (name === 'run' && key === 'mount') {
      const from = mountSource(value, flag, lines, problems);
      if (from !== undefined) {
        sources.push(sourceOf('mount', from, flag, lines, problems));
      }
    }
  }
  return sources;
}

function flagProblem(
  type: FlagType,
  key: string,
  value: string | undefined,
  seen: ReadonlySet<string>,
): string | undefined {
  if (type !== 'list' && seen.has(key)) {
    return `--${key} is given twice`;
  }
  if (type === 'boolean') {
    if (value === undefined || /^(true|false)$/i.test(value)) {
      return undefined;
    }
    return `--${key} is true or false, not ${JSON.stringify(value)}`;
  }
  return value === undefined ? `--${key} needs a value: --${key}=…` : undefined;
}

function unknownFlag(
  command: Command,
  flag: Word,
  key: string,
  types: ReadonlyMap<string, FlagType>,
  lines: LogicalLines,
): Problem {
  const near = didYouMean(key, types.keys());
  return {
    severity: 'warning',
    code: 'dockerfile-unknown-flag',
    message: `${command.keyword.toUpperCase()} has no flag --${key} that is known here`,
    hint: near ?? 'the build fails unless the Docker that runs it is newer and knows it',
    span: lines.span(flag.at, flag.length),
  };
}

/**
 * The `from` of a mount; undefined where it cannot be read, which is then told. Without one it is
 * scratch, and so a stage of that name if there is one: that is how the frontend looks it up.
 */
function mountSource(
  value: string,
  flag: Word,
  lines: LogicalLines,
  problems: Problem[],
): string | undefined {
  const fields = splitCsv(value);
  if (fields === undefined) {
    problems.push({
      severity: 'error',
      code: 'dockerfile-flag',
      message: `--mount=${value} is not a comma-separated list`,
      span: lines.span(flag.at, flag.length),
    });
    return undefined;
  }
  let from: string | undefined;
  for (const field of fields) {
    const equals = field.indexOf('=');
    if (equals === 4 && field.slice(0, equals).toLowerCase() === 'from') {
      from = field.slice(5);
    }
  }
  return from === undefined || from === '' ? 'scratch' : from;
}

function sourceOf(
  kind: Source['kind'],
  from: string,
  flag: Word,
  lines: LogicalLines,
  problems: Problem[],
): Source {
  const inner = lines.text.slice(flag.at, flag.at + flag.length).indexOf(`from=${from}`);
  // Where quotes or escape characters are between, the whole flag is the place.
  const span =
    inner === -1 ? lines.span(flag.at, flag.length) : lines.span(flag.at + inner + 5, from.length);
  if (from.includes('$')) {
    problems.push({
      severity: 'error',
      code: 'dockerfile-from-variable',
      message: `from=${from}: variables are not expanded here`,
      hint: 'name a stage instead: FROM with the variable, AS a name, and from= that name',
      span,
    });
  }
  return { kind, from: { text: from, span } };
}
