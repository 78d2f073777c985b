import { parseReference } from '#core/reference/reference.js';
import { didYouMean } from '#core/text/suggest.js';
import type { FrontendTakes } from '#formats/blubber/frontendTakes.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { nonEmpty, readPaths } from './imageTable.js';

/** Where the Blubber files of a tree are, and which of their variants are images. */
export interface BlubberKeys {
  /** Directories of repositories, or globs of them; absent: the tree's own directory, and all that are in it. */
  readonly checkouts?: readonly Found<string>[];
  /** Files of each repository, or globs of them; absent: those that its pipelines publish, else the usual one. */
  readonly files?: readonly Found<string>[];
  /** The variants that are images; absent: those that pipelines publish. */
  readonly variants?: readonly Found<string>[];
  /** The frontend that builds all files, in place of the one that each names; absent: that one. */
  readonly frontend?: Found<string>;
  /** What the frontends of its files take, whatever their images say; absent: what these say. */
  readonly frontendTakes?: FrontendTakes;
}

/** Reads the keys that only a tree of the kind `blubber` has. */
export function readBlubberKeys(table: TableReader): BlubberKeys {
  const checkouts = readInside(table, 'checkouts');
  const files = readInside(table, 'files');
  const variants = table.strings('variants', 'the name of a variant');
  const frontend = readFrontend(table);
  const frontendTakes = readFrontendTakes(table);
  return {
    ...(frontendTakes === undefined ? {} : { frontendTakes }),
    ...(checkouts === undefined ? {} : { checkouts }),
    ...(files === undefined ? {} : { files }),
    ...(variants === undefined ? {} : { variants }),
    ...(frontend === undefined ? {} : { frontend }),
  };
}

function readFrontend(table: TableReader): Found<string> | undefined {
  const found = nonEmpty(table, 'frontend');
  const parsed = parseReference(found?.value ?? '');
  if (found !== undefined && found.value !== '' && parsed.kind === 'problem') {
    const message = `frontend: ${JSON.stringify(found.value)} is not a valid image reference: ${parsed.message}`;
    table.complain(message, found.place, 'write HOST/NAME:TAG, perhaps with a digest');
  }
  return found;
}

function readFrontendTakes(table: TableReader): FrontendTakes | undefined {
  const known = ['contexts', 'inputs'];
  const found = table.strings('frontend_takes', 'what a frontend takes');
  for (const { value, place } of found ?? []) {
    if (!known.includes(value)) {
      const hint = didYouMean(value, known) ?? `write ${known.join(' or ')}`;
      table.complain(`frontend_takes does not know ${JSON.stringify(value)}`, place, hint);
    }
  }
  const has = (name: string) => found?.some(({ value }) => value === name) === true;
  return found === undefined ? undefined : { contexts: has('contexts'), inputs: has('inputs') };
}

/** Paths that lead nowhere else. */
function readInside(table: TableReader, key: string): readonly Found<string>[] | undefined {
  return readPaths(table, key)?.filter(({ value, place }) => {
    const isOut = value.startsWith('/') || value.split('/').includes('..');
    if (isOut) {
      const within = key === 'files' ? 'a repository' : "the tree's directory";
      table.complain(
        `${key} has a path that leads out: ${value}`,
        place,
        `name paths of ${within}`,
      );
    }
    return !isOut && value !== '';
  });
}
