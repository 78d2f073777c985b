import type { RecipeState, Update } from './outdated.js';

/** What a mirror that is behind has instead of a candidate, as a clause. */
export function instead(
  { newest }: Extract<RecipeState, { kind: 'behind' }>,
  candidate: string,
): string {
  return newest === undefined ? `it does not have ${candidate}` : `it has ${newest}`;
}

/** Of root filesystems of which nobody knows what they would be made of, a sentence each. */
export function recipeRemarks(
  updates: readonly Update[],
  nameOf: (reference: string) => string,
): readonly string[] {
  const reasons = new Map<string, string>();
  for (const { enters, recipe } of updates) {
    if (recipe?.kind === 'unknown') {
      reasons.set(enters.reference, recipe.reason);
    }
  }
  return [...reasons].map(
    ([reference, reason]) =>
      `nobody knows whether the mirrors of the recipe of ${nameOf(reference)} have it: ${reason}`,
  );
}
