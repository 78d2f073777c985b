import { distance } from 'fastest-levenshtein';

/**
 * How many edits make one word of another: letters that are inserted, left out or replaced, and once two
 * adjacent ones that are swapped, which people do as easily.
 */
export function edits(a: string, b: string): number {
  let least = distance(a, b);
  // A swap counts as two replacements, or as an insertion and a deletion.
  for (let at = 1; at < a.length && least > 1; at++) {
    const [first = '', second = ''] = [a[at - 1], a[at]];
    // What b does not have in this order cannot come nearer by it.
    if (first !== second && b.includes(second + first)) {
      const swapped = a.slice(0, at - 1) + second + first + a.slice(at + 1);
      least = Math.min(least, 1 + distance(swapped, b));
    }
  }
  return least;
}
