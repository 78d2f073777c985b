import type { DefinitionChanges } from '#compiler/plan/definitionChanges.js';
import type { Reference } from '#core/reference/brands.js';
import { printable } from '#core/text/printable.js';
import { some } from '#core/text/some.js';
import type { Reason } from '#fleet/reasons/reason.js';
import { sentenceOf } from '#fleet/reasons/sentence.js';
import type { Decision } from '#fleet/status/decide.js';
import { leadsTo } from '#fleet/why/chain.js';
import type { Evidence } from '#fleet/why/evidence.js';
import { dateOf } from './dates.js';

/** What `why` prints: the reasons of each asked image as a tree, then what changed. */
export interface WhyText {
  readonly asked: readonly Decision[];
  /** The asked ones, and those that their reasons lead to, parents first. */
  readonly chain: readonly Decision[];
  readonly evidence: ReadonlyMap<Reference, Evidence>;
  readonly nameOf: (reference: string) => string;
}

export function whyText({ asked, chain, evidence, nameOf }: WhyText): string {
  const decisions = new Map(chain.map((decision) => [decision.reference, decision]));
  const lines: string[] = [];
  for (const decision of asked) {
    lines.push(...treeLines(decision, decisions, nameOf), '');
  }
  for (const { reference } of chain) {
    const found = evidence.get(reference);
    if (found !== undefined) {
      lines.push(...evidenceLines(nameOf(reference), found, nameOf), '');
    }
  }
  return `${lines.slice(0, -1).map(printable).join('\n')}\n`;
}

const doing: Readonly<Record<Decision['action'], string>> = {
  build: 'to build',
  finish: 'to test and publish',
  use: 'nothing to do',
  skip: 'nothing to do',
  stop: 'stopped',
  fail: 'broken',
  held: 'held',
  blocked: 'blocked',
};

/** The reasons of an image, below each that leads to a parent that parent's own. */
function treeLines(
  top: Decision,
  decisions: ReadonlyMap<Reference, Decision>,
  nameOf: WhyText['nameOf'],
): readonly string[] {
  const { reference, state, action, owed, hint } = top;
  const isTagged = action === 'skip' && owed !== undefined;
  const lines = [`${nameOf(reference)}: ${state}, ${isTagged ? 'to tag' : doing[action]}`];
  const told = new Set<Reference>([reference]);
  const open = linesBelow(top, '');
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { reason, own, prefix } = next;
    const above = leadsTo(reason);
    const isTold = above !== undefined && told.has(above);
    lines.push(`${own}${sentenceOf(reason, nameOf)}${isTold ? ' (see above)' : ''}`);
    const parent = above === undefined || isTold ? undefined : decisions.get(above);
    if (parent !== undefined) {
      told.add(parent.reference);
      open.push(...linesBelow(parent, prefix));
    }
  }
  return hint === undefined ? lines : [...lines, `hint: ${hint}`];
}

interface Open {
  readonly reason: Reason;
  readonly own: string;
  /** What the lines below it begin with. */
  readonly prefix: string;
}

/** The last one first, as a stack takes them. */
function linesBelow({ reasons = [] }: Decision, prefix: string): Open[] {
  return reasons
    .map((reason, at) => {
      const isLast = at === reasons.length - 1;
      return {
        reason,
        own: `${prefix}${isLast ? '└── ' : '├── '}`,
        prefix: `${prefix}${isLast ? '    ' : '│   '}`,
      };
    })
    .reverse();
}

/** As many commits and files are named. */
const mostNamed = 10;
/** In letters, of a commit's subject. */
const longestSubject = 72;

