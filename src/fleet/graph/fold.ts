import { addTo, groupBy } from '#core/data/groups.js';
import type { Arrow, Box, Diagram } from './diagram.js';

/** Fewer leaves than this take no more space than a box that stands for them. */
const fewest = 4;

/** As many of the names are in the box. */
const shown = 3;

/**
 * The diagram with one box for the leaves that are in the same state and use the same parents in the same way, where
 * there are at least four of them. Images that the command line names stay.
 */
export function folded({ boxes, arrows }: Diagram): Diagram {
  const parents = new Map<string, Arrow[]>();
  for (const arrow of arrows) {
    addTo(parents, arrow.to, arrow);
  }
  const withChildren = new Set(arrows.map(({ from }) => from));
  const leaves = boxes.filter(
    ({ id, kind, named }) => kind === 'image' && named === undefined && !withChildren.has(id),
  );
  const groups = groupBy(leaves, ({ id, state }) => {
    const uses = (parents.get(id) ?? []).map(({ from, kind }) => [from, kind] as const);
    return JSON.stringify([state ?? '', uses.sort(([a], [b]) => (a < b ? -1 : 1))]);
  });
  const groupOf = new Map(
    [...groups.values()].flatMap((group) => group.map(({ id }) => [id, group] as const)),
  );
  const placed = boxes.flatMap((box): readonly Box[] => {
    const group = groupOf.get(box.id);
    if (group === undefined || group.length < fewest) {
      return [box];
    }
    return group[0] === box ? [foldedBox(box, group)] : [];
  });
  const known = new Map(placed.map((box) => [box.id, box]));
  const kept = arrows.flatMap((arrow): readonly Arrow[] => {
    const to = known.has(arrow.to) ? arrow.to : foldedId(arrow.to);
    return known.has(to) ? [{ ...arrow, to }] : [];
  });
  return { boxes: placed, arrows: kept };
}

function foldedBox(first: Box, group: readonly Box[]): Box {
  const members = group.map(({ lines: [name = ''] }) => name);
  const state = first.state === undefined ? '' : `, ${first.state}`;
  // A line that says `1 more` could as well say which.
  const listed = members.length === shown + 1 ? members : members.slice(0, shown);
  const more = members.length - listed.length;
  return {
    id: foldedId(first.id),
    kind: 'folded',
    lines: [
      `${members.length} images${state}`,
      ...listed,
      ...(more === 0 ? [] : [`and ${more} more`]),
    ],
    ...(first.state === undefined ? {} : { state: first.state }),
    members,
  };
}

/** By its first image, which is in no other box. */
function foldedId(first: string): string {
  return `folded ${first}`;
}
