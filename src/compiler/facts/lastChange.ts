import { realpathSync } from 'node:fs';
import { posix } from 'node:path';
import type { Change, FindHistory, History } from '#adapters/git/history.js';
import { isWithin } from '#core/files/paths.js';
import { longestText } from '#core/files/readInside.js';
import { readChangelog } from '#formats/debian/changelog.js';
import { isRebuild } from '#formats/debian/rebuild.js';
import type { ImageDefinition } from '../definitions/definition.js';
import { readText } from '../definitions/readText.js';
import type { ResolvedImage } from '../resolve/graph.js';
import { type MadeOf, madeOf, madeOfDefinition } from '../version/madeOf.js';

/** The last change of an image that was not a rebuild. */
export interface LastChange {
  /** Its newest changelog block that is not a rebuild, or the newest commit of what it is made of. */
  readonly from: 'changelog' | 'git';
  /** RFC 3339; absent where a block has no date that can be read. */
  readonly date?: string;
  /** The version that the block brought. */
  readonly version?: string;
  /** `Name <address>` of the block. */
  readonly author?: string;
  readonly commit?: string;
}

/** Git is asked for no more commits than this: what is older is not known. */
const mostCommits = 5500;

/** An image to ask about: linked where it could be. */
export interface Asked {
  readonly definition: ImageDefinition;
  readonly resolved?: ResolvedImage;
}

/**
 * The last change of each image that was not a rebuild: by its changelog where it has one, else by git, which is
 * asked once for each work tree. Images are missing of which nothing says it.
 */
export function lastChanges(
  images: readonly Asked[],
  histories: FindHistory,
): ReadonlyMap<ImageDefinition, LastChange> {
  const found = new Map<ImageDefinition, LastChange>();
  const byHistory = new Map<History, Map<ImageDefinition, MadeOf>>();
  for (const image of images) {
    const { definition } = image;
    if (definition.dockerfile.kind === 'template') {
      const change = changeInChangelog(definition);
      if (change !== undefined) {
        found.set(definition, change);
      }
      continue;
    }
    const history = histories(definition.home ?? definition.directory);
    // The oldest commit of a shallow clone seems to bring all files.
    const has = history.kind === 'done' ? inputsOf(image, history.value.root) : undefined;
    if (history.kind === 'done' && has !== undefined) {
      const members = byHistory.get(history.value) ?? new Map();
      byHistory.set(history.value, members.set(definition, has));
    }
  }
  for (const [history, members] of byHistory) {
    for (const [definition, { commit, time }] of newestOf(history, members)) {
      const date = new Date(time * 1000).toISOString();
      found.set(definition, { from: 'git', date, commit });
    }
  }
  return found;
}

function changeInChangelog(definition: ImageDefinition): LastChange | undefined {
  const { home, directory, tree, place } = definition;
  const own = home ?? directory;
  const file = `${own}/changelog`;
  const door = { own, boundary: tree.boundary };
  const text = readText(file, place.file, door, undefined, longestText);
  const blocks = text.value === undefined ? [] : readChangelog(place.file, text.value).value;
  const block = blocks.find((each) => !isRebuild(each));
  return (
    block && {
      from: 'changelog',
      ...(block.created === undefined ? {} : { date: block.created }),
      version: block.version,
      ...(block.author === undefined ? {} : { author: block.author }),
    }
  );
}

/** Undefined where its files cannot be looked at. */
function inputsOf({ definition, resolved }: Asked, root: string): MadeOf | undefined {
  const shared = sharedSettings(definition);
  try {
    const has =
      resolved === undefined
        ? madeOfDefinition(definition, root)
        : madeOf(resolved, root, undefined);
    const apart = shared && posix.relative(root, realpathSync(shared));
    return (path) => path !== apart && has(path);
  } catch {
    return undefined;
  }
}

/** A workspace file says something of many images; that it changed says nothing of this one. */
function sharedSettings({ settingsFile, home, directory }: ImageDefinition): string | undefined {
  return settingsFile === undefined || isWithin(home ?? directory, settingsFile)
    ? undefined
    : settingsFile;
}

/** Each path is compared once, with the images whose commit is not found yet. */
function newestOf(
  history: History,
  members: ReadonlyMap<ImageDefinition, MadeOf>,
): ReadonlyMap<ImageDefinition, Change> {
  const found = new Map<ImageDefinition, Change>();
  const missing = new Map(members);
  const seen = new Set<string>();
  let count = 0;
  for (const change of history.changes()) {
    if (change.kind === 'failed') {
      break;
    }
    for (const path of change.value.files) {
      if (seen.has(path)) {
        continue;
      }
      seen.add(path);
      for (const [definition, has] of missing) {
        if (has(path)) {
          found.set(definition, change.value);
          missing.delete(definition);
        }
      }
    }
    count++;
    if (missing.size === 0 || count === mostCommits) {
      break;
    }
  }
  return found;
}
