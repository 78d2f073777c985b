import type { Group, Plan, PlannedTarget } from '../plan/plan.js';
import { treeGroupName } from '../plan/targetName.js';
import { hclHeredoc, hclString } from './escape.js';
import { type Shared, sharedByTree } from './shared.js';

/**
 * The plan as a bake file in HCL, for people: what the targets of a tree have in common is inherited
 * from one hidden target, Dockerfiles are in heredocs where these can represent them, and comments say
 * where each target comes from. No variables: Dockerfiles name the registry literally.
 *
 * A plain function rather than a template of templates/: nearly all of it is escaping and alignment,
 * which would only move into filters, and this path never waits for nunjucks.
 */
export function emitHcl(plan: Plan): string {
  const shared = sharedByTree(plan.targets);
  const all = plan.groups.find((each) => each.kind === 'all');
  const blocks = [header(plan), ...plan.groups.map((each) => group(each, all))];
  for (const [tree, common] of shared) {
    blocks.push(base(tree, common));
  }
  for (const value of plan.targets) {
    blocks.push(target(value, shared.get(value.tree)));
  }
  return blocks.join('\n');
}

function header(plan: Plan): string {
  const lines = ['Written by generate-bake: change the definitions and run it again.'];
  const waves = plan.groups.filter((each) => each.kind === 'wave');
  if (!plan.groups.some((each) => each.kind === 'default')) {
    lines.push(
      'Too many targets for one call on a stock Docker, hence no default group: build the groups',
      `${waves.at(0)?.name} to ${waves.at(-1)?.name} one after the other.`,
    );
  }
  return comment(lines);
}

/** Groups that hold everything, as all of a small plan do, name `all` instead of every target. */
function group(value: Group, all: Group | undefined): string {
  const whole = all !== undefined && value !== all && value.targets.length === all.targets.length;
  const targets = whole ? inlineList([all.name]) : list(value.targets);
  return body(`group ${hclString(value.name)}`, [
    `  description = ${hclString(value.description)}\n  targets     = ${targets}\n`,
  ]);
}

function base(tree: string, common: Shared): string {
  return (
    comment([`What all images of ${tree} have in common.`]) +
    body(`target ${hclString(baseName(tree))}`, [
      aligned([
        ['platforms', common.platforms.length > 0 ? inlineList(common.platforms) : undefined],
        ['pull', common.pull ? 'true' : undefined],
      ]),
      map('args', common.args),
      map('labels', common.labels),
    ])
  );
}

function target(value: PlannedTarget, common: Shared | undefined): string {
  const file = value.dockerfile.kind === 'file' ? hclString(`cwd://${value.dockerfile.path}`) : '';
  const platforms = common !== undefined && common.platforms.length > 0 ? [] : value.platforms;
  return (
    comment(value.comment()) +
    body(`target ${hclString(value.name)}`, [
      aligned([
        ['inherits', common === undefined ? undefined : inlineList([baseName(value.tree)])],
        ['description', hclString(value.description)],
        ['context', hclString(value.context)],
        ['dockerfile', file === '' ? undefined : file],
        ['target', value.stage === undefined ? undefined : hclString(value.stage)],
        ['tags', value.tags.length === 0 ? undefined : inlineList(value.tags)],
        ['platforms', platforms.length === 0 ? undefined : inlineList(platforms)],
        [
          'no-cache-filter',
          value.noCacheFilter.length === 0 ? undefined : inlineList(value.noCacheFilter),
        ],
        ['cache-from', value.cacheFrom.length === 0 ? undefined : list(value.cacheFrom)],
        ['cache-to', value.cacheTo.length === 0 ? undefined : inlineList(value.cacheTo)],
        ['secret', value.secret.length === 0 ? undefined : inlineList(value.secret)],
        ['ssh', value.ssh.length === 0 ? undefined : inlineList(value.ssh)],
        ['annotations', value.annotations.length === 0 ? undefined : list(value.annotations)],
        ['attest', value.attest.length === 0 ? undefined : inlineList(value.attest)],
        ['output', value.output.length === 0 ? undefined : inlineList(value.output)],
        ['pull', value.pull && common?.pull !== true ? 'true' : undefined],
      ]),
      map('contexts', value.contexts),
      map('args', value.args, common?.args),
      map('labels', value.labels, common?.labels),
      map('resources', value.resources),
      value.dockerfile.kind === 'inline'
        ? `  dockerfile-inline = ${dockerfile(value.dockerfile.text)}\n`
        : '',
    ])
  );
}

/** A block with an empty line between its sections, each of whole lines or empty. */
function body(opening: string, sections: readonly string[]): string {
  return `${opening} {\n${sections.filter((section) => section !== '').join('\n')}}\n`;
}

/** A leading `_` keeps the base out of `docker buildx bake --list`; no image's name has it. */
function baseName(tree: string): string {
  return `_${treeGroupName(tree)}`;
}

function dockerfile(text: string): string {
  return hclHeredoc(text, 'DOCKERFILE') ?? hclString(text);
}

function comment(lines: readonly string[]): string {
  return lines.map((line) => `# ${line.replace(notInComments, ' ')}\n`).join('');
}

const notInComments =
  /[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

type Row = readonly [key: string, value: string | undefined];

/** Attributes below one another, their `=` aligned; those without a value are left out. */
function aligned(rows: readonly Row[], indent = '  '): string {
  const set = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...set.map(([key]) => key.length));
  return set.map(([key, value]) => `${indent}${key.padEnd(width)} = ${value}\n`).join('');
}

function map(
  name: string,
  values: ReadonlyMap<string, string>,
  inherited: ReadonlyMap<string, string> = new Map(),
): string {
  const rows: Row[] = [];
  for (const [key, value] of values) {
    if (!inherited.has(key)) {
      rows.push([hclString(key), hclString(value)]);
    }
  }
  return rows.length === 0 ? '' : `  ${name} = {\n${aligned(rows, '    ')}  }\n`;
}

function list(values: readonly string[]): string {
  if (values.length === 0) {
    return '[]';
  }
  return `[\n${values.map((value) => `    ${hclString(value)},\n`).join('')}  ]`;
}

function inlineList(values: readonly string[]): string {
  return `[${values.map(hclString).join(', ')}]`;
}
