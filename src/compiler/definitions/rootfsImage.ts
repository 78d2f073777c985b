import { basename, join } from 'node:path';
import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { ownName } from '#core/files/ownDirectory.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { readRecipe } from '#rootfs/readRecipe.js';
import type { RootfsRecipe } from '#rootfs/recipe.js';
import {
  archiveName,
  currentEpoch,
  RootfsStore,
  recipeDigest,
  rootfsKey,
  storeName,
} from '#rootfs/store.js';
import { dateOf } from '#rootfs/timestamp.js';
import type { Tree } from '../workspace/tree.js';
import { type About, type Reading, readingOf } from './broken.js';
import type { ImageDefinition, VersionSpot } from './definition.js';
import { identify, nameOnly } from './identity.js';
import { presentTests } from './insideTests.js';
import type { ImageDirectory } from './scan.js';

/** A root filesystem among the images: what it is made by, and the image that it becomes. */
export interface RootfsImage {
  readonly recipe: RootfsRecipe;
  /** Absolute: holds the recipe. */
  readonly directory: string;
  readonly shown: string;
  /** Seconds since 1970. */
  readonly epoch: number;
  /** Whether the one of that time is there. */
  readonly made: boolean;
  readonly definition: ImageDefinition;
}

/** A root filesystem that was read; where it has none, what is known of it. */
interface RootfsReading extends Outcome<RootfsImage | undefined> {
  readonly known: Partial<About>;
}

/**
 * An image directory with a rootfs.toml: an image `FROM scratch` with the root filesystem that was
 * made of it, tagged with its date and `latest`. Nothing is made here: one that is not there is the
 * warning `rootfs-missing`, or the error where it has no timestamp, since then it has no
 * tag. With `today` neither is reported: the caller makes what is missing, of that day.
 */
export function readRootfsImage(tree: Tree, found: ImageDirectory, today?: Date): RootfsReading {
  const files = ['rootfs.toml', 'rootfs.yaml'].filter((name) => found.entries.has(name));
  const file = files[0] ?? 'rootfs.toml';
  const shownFile = `${found.shown}/${file}`;
  const read = readRecipe(found.directory, join(found.directory, file), shownFile, tree.boundary);
  const diagnostics: Diagnostic[] = [...read.diagnostics];
  if (files.length > 1) {
    diagnostics.push(
      error('two-definitions', 'the directory has a rootfs.toml and a rootfs.yaml', {
        place: { file: found.shown },
        hint: 'remove one of them',
      }),
    );
  }
  const recipe = read.value;
  const nothing = { value: undefined, diagnostics };
  if (recipe === undefined) {
    return { ...nothing, known: { perhaps: [basename(found.directory)] } };
  }
  const store = new RootfsStore(found.directory);
  const epoch = currentEpoch(store, recipe, today);
  const { place } = recipe;
  if (epoch === undefined) {
    const message = `the root filesystem ${recipe.name} has not been made yet`;
    const hint = `make it, generate-bake rootfs ${found.shown}, or give it a timestamp`;
    diagnostics.push(
      unusedStore(store, found, place) ?? error('rootfs-missing', message, { place, hint }),
    );
    const named = nameOnly(tree, { text: recipe.name, place });
    diagnostics.push(...named.diagnostics);
    return { ...nothing, known: { place, perhaps: [recipe.name], ...named.value } };
  }
  const identity = identify(tree, { text: recipe.name, place }, { text: dateOf(epoch), place });
  diagnostics.push(...identity.diagnostics);
  if (identity.value.kind === 'part') {
    return { ...nothing, known: { place, ...identity.value.known } };
  }
  const { reference } = identity.value.identity;

  const key = `${storeName}/${rootfsKey(recipe, epoch)}`;
  const directory = join(found.directory, key);
  const made = store.isMade(recipe, epoch);
  if (!made && today === undefined) {
    const message = `the root filesystem of ${reference} is not there`;
    const hint = `make it before the plan is run: generate-bake rootfs ${found.shown}`;
    diagnostics.push(
      unusedStore(store, found, place) ?? warning('rootfs-missing', message, { place, hint }),
    );
  }
  const present = tree.config.insideTests.filter((test) => found.entries.has(test));
  const inside = presentTests(
    { own: found.directory, boundary: tree.boundary },
    found.shown,
    present,
  );
  diagnostics.push(...inside.diagnostics);
  const spot = timestampSpot(found.directory, file, recipe);
  const definition: ImageDefinition = {
    tree,
    ...identity.value.identity,
    directory,
    context: found.shown === '.' ? key : `${found.shown}/${key}`,
    definedIn: found.shown,
    dockerfile: { kind: 'plain', file: shownFile, text: dockerfileOf(recipe), generatedFrom: 1 },
    depends: [],
    place,
    created: new Date(epoch * 1000).toISOString(),
    description: `Root filesystem of ${recipe.distribution} ${recipe.suite}`,
    extraTags: ['latest'],
    labels: recipe.labels,
    args: new Map(),
    platforms: platformsOf(recipe),
    contextDigest: recipeDigest(recipe, epoch),
    release: { distribution: recipe.distribution, codename: recipe.suite },
    ...(recipe.aliases.length === 0 ? {} : { aliases: recipe.aliases }),
    ...(spot === undefined ? {} : { versionSpot: spot }),
    tests: { directory: found.directory, inside: inside.value },
  };
  const value = { recipe, directory: found.directory, shown: found.shown, epoch, made, definition };
  return { value, known: {}, diagnostics };
}

/** The same as any other image is read. */
export function readRootfs(tree: Tree, found: ImageDirectory, today?: Date): Reading {
  const { value, known, diagnostics } = readRootfsImage(tree, found, today);
  const { directory, shown } = found;
  return readingOf({ tree, directory, shown, ...known }, value?.definition, diagnostics);
}

/** The error where there may be a root filesystem that is not to be believed. */
function unusedStore(
  { whyNot }: RootfsStore,
  { shown }: ImageDirectory,
  place: Place,
): Diagnostic | undefined {
  if (whyNot === undefined) {
    return undefined;
  }
  return error('rootfs-missing', `${shown}/${storeName} is not used: it ${whyNot}`, {
    place,
    hint: `remove ${shown}/${ownName}, also from git, and run: generate-bake rootfs ${shown}`,
  });
}

function dockerfileOf({ environment, command }: RootfsRecipe): string {
  const lines = ['FROM scratch', `ADD ${archiveName} /`];
  for (const [name, value] of environment) {
    lines.push(`ENV ${name}="${value.replace(/[\\"$]/g, '\\$&')}"`);
  }
  if (command.length > 0) {
    lines.push(`CMD ${JSON.stringify(command)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Docker's names of Debian's architectures; the host's own is the builder's. */
const platforms: Readonly<Record<string, string>> = {
  i386: 'linux/386',
  armel: 'linux/arm/v5',
  armhf: 'linux/arm/v7',
  ppc64el: 'linux/ppc64le',
};

function platformsOf({ architecture }: RootfsRecipe): readonly string[] {
  if (architecture === undefined) {
    return [];
  }
  const platform = platforms[architecture] ?? `linux/${architecture}`;
  return parsePlatform(platform) === undefined ? [] : [platform];
}

function timestampSpot(
  directory: string,
  file: string,
  { timestampWritten: written }: RootfsRecipe,
): VersionSpot | undefined {
  if (written === undefined) {
    return undefined;
  }
  return { file: join(directory, file), place: written.place, text: written.value, kind: 'date' };
}
