/** Adds `item` to the list that `lists` has under `key`; the first item begins it. */
export function addTo<K, V>(lists: Map<K, V[]>, key: K, item: V): void {
  const known = lists.get(key);
  if (known === undefined) {
    lists.set(key, [item]);
  } else {
    known.push(item);
  }
}

/**
 * The items by key: keys in the order of their first items, items in their own order (what
 * Map.groupBy of newer Nodes gives).
 */
export function groupBy<K, V>(items: Iterable<V>, keyOf: (item: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const item of items) {
    addTo(groups, keyOf(item), item);
  }
  return groups;
}
