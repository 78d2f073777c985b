import type { ImageVerdict, Outdated, RecipeState, Update, WantedPackages } from './outdated.js';
import type { RebuiltBase } from './rebuiltBases.js';

/** `outdated --json`; doc/outdated.schema.json describes it. */
export function outdatedDocument(
  { updates, images }: Outdated,
  since: ReadonlyMap<Update, Date>,
  { security, names, tracker }: WantedPackages,
  rebuilt: readonly RebuiltBase[],
): object {
  return {
    schema: 1,
    security,
    packages: names === undefined ? null : [...names].sort(),
    cve: tracker !== undefined,
    updates: updates.map((update) => updateDocument(update, since.get(update))),
    images: images.map(imageDocument),
    remarks: rebuilt.map((each) => ({ kind: 'base-rebuilt', ...each })),
  };
}

function updateDocument(
  {
    name,
    architecture,
    installed,
    candidate,
    archives,
    isSecurity,
    isHeld,
    cves,
    enters,
    recipe,
    images,
  }: Update,
  since: Date | undefined,
): object {
  const { reference, isOutside, isRoot, orFrom, newerIn, isBroken } = enters;
  return {
    package: name,
    architecture,
    installed,
    candidate,
    archives,
    security: isSecurity,
    held: isHeld,
    cves,
    ...(since === undefined ? {} : { since: since.toISOString() }),
    enters: {
      reference,
      outside: isOutside,
      root: isRoot,
      broken: isBroken,
      ...(orFrom === undefined ? {} : { orFrom }),
      ...(newerIn === undefined ? {} : { newerIn }),
    },
    ...(recipe === undefined ? {} : { recipe: recipeDocument(recipe) }),
    images,
  };
}

function recipeDocument(recipe: RecipeState): object {
  switch (recipe.kind) {
    case 'has':
      return { state: 'has' };
    case 'behind':
      return { state: 'behind', newest: recipe.newest ?? null };
    case 'unknown':
      return { state: 'unknown', reason: recipe.reason };
  }
}

function imageDocument(image: ImageVerdict): object {
  const { reference, verdict, reason, isBroken, candidates, pinned, hasOtherSoftware } = image;
  return {
    reference,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    broken: isBroken,
    otherSoftware: hasOtherSoftware,
    ...(image.endOfLife === undefined ? {} : { endOfLife: image.endOfLife }),
    candidates: candidates.map(({ isSecurity, isHeld, name, ...rest }) => ({
      package: name,
      ...rest,
      security: isSecurity,
      held: isHeld,
    })),
    vulnerable: image.vulnerable.map(({ name, fixes, hasCandidate, ...rest }) => ({
      package: name,
      ...rest,
      fixes: fixes.map(({ id, version }) => ({ id, version })),
      candidate: hasCandidate,
    })),
    pinned: pinned.map(({ name, ...rest }) => ({ package: name, ...rest })),
  };
}
