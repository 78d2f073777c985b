import { dirname } from 'node:path';
import type { AptAnswer } from '#adapters/apt/answer.js';
import type { OpenedApt } from '#adapters/apt/apt.js';
import type { Graph } from '#compiler/resolve/graph.js';
import { readBytes } from '#core/files/readBytes.js';
import type { Reference } from '#core/reference/brands.js';
import { compareVersions } from '#formats/debian/version.js';
import { sourceLines } from '#rootfs/bootstrap.js';
import { readRecipe } from '#rootfs/readRecipe.js';
import type { RootfsRecipe } from '#rootfs/recipe.js';
import { midnight } from '#rootfs/timestamp.js';
import { keyringsOfLine } from '../inventory/aptFiles.js';
import type { ImageInventory } from '../inventory/askInventories.js';
import { imageOf } from './askApt.js';
import type { RecipeState, Update } from './outdated.js';

/** What apt says of root filesystems with the sources of their recipes, by reference; only of those that it was asked about. */
type RecipeAnswers = ReadonlyMap<Reference, AptAnswer>;

interface RecipeQuestion {
  readonly graph: Graph;
  readonly updates: readonly Update[];
  readonly inventories: readonly ImageInventory[];
  readonly now: Date;
}

/**
 * The updates with what the mirrors of recipes have of them, by apt, for those that enter at root filesystems of ours: what
 * is made anew has what these mirrors have, whatever its own sources are. Recipes that leave the mirrors to mmdebstrap are
 * not asked about.
 */
export async function withRecipes(
  question: RecipeQuestion,
  opened: Exclude<OpenedApt, { kind: 'cancelled' }>,
): Promise<readonly Update[]> {
  const answers = await askRecipes(question, opened);
  return question.updates.map((update) => {
    const recipe = recipeStateOf(answers.get(update.enters.reference as Reference), update);
    return recipe === undefined ? update : { ...update, recipe };
  });
}

async function askRecipes(
  { graph, updates, inventories, now }: RecipeQuestion,
  opened: Exclude<OpenedApt, { kind: 'cancelled' }>,
): Promise<RecipeAnswers> {
  const answers = new Map<Reference, AptAnswer>();
  const entering = new Set<string>(updates.map(({ enters }) => enters.reference));
  for (const { reference, found } of opened.kind === 'opened' ? inventories : []) {
    const definition = graph.byReference.get(reference)?.rendered.definition;
    const spot = definition?.versionSpot;
    const isAsked = entering.has(reference) && !answers.has(reference) && found.kind === 'read';
    if (!isAsked || definition?.contextDigest === undefined || spot?.kind !== 'date') {
      continue;
    }
    const { tree } = definition;
    const recipe = readRecipe(dirname(spot.file), spot.file, spot.place.file, tree.boundary).value;
    if (recipe === undefined || recipe.mirrors.length === 0 || opened.kind !== 'opened') {
      continue;
    }
    const { inventory } = found;
    const proxy = recipe.proxy ?? (tree.config.aptOnlyProxy || undefined);
    const answer = await opened.apt.ask({
      ...inventory,
      files: filesWith(inventory.aptFiles, recipe, midnight(now)),
      isChosen: true,
      ...imageOf(found.image),
      ...(proxy === undefined ? {} : { proxy }),
    });
    answers.set(reference, answer);
  }
  return answers;
}

/** Undefined where nobody asked. */
function recipeStateOf(
  answer: AptAnswer | undefined,
  { name, architecture, candidate }: Update,
): RecipeState | undefined {
  if (answer === undefined || answer.kind === 'cancelled') {
    return undefined;
  }
  if (answer.kind === 'unknown') {
    // The lines of its mirrors are what apt reads there.
    const reason = answer.reason.replace(
      /^\/etc\/apt\/sources\.list:(\d+)/,
      'line $1 of its mirrors',
    );
    return { kind: 'unknown', reason };
  }
  const found = answer.candidates.find(
    (each) => each.name === name && each.architecture === architecture,
  );
  if (found === undefined) {
    return { kind: 'behind' };
  }
  return compareVersions(found.candidate, candidate) < 0
    ? { kind: 'behind', newest: found.candidate }
    : { kind: 'has' };
}

/** Where keyrings of this machine are: a mirror's line may name one. */
const keyringPlaces =
  /^\/(?:usr\/share\/keyrings|etc\/apt\/keyrings|etc\/apt\/trusted\.gpg\.d)\/[^/]+$/;

/** apt's files of an image with the sources and keys of its recipe, and without its own configuration. */
function filesWith(
  own: ReadonlyMap<string, Uint8Array>,
  recipe: RootfsRecipe,
  epoch: number,
): ReadonlyMap<string, Uint8Array> {
  const files = new Map(
    [...own].filter(([path]) => !/^etc\/apt\/(?:sources|trusted|apt\.conf)/.test(path)),
  );
  const lines = sourceLines(recipe, epoch);
  files.set('etc/apt/sources.list', Buffer.from(`${lines.join('\n')}\n`));
  for (const path of lines.flatMap(keyringsOfLine)) {
    if (keyringPlaces.test(path)) {
      put(files, path.slice(1), path);
    }
  }
  put(files, recipe.keyring.slice(1), recipe.keyring);
  for (const [at, { source, target }] of recipe.keys.entries()) {
    put(files, target.slice(1), source);
    const ending = target.endsWith('.asc') ? 'asc' : 'gpg';
    put(files, `etc/apt/trusted.gpg.d/recipe-${at}.${ending}`, source);
  }
  return files;
}

/** A key that cannot be read is missing for apt too. */
function put(files: Map<string, Uint8Array>, path: string, source: string): void {
  try {
    files.set(path, readBytes(source));
  } catch {
    files.delete(path);
  }
}
