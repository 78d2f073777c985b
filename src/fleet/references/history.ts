import { join } from 'node:path';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { readInside } from '#core/files/readInside.js';
import { decodeUtf8 } from '#core/files/utf8.js';
import { readChangelog } from '#formats/debian/changelog.js';

/** What the changelog of an image says of its versions. */
export interface VersionHistory {
  /** The newest first; empty where it has no changelog. */
  readonly versions: readonly string[];
  /** The newest block that is not a rebuild: RFC 3339; absent where there is none with a date. */
  readonly changed?: string;
}

const none: VersionHistory = { versions: [] };

/** Reads changelogs, each once, when its image is asked about. */
export class VersionHistories {
  readonly #known = new Map<ImageDefinition, VersionHistory>();

  of(definition: ImageDefinition | undefined): VersionHistory {
    if (definition === undefined) {
      return none;
    }
    let known = this.#known.get(definition);
    if (known === undefined) {
      known = read(definition);
      this.#known.set(definition, known);
    }
    return known;
  }
}

function read({ dockerfile, home, directory, place, tree }: ImageDefinition): VersionHistory {
  if (dockerfile.kind !== 'template') {
    return none;
  }
  const door = { own: tree.directory, boundary: tree.boundary };
  let bytes: Buffer;
  try {
    bytes = readInside(join(home ?? directory, 'changelog'), door);
  } catch {
    // The definition was read from it: it went away since, and its versions are not known.
    return none;
  }
  const blocks = readChangelog(place.file, decodeUtf8(place.file, bytes).value).value;
  const changed = blocks.find(({ changes }) => !isRebuild(changes))?.created;
  return {
    versions: blocks.map(({ version }) => version),
    ...(changed === undefined ? {} : { changed }),
  };
}

/** A block of `refresh`, or of a script that does the same. */
function isRebuild(changes: readonly string[]): boolean {
  const said = changes.filter((line) => line.trim() !== '');
  return said.length > 0 && said.every((line) => /^\s*\*\s*weekly rebuild\.?\s*$/i.test(line));
}
