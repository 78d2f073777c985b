import { addTo } from '#core/data/groups.js';
import { type Diagnostic, warning } from '#core/diagnostics/diagnostic.js';
import type { TargetName } from '#core/reference/brands.js';
import { wholePlan } from './limits.js';
import type { Group, PlannedTarget } from './plan.js';
import { treeGroupName, waveGroupName } from './targetName.js';
import { packWaves } from './waves.js';

/**
 * The plan's groups: `default` while one call of a stock Docker takes everything, `all`, one for
 * each tree, and the waves unless `waveSize` is 0 (a builder without the limit: then `default` is
 * everything, however much that is).
 */
export function groupsOf(
  targets: readonly PlannedTarget[],
  waveSize: number,
): { groups: Group[]; diagnostics: Diagnostic[] } {
  const names = targets.map((target) => target.name);
  const links = indexLinks(targets);
  const groups: Group[] = [];
  if (waveSize === 0 || targets.length <= wholePlan) {
    groups.push({ kind: 'default', name: 'default', description: 'Everything', targets: names });
  }
  groups.push({ kind: 'all', name: 'all', description: 'Everything', targets: names });
  groups.push(...treeGroups(targets));
  if (waveSize === 0) {
    return { groups, diagnostics: [] };
  }

  const diagnostics: Diagnostic[] = [];
  const waves = packWaves(links, waveSize);
  for (const [index, wave] of waves.entries()) {
    const members = wave.members.flatMap((member) => names[member] ?? []);
    groups.push({
      kind: 'wave',
      name: waveGroupName(index + 1),
      description: `Wave ${index + 1} of ${waves.length}: ${members.length} ${members.length === 1 ? 'image' : 'images'}, all ancestors among them`,
      targets: members,
    });
    if (wave.oversized) {
      diagnostics.push(oversized(targets, wave.members, index, waveSize));
    }
  }
  return { groups, diagnostics };
}

/** For each target the indices of those that it links to. */
function indexLinks(targets: readonly PlannedTarget[]): number[][] {
  const indices = new Map<string, number>();
  for (const [index, target] of targets.entries()) {
    indices.set(`target:${target.name}`, index);
  }
  return targets.map((target) => {
    const links = new Set<number>();
    for (const value of target.contexts.values()) {
      const index = indices.get(value);
      if (index !== undefined) {
        links.add(index);
      }
    }
    return [...links];
  });
}

function treeGroups(targets: readonly PlannedTarget[]): Group[] {
  const trees = new Map<string, TargetName[]>();
  for (const { tree, name } of targets) {
    addTo(trees, tree, name);
  }
  return [...trees]
    .map(([tree, members]): Group => {
      const description = `The images of ${tree}`;
      return { kind: 'tree', name: treeGroupName(tree), description, targets: members };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function oversized(
  targets: readonly PlannedTarget[],
  members: readonly number[],
  index: number,
  waveSize: number,
): Diagnostic {
  const last = targets[members.at(-1) ?? 0];
  return warning(
    'wave-oversized',
    `${waveGroupName(index + 1)} has ${members.length} images, more than the limit of ${waveSize} for a wave: ` +
      `an image links to all its ancestors, and ${last?.image ?? 'one'} has too many`,
    { hint: 'generate-bake build builds such images in several calls' },
  );
}
