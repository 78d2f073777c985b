import type { Place } from '#core/diagnostics/diagnostic.js';
import { type Glob, readGlob } from '#core/text/glob.js';
import type { Found, TableReader } from '#formats/settings/tableReader.js';
import { entryIn } from './inLanguage.js';

/** What the gate does with images that have no test: they wait for approval, or are published all the same. */
const untestedWays = ['await', 'publish'] as const;
type Untested = (typeof untestedWays)[number];

/** Files that each build of an image may change. */
export interface ExpectedChange {
  /** Of names of images; absent: of all that the file is about. */
  readonly images?: Glob;
  /** Of absolute paths in the image. */
  readonly paths: Glob;
}

/** What a workspace file, one of its trees, or `generate-bake` of a configuration says of the gate. */
export interface GateKeys {
  readonly untested?: Untested;
  readonly expectedChanges?: readonly ExpectedChange[];
}

export function readGateKeys(table: TableReader): GateKeys {
  const untested = table.choice('untested', untestedWays);
  const expectedChanges = readExpectedChanges(table);
  return {
    ...(untested === undefined ? {} : { untested }),
    ...(expectedChanges === undefined ? {} : { expectedChanges }),
  };
}

const key = 'expected_changes';

/** A list of globs of paths, for all images, or a table of such lists by globs of images. */
function readExpectedChanges(table: TableReader): readonly ExpectedChange[] | undefined {
  if (table.raw(key) instanceof Map) {
    const inner = table.table(key);
    const images = [...(inner?.data.keys() ?? [])].filter((name) => typeof name === 'string');
    const all = images.flatMap((name) =>
      pathsOf(inner?.strings(name, 'a path'), inner).map((paths) => ({
        images: readGlob(name),
        paths,
      })),
    );
    inner?.finish();
    return all;
  }
  return readExpectedPaths(table);
}

/** Those of one image: a list alone. */
export function readExpectedPaths(table: TableReader): readonly ExpectedChange[] | undefined {
  const found = table.strings(key, 'a path');
  return found && pathsOf(found, table).map((paths) => ({ paths }));
}

function pathsOf(
  found: readonly Found<string>[] | undefined,
  table: TableReader | undefined,
): readonly Glob[] {
  return (found ?? []).flatMap(({ value, place }) => {
    const problem = value.startsWith('/') ? undefined : 'does not begin with /';
    if (problem !== undefined) {
      const hint = `write paths as they are in the image: ${exampleAt(place)}`;
      table?.complain(`${key}: ${JSON.stringify(value)} ${problem}`, place, hint);
      return [];
    }
    return [readGlob(value)];
  });
}

function exampleAt(place: Place): string {
  return entryIn(place, key, ['/opt/app/build-id', '/usr/share/app/*']);
}

/** Whether a build of the image may change a path (absolute). */
export function isExpectedChange(
  changes: readonly ExpectedChange[],
  image: string,
  path: string,
): boolean {
  return changes.some(({ images, paths }) => images?.test(image) !== false && paths.test(path));
}