function evidenceLines(
  name: string,
  evidence: Evidence,
  nameOf: WhyText['nameOf'],
): readonly string[] {
  if (evidence.kind === 'not-found') {
    const { reason, tried } = evidence;
    const commits = tried === 1 ? '1 commit was' : `${tried} commits were`;
    const looked = tried === 0 ? '' : ` (${commits} compiled)`;
    return [`what changed in ${name} is not known: ${reason}${looked}`];
  }
  const { commit, time, by, changedBy, uncommitted, changes, since } = evidence;
  const when = time === undefined ? '' : ` (${dateOf(time)})`;
  // Of a drifted image it is its own version.
  const isOwn = name.endsWith(`:${since}`);
  const whose = isOwn ? 'whose definition is published' : `which has the definition of ${since}`;
  const others = changedBy.map((change) =>
    `${change.commit.slice(0, 12)} (${dateOf(change.time)}) ${cut(change.subject)}`.trimEnd(),
  );
  const edits = uncommitted === undefined ? [] : ['edits that are not committed'];
  return [
    `changed in ${name} since commit ${commit.slice(0, 12)}${when}, ${whose}:`,
    ...changeLines(changes, nameOf).map((line) => `  ${line}`),
    ...(by === 'report' ? [] : culpritLines([...edits, ...others])),
  ];
}

function culpritLines(culprits: readonly string[]): readonly string[] {
  if (culprits.length < 2) {
    return [`  changed by: ${culprits[0] ?? 'files that git does not track'}`];
  }
  const left = culprits.length - mostNamed;
  return [
    '  changed by:',
    ...culprits.slice(0, mostNamed).map((culprit) => `    ${culprit}`),
    ...(left > 0 ? [`    and ${left} more`] : []),
  ];
}

/** A subject that nobody reads to its end is cut. */
function cut(subject: string): string {
  const letters = [...subject];
  return letters.length > longestSubject
    ? `${letters.slice(0, longestSubject - 1).join('')}…`
    : subject;
}

function changeLines(changes: DefinitionChanges, nameOf: WhyText['nameOf']): readonly string[] {
  const { files, parents = [], settings = [], args = [], labels = [] } = changes;
  const { recipe, platforms, stage, rebuilds, dockerfile } = changes;
  const filesOf = (what: string, paths: readonly string[] = []): string[] =>
    paths.length === 0
      ? []
      : [`file${paths.length === 1 ? '' : 's'} ${what}: ${some(paths, mostNamed)}`];
  return [
    ...parents.map(({ parent, change, before }) =>
      before === undefined
        ? `parent ${change}: ${nameOf(parent)}`
        : `parent changed: ${nameOf(before)} → ${nameOf(parent)}`,
    ),
    ...filesOf('changed', files?.changed),
    ...filesOf('added', files?.added),
    ...filesOf('removed', files?.removed),
    ...kindLines(files?.kinds),
    ...(recipe === undefined ? [] : ['recipe changed']),
    ...settings.map((key) => `configuration changed: ${key}`),
    ...args.map((arg) => `build argument ${valueText(arg)}`),
    ...labels.map((label) => `label ${valueText(label)}`),
    ...(platforms === undefined
      ? []
      : [`platforms: ${listText(platforms.from)} → ${listText(platforms.to)}`]),
    ...(stage === undefined ? [] : [`stage: ${stage.from || 'last'} → ${stage.to || 'last'}`]),
    ...(rebuilds === undefined ? [] : [`rebuilds: ${rebuilds.from} → ${rebuilds.to}`]),
    ...(dockerfile === undefined ? [] : ['Dockerfile:', ...diffLines(dockerfile)]),
  ];
}

/** `file run.sh: executable → not executable`. */
function kindLines(
  kinds: NonNullable<DefinitionChanges['files']>['kinds'] = [],
): readonly string[] {
  const named = { file: 'not executable', executable: 'executable', symlink: 'a symlink' } as const;
  const lines = kinds
    .slice(0, mostNamed)
    .map(({ path, from, to }) => `file ${path}: ${named[from]} → ${named[to]}`);
  const left = kinds.length - lines.length;
  return left === 0 ? lines : [...lines, `and ${left} more files of another kind`];
}

function valueText({ name, from, to }: NonNullable<DefinitionChanges['args']>[number]): string {
  return `${name}: ${from ?? '(none)'} → ${to ?? '(none)'}`;
}

function listText(values: readonly string[]): string {
  return values.length === 0 ? '(none)' : values.join(', ');
}

/** Without the two lines with file names. */
function diffLines(diff: string): readonly string[] {
  return diff
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => `  ${line}`);
}
