import { join } from 'node:path';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { rebuildName } from '#compiler/definitions/rebuilds.js';
import type { Graph } from '#compiler/resolve/graph.js';
import type { TreeConfig } from '#compiler/workspace/tree.js';
import type { Reference } from '#core/reference/brands.js';
import { readUpgrade } from '#fleet/upgrade/line.js';
import { readChangelog } from '#formats/debian/changelog.js';
import type { EditContext } from '../update/changelogEdit.js';
import { hasChangelog } from '../update/spotEdit.js';
import { nextVersion } from '../versioning/nextVersion.js';

/** What `upgrade` did of images in earlier runs, as their changelogs and generate-bake.lock tell. */
export interface UpgradeHistory {
  /** The newest version of an image that was made for a package's candidate; undefined: none was. */
  readonly triedIn: (reference: Reference, name: string, candidate: string) => string | undefined;
  /** Whether the version that an image has now was made by `upgrade`. */
  readonly isUpgraded: (reference: Reference) => boolean;
}

interface Tried {
  readonly name: string;
  readonly candidate: string;
  readonly version: string;
}

interface Past {
  readonly tried: readonly Tried[];
  readonly isUpgraded: boolean;
}

/** Each file is read once it is asked about; one that cannot be read tells nothing, and no version can be written there either. */
export function upgradeHistory(
  { byReference }: Graph,
  context: Pick<EditContext, 'read'>,
): UpgradeHistory {
  const known = new Map<Reference, Past>();
  const pastOf = (reference: Reference): Past => {
    const found = known.get(reference);
    if (found !== undefined) {
      return found;
    }
    const definition = byReference.get(reference)?.rendered.definition;
    const past: Past =
      definition === undefined
        ? { tried: [], isUpgraded: false }
        : hasChangelog(definition)
          ? inChangelog(definition, context)
          : inLock(definition);
    known.set(reference, past);
    return past;
  };
  return {
    triedIn: (reference, name, candidate) =>
      pastOf(reference).tried.find((each) => each.name === name && each.candidate === candidate)
        ?.version,
    isUpgraded: (reference) => pastOf(reference).isUpgraded,
  };
}

/** Newest first. */
function inChangelog(image: ImageDefinition, { read }: Pick<EditContext, 'read'>): Past {
  const file = join(image.home ?? image.directory, 'changelog');
  const text = read(file, image.place.file, image.tree).value;
  const blocks = text === undefined ? [] : readChangelog(image.place.file, text).value;
  const upgrades = blocks.map(({ version, changes }) => ({ version, all: readUpgrade(changes) }));
  return {
    tried: upgrades.flatMap(({ version, all = [] }) =>
      all.map(({ name, candidate }) => ({ name, candidate, version })),
    ),
    isUpgraded: upgrades[0]?.all !== undefined && isCountedUp(blocks, image.tree.config),
  };
}

/** Whether the newest version is the one that an upgrade gives after the one before: people write such lines, too. */
function isCountedUp(
  [newest, before, ...older]: readonly { readonly version: string }[],
  { updateId }: Pick<TreeConfig, 'updateId'>,
): boolean {
  if (newest === undefined || before === undefined) {
    return false;
  }
  const taken = new Set([before, ...older].map(({ version }) => version));
  const step = nextVersion(before.version, { updateId, taken });
  return step.kind === 'version' && step.version === newest.version;
}

function inLock(image: ImageDefinition): Past {
  const { tree, computed, rebuilds = 0, version } = image;
  const tried = tree.rebuilds?.upgrades?.get(rebuildName(image))?.value ?? [];
  const own = computed === undefined ? version : `rebuild-${rebuilds}`;
  return {
    tried: tried.map(({ package: name, ...each }) => ({ name, ...each })),
    isUpgraded: tried.some((each) => each.version === own),
  };
}
