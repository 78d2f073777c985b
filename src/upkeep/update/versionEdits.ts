import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import type { Reference } from '#core/reference/brands.js';
import type { ChangelogEdit, EditContext } from './changelogEdit.js';
import { lineOf } from './concerned.js';
import { EditedFiles } from './editedFiles.js';
import { imageEdit } from './imageEdits.js';
import { RebuildEdits } from './rebuildEdits.js';

/** Why an image gets a version. */
interface VersionText {
  /** Of the block, where it has a changelog. */
  readonly reason: string;
  /** The version that the user chose for it; absent: the next one. */
  readonly chosen?: string;
  /** The packages that the version is made for, where no changelog says so; absent: none. */
  readonly packages?: readonly { readonly name: string; readonly candidate: string }[];
}

/** New versions of several images, parents first, wherever they are written. */
export class VersionEdits {
  readonly #context: EditContext;
  readonly #files: EditedFiles;
  readonly #rebuilds = new RebuildEdits();
  /** The lines with versions that have a new one, with that: the stages of a tree share theirs. */
  readonly #done = new Map<string, Pick<ChangelogEdit, 'fromVersion' | 'toVersion'>>();
  /** What gets another version, so that the computed versions of its children change. */
  readonly #changed = new Set<Reference>();

  constructor(context: EditContext) {
    this.#context = context;
    this.#files = new EditedFiles(context);
  }

  /**
   * Whether an image has another version already: its line was changed with that of another image, or its
   * version follows from its parents' (where `follows` says that this counts).
   */
  has(
    image: ImageDefinition,
    parents: readonly Reference[],
    { follows }: { readonly follows: boolean },
  ): boolean {
    const { reference, versionSpot: spot } = image;
    const isSame = spot !== undefined && this.#done.has(lineOf(spot));
    if (!isSame && !(follows && this.#followsParent(image, parents))) {
      return false;
    }
    this.#changed.add(reference);
    return true;
  }

  /** Writes down what a version that the image has already (`has`) is to bring, where no changelog says so. */
  note(image: ImageDefinition, packages: NonNullable<VersionText['packages']>): void {
    const { versionSpot: spot } = image;
    this.#rebuilds.upgrade(image, packages, spot && this.#done.get(lineOf(spot)));
  }

  /** Undefined, perhaps with errors, where the image gets no version. */
  add(image: ImageDefinition, { packages = [], ...text }: VersionText): Outcome<true | undefined> {
    const made = imageEdit(image, {
      ...this.#context,
      ...text,
      read: this.#files.read,
      rebuilds: this.#rebuilds,
    });
    const { value, diagnostics } = made;
    if (value === undefined) {
      return { value, diagnostics };
    }
    const { reference, versionSpot: spot, dockerfile } = image;
    this.#changed.add(reference);
    if (value !== 'counted') {
      this.#files.add(value);
    }
    if (spot !== undefined) {
      this.#done.set(lineOf(spot), value === 'counted' ? versionsOf(image) : value);
    }
    if (dockerfile.kind !== 'template') {
      this.#rebuilds.upgrade(image, packages, value === 'counted' ? undefined : value);
    }
    return { value: true, diagnostics };
  }

  edits(): readonly ChangelogEdit[] {
    return [...this.#files.edits(), ...this.#rebuilds.edits()];
  }

  /**
   * Whether a version is a new one by itself: `content` has the versions of its parents in it. A commit
   * has not, where it is a rebuild that was counted.
   */
  #followsParent({ computed }: ImageDefinition, parents: readonly Reference[]): boolean {
    return computed?.kind === 'content' && parents.some((parent) => this.#changed.has(parent));
  }
}

/** Of an image whose rebuild is counted although it has a version of its own: a root filesystem of the same day. */
function versionsOf({ version }: ImageDefinition) {
  return { fromVersion: version, toVersion: version };
}
