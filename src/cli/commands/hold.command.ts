import {
  type HoldStop,
  holdStops,
  holdTime,
  timeHint,
  whyUnfit,
} from '#compiler/workspace/holdKeys.js';
import { outputOptions, readTrees, type TreesInput, treeOptions } from '../line/options.js';
import { type CommandSpec, type Parsed, UsageError } from '../line/spec.js';

export type HoldInput =
  | {
      readonly kind: 'add';
      readonly trees: TreesInput;
      readonly image: string;
      readonly reason: string;
      readonly stops: readonly HoldStop[];
      readonly from?: string;
      readonly until?: string;
      readonly unless?: 'security';
      readonly dryRun: boolean;
    }
  | {
      readonly kind: 'lift';
      readonly trees: TreesInput;
      readonly image: string;
      readonly dryRun: boolean;
    }
  | { readonly kind: 'list'; readonly trees: TreesInput; readonly json: boolean };

export const spec: CommandSpec<HoldInput> = {
  name: 'hold',
  summary: 'keep images from being built, published, made latest or refreshed',
  description: `Writes a [[hold]] to the end of the workspace file, for everybody who has that file: commit it. What a
hold stops is not done by any run, and is no failure. --lift removes it again, --list shows all.`,
  words: [
    ['[IMAGE]', 'a name or glob of images, as --select takes it', 'images'],
    ['[DIR...]', 'directories of image definitions'],
  ],
  options: [
    { flags: '--reason <TEXT>', help: 'why: every run says it' },
    {
      flags: '--stops <WORDS>',
      help: 'what, separated by commas: latest, publish, build, refresh (default: all)',
    },
    { flags: '--from <TIME>', help: 'when it begins: 2026-12-24, or a time with its zone' },
    { flags: '--until <TIME>', help: 'when it ends by itself; a day counts whole, in UTC' },
    { flags: '--unless-security', help: 'not for versions that fix a vulnerability' },
    {
      flags: '--lift <IMAGE>',
      help: 'remove the hold of this image',
      conflicts: ['reason', 'stops', 'from', 'until'],
    },
    {
      flags: '--list',
      help: 'show all holds, those that are over too',
      conflicts: ['lift', 'reason', 'stops', 'from', 'until'],
    },
    { flags: '--json', help: 'with --list: for programs' },
    { flags: '--dry-run', help: 'show the change as a diff, and write nothing' },
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    [
      "generate-bake hold app --reason 'broken upstream' --until 2026-12-31",
      'leave it alone for a while',
    ],
    [
      "generate-bake hold '*' --stops latest --reason freeze --unless-security",
      'a freeze that lets fixes through',
    ],
    ['generate-bake hold --lift app', 'and back'],
  ],
  read(parsed) {
    const lifted = parsed.text('lift');
    const trees = (directories: readonly string[]) => readTrees(parsed, directories);
    if (parsed.flag('list')) {
      return { kind: 'list', trees: trees(parsed.words), json: parsed.flag('json') };
    }
    if (parsed.flag('json')) {
      throw new UsageError('--json is for --list');
    }
    const dryRun = parsed.flag('dry-run');
    if (lifted !== undefined) {
      return { kind: 'lift', trees: trees(parsed.words), image: lifted, dryRun };
    }
    return { kind: 'add', dryRun, ...readNew(parsed, trees) };
  },
};

function readNew(parsed: Parsed, trees: (directories: readonly string[]) => TreesInput) {
  const [image, ...directories] = parsed.words;
  const reason = parsed.text('reason');
  if (image === undefined || image.trim() === '') {
    throw new UsageError("missing required argument 'IMAGE'", 'see: generate-bake hold --help');
  }
  if (reason === undefined || reason.trim() === '') {
    throw new UsageError('a hold needs --reason TEXT', 'every run says it');
  }
  const unfit = whyUnfit(reason);
  if (unfit !== undefined) {
    throw new UsageError(unfit);
  }
  const from = readTime(parsed, 'from', 'start');
  const until = readTime(parsed, 'until', 'end');
  if (from !== undefined && until !== undefined && until.time <= from.time) {
    throw new UsageError('the hold ends before it begins');
  }
  return {
    trees: trees(directories),
    image,
    reason,
    stops: readStops(parsed),
    ...(from === undefined ? {} : { from: from.text }),
    ...(until === undefined ? {} : { until: until.text }),
    ...(parsed.flag('unless-security') ? { unless: 'security' as const } : {}),
  };
}

function readTime(parsed: Parsed, key: 'from' | 'until', edge: 'start' | 'end') {
  const text = parsed.text(key);
  const time = text === undefined ? undefined : holdTime(text, edge);
  if (text !== undefined && time === undefined) {
    throw new UsageError(`--${key} is not a day or a time: ${JSON.stringify(text)}`, timeHint);
  }
  return time;
}

function readStops(parsed: Parsed): readonly HoldStop[] {
  const text = parsed.text('stops');
  if (text === undefined) {
    return holdStops;
  }
  const words = text.split(',').map((word) => word.trim());
  const wrong = words.find((word) => !holdStops.some((stop) => stop === word));
  if (wrong !== undefined) {
    throw new UsageError(
      `a hold cannot stop ${JSON.stringify(wrong)}`,
      `the words are: ${holdStops.join(', ')}`,
    );
  }
  return holdStops.filter((stop) => words.includes(stop));
}
