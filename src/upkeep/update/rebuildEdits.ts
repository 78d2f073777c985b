import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { rebuildName, rebuiltVersion } from '#compiler/definitions/rebuilds.js';
import {
  mostRebuilds,
  type Rebuilds,
  rebuildsText,
  type TriedUpgrade,
} from '#compiler/workspace/rebuilds.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { tagProblem } from '#core/reference/legal.js';
import type { ChangelogEdit } from './changelogEdit.js';
import { versionElsewhere } from './spotEdit.js';

/** What is written into the files that count rebuilds: several images share each of them. */
export class RebuildEdits {
  readonly #changes = new Map<string, Change[]>();
  readonly #files = new Map<string, Rebuilds>();

  /** Counts one rebuild more of an image. The error where its version would not be legal. */
  raise(image: ImageDefinition): Diagnostic | undefined {
    const { rebuilds } = image.tree;
    if (rebuilds === undefined) {
      return versionElsewhere(image);
    }
    const known = rebuilds.counts.get(rebuildName(image));
    const count = (known?.value ?? 0) + 1;
    if (count > mostRebuilds) {
      const message = `${image.name} cannot be rebuilt once more: the number of its rebuilds ends at ${mostRebuilds}`;
      return error('update-version', message, {
        place: known?.place ?? image.place,
        hint: 'give it a version that it never had, and remove this line',
      });
    }
    const toVersion = versionOf(image, count);
    const wrong = image.computed === undefined ? tagProblem(toVersion) : undefined;
    if (wrong !== undefined) {
      const { message, hint } = wrong;
      return error('update-version', message, { place: image.place, hint });
    }
    this.#add(rebuilds, { image, count, toVersion });
    return undefined;
  }

  /** Forgets the rebuilds of an image: it gets a version that it never had. */
  forget(image: ImageDefinition, toVersion: string): void {
    const { rebuilds } = image.tree;
    if (rebuilds?.counts.has(rebuildName(image)) === true) {
      this.#add(rebuilds, { image, count: 0, toVersion });
    }
  }

  /**
   * Writes down which packages a version of an image is made for, beside what is known of it: of each package the
   * newest.
   *
   * @param step the versions of its edit; absent: its rebuild is counted
   */
  upgrade(
    image: ImageDefinition,
    packages: readonly { readonly name: string; readonly candidate: string }[],
    step?: { readonly fromVersion: string; readonly toVersion: string },
  ): void {
    const { rebuilds } = image.tree;
    if (rebuilds === undefined || packages.length === 0) {
      return;
    }
    const name = rebuildName(image);
    const counted = this.#changes.get(rebuilds.file)?.find((each) => each.image === image);
    const toVersion = step?.toVersion ?? counted?.toVersion ?? image.version;
    // One that follows by itself from its parents' is not known before, and is no further rebuild.
    const isFollowing = image.computed !== undefined && (step ?? counted) === undefined;
    const made = isFollowing ? versionOf(image, image.rebuilds ?? 0) : toVersion;
    const version = made.replaceAll(' ', '-');
    const fresh = new Set(packages.map((each) => each.name));
    const tried = [
      ...(rebuilds.upgrades?.get(name)?.value ?? []).filter((each) => !fresh.has(each.package)),
      ...packages.map((each) => ({ package: each.name, candidate: each.candidate, version })),
    ].sort((a, b) => (a.package < b.package ? -1 : 1));
    if (counted !== undefined) {
      counted.tried = tried;
    } else {
      this.#add(rebuilds, { image, toVersion, tried });
    }
  }

  /** One edit for each image, all of one file with the same text. */
  edits(): readonly ChangelogEdit[] {
    return [...this.#files].flatMap(([file, { shownFile, text, counts, upgrades = new Map() }]) => {
      const changes = this.#changes.get(file) ?? [];
      const after = new Map([...counts].map(([name, { value }]) => [name, value]));
      const tried = new Map<string, readonly TriedUpgrade[]>(
        [...upgrades].map(([name, { value }]) => [name, value]),
      );
      for (const { image, count, tried: own } of changes) {
        const name = rebuildName(image);
        if (count !== undefined) {
          after.set(name, count);
        }
        if (own !== undefined) {
          tried.set(name, own);
        }
      }
      return changes.map(
        ({ image, toVersion }): ChangelogEdit => ({
          file,
          shownFile,
          image,
          fromVersion: shownVersion(image),
          toVersion,
          before: text ?? '',
          after: rebuildsText(after, tried),
          ...(text === undefined ? { isNew: true } : {}),
          isShared: true,
        }),
      );
    });
  }

  #add(rebuilds: Rebuilds, change: Change): void {
    const { file } = rebuilds;
    this.#files.set(file, rebuilds);
    this.#changes.set(file, [...(this.#changes.get(file) ?? []), change]);
  }
}

interface Change {
  readonly image: ImageDefinition;
  /** 0: its line goes; absent: it is as it was. */
  readonly count?: number;
  readonly toVersion: string;
  /** What its versions were made for; absent: that is as it was. */
  tried?: readonly TriedUpgrade[];
}

/** Where versions were not computed, only how often it was rebuilt is known. */
function shownVersion({ computed, rebuilds, version }: ImageDefinition): string {
  return computed !== undefined && computed.version === undefined && rebuilds !== undefined
    ? `rebuild ${rebuilds}`
    : version;
}

/** A version that is computed is not known before. */
function versionOf(image: ImageDefinition, count: number): string {
  return image.computed === undefined
    ? rebuiltVersion(image, image.ownVersion ?? image.version, count)
    : `rebuild ${count}`;
}
