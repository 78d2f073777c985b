import type { Plan, Target } from '../plan/plan.js';
import { jsonString } from './escape.js';

/**
 * The plan as a bake file in JSON, for machines: one value a line, in the plan's order, a newline at
 * the end. Written out by hand, not by `JSON.stringify`, which would move names that look like
 * numbers to the front; the fields written are those of `Target`, since bake silently ignores
 * attributes that it does not know.
 */
export function emitJson(plan: Plan): string {
  const groups = plan.groups.map(
    (group) =>
      `    ${jsonString(group.name)}: {\n` +
      `      "description": ${jsonString(group.description)},\n` +
      `      "targets": ${list(group.targets)}\n` +
      '    }',
  );
  const targets = plan.targets.map(target);
  return `{\n  "group": ${block(groups)},\n  "target": ${block(targets)}\n}\n`;
}

function block(entries: readonly string[]): string {
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n  }`;
}

function target(value: Target): string {
  let text = `    ${jsonString(value.name)}: {\n      "description": ${jsonString(value.description)}`;
  text += `,\n      "context": ${jsonString(value.context)}`;
  if (value.dockerfile.kind === 'inline') {
    text += `,\n      "dockerfile-inline": ${jsonString(value.dockerfile.text)}`;
  } else {
    text += `,\n      "dockerfile": ${jsonString(`cwd://${value.dockerfile.path}`)}`;
  }
  if (value.stage !== undefined) text += `,\n      "target": ${jsonString(value.stage)}`;
  if (value.contexts.size > 0) text += `,\n      "contexts": ${map(value.contexts)}`;
  if (value.args.size > 0) text += `,\n      "args": ${map(value.args)}`;
  if (value.labels.size > 0) text += `,\n      "labels": ${map(value.labels)}`;
  if (value.tags.length > 0) text += `,\n      "tags": ${list(value.tags)}`;
  if (value.platforms.length > 0) text += `,\n      "platforms": ${list(value.platforms)}`;
  if (value.pull) text += ',\n      "pull": true';
  return `${text}\n    }`;
}

function list(values: readonly string[]): string {
  if (values.length === 0) return '[]';
  return `[\n        ${values.map(jsonString).join(',\n        ')}\n      ]`;
}

function map(values: ReadonlyMap<string, string>): string {
  let text = '{';
  for (const [key, value] of values) {
    text += `${text === '{' ? '' : ','}\n        ${jsonString(key)}: ${jsonString(value)}`;
  }
  return `${text}\n      }`;
}
