import { step } from '../limits.js';
import type { Value } from '../values/value.js';
import { ordered } from './compare.js';

/** Lists up to this length CPython sorts by binary insertion. */
const insertionLimit = 64;

/**
 * `sorted(items, key=…, reverse=…)`: stable, and for short lists comparing in CPython's order, so
 * that two values that cannot be compared are named in the order in which Python names them.
 */
export function sorted(
  items: readonly Value[],
  key: (item: Value) => Value = (item) => item,
  reverse = false,
): Value[] {
  const pairs = items.map((item) => ({ item, key: key(item) }));
  if (reverse) {
    pairs.reverse();
  }
  const result = pairs.length < insertionLimit ? insertionSort(pairs) : mergeSort(pairs);
  if (reverse) {
    result.reverse();
  }
  return result.map((pair) => pair.item);
}

interface Keyed {
  readonly item: Value;
  readonly key: Value;
}

function less(a: Keyed | undefined, b: Keyed | undefined): boolean {
  step();
  return a !== undefined && b !== undefined && ordered('<', a.key, b.key);
}

function insertionSort(pairs: Keyed[]): Keyed[] {
  if (pairs.length < 2) {
    return pairs;
  }
  let run = 2;
  if (less(pairs[1], pairs[0])) {
    while (run < pairs.length && less(pairs[run], pairs[run - 1])) {
      run++;
    }
    pairs.splice(0, run, ...pairs.slice(0, run).reverse());
  } else {
    while (run < pairs.length && !less(pairs[run], pairs[run - 1])) {
      run++;
    }
  }
  for (let at = run; at < pairs.length; at++) {
    const [pivot] = pairs.splice(at, 1);
    let low = 0;
    let high = at;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (less(pivot, pairs[middle])) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (pivot !== undefined) {
      pairs.splice(low, 0, pivot);
    }
  }
  return pairs;
}

function mergeSort(pairs: Keyed[]): Keyed[] {
  if (pairs.length < insertionLimit) {
    return insertionSort(pairs);
  }
  const middle = pairs.length >> 1;
  const left = mergeSort(pairs.slice(0, middle));
  const right = mergeSort(pairs.slice(middle));
  const merged: Keyed[] = [];
  let at = 0;
  for (const pair of left) {
    for (let next = right[at]; next !== undefined && less(next, pair); next = right[++at]) {
      merged.push(next);
    }
    merged.push(pair);
  }
  return merged.concat(right.slice(at));
}
