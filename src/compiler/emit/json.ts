import type { Group, Plan, PlannedTarget } from '../plan/plan.js';
import { jsonTemplate } from './escape.js';

/**
 * The plan as a bake file in JSON, for machines: two blanks a level, the plan's order (names that are
 * numbers first, as JavaScript has it), a newline at the end. The attributes written are those of
 * `Target`, since bake silently ignores what it does not know.
 */
export function emitJson(plan: Plan): string {
  const group = emptyObject<object>();
  for (const each of plan.groups) {
    group[each.name] = groupValue(each);
  }
  const target = emptyObject<object>();
  for (const each of plan.targets) {
    target[each.name] = targetValue(each);
  }
  // bake takes an empty object there for a block without a name, and refuses the file.
  const value = {
    ...(plan.groups.length === 0 ? {} : { group }),
    ...(plan.targets.length === 0 ? {} : { target }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function groupValue({ description, targets }: Group): object {
  return { description: jsonTemplate(description), targets };
}

/** Attributes that are undefined are left out by JSON.stringify. */
function targetValue(target: PlannedTarget): object {
  const { dockerfile, stage, contexts, args, labels, tags, platforms, pull } = target;
  const { cacheFrom, cacheTo } = target;
  const inline = dockerfile.kind === 'inline';
  return {
    description: jsonTemplate(target.description),
    context: jsonTemplate(target.context),
    dockerfile: inline ? undefined : jsonTemplate(`cwd://${dockerfile.path}`),
    'dockerfile-inline': inline ? jsonTemplate(dockerfile.text) : undefined,
    target: stage === undefined ? undefined : jsonTemplate(stage),
    contexts: mapValue(contexts),
    args: mapValue(args),
    labels: mapValue(labels),
    tags: listValue(tags),
    platforms: listValue(platforms),
    'no-cache-filter': listValue(target.noCacheFilter),
    'cache-from': listValue(cacheFrom),
    'cache-to': listValue(cacheTo),
    secret: listValue(target.secret),
    ssh: listValue(target.ssh),
    annotations: listValue(target.annotations),
    attest: listValue(target.attest),
    output: listValue(target.output),
    resources: resourcesValue(target.resources),
    pull: pull ? true : undefined,
  };
}

function mapValue(map: ReadonlyMap<string, string>): object | undefined {
  if (map.size === 0) {
    return undefined;
  }
  const object = emptyObject<string>();
  for (const [key, value] of map) {
    object[jsonTemplate(key)] = jsonTemplate(value);
  }
  return object;
}

/** What is a number to bake is one here. */
function resourcesValue(limits: PlannedTarget['resources']): object | undefined {
  return limits.size === 0
    ? undefined
    : Object.fromEntries(
        [...limits].map(([name, value]) => [name, name === 'cpu-shares' ? Number(value) : value]),
      );
}

function listValue(values: readonly string[]): readonly string[] | undefined {
  return values.length === 0 ? undefined : values.map(jsonTemplate);
}

/** Without a prototype, so that a key `__proto__` is one like any other. */
function emptyObject<Value>(): Record<string, Value> {
  return Object.create(null);
}
