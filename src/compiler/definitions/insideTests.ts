import { join } from 'node:path';
import { error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { type Door, withInside } from '#core/files/readInside.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { InsideTest } from './definition.js';

/** A test file: goss reads YAML and JSON, everything else is a program. */
export function insideTest(directory: string, shown: string, file: string): InsideTest {
  const kind = /\.(?:ya?ml|json)$/.test(file) ? 'goss' : 'script';
  return { kind, file: join(directory, file), shown: shown === '.' ? file : `${shown}/${file}` };
}

/** Tests that a definition names itself: the error `test-missing` for one that is not there. */
export function namedTests(
  door: Door,
  shown: string,
  named: readonly Found<string>[],
): Outcome<readonly InsideTest[]> {
  const tests = named.map(({ value }) => insideTest(door.own, shown, value));
  const diagnostics = named.flatMap(({ value, place }) =>
    problemOf(join(door.own, value), door).map((problem) =>
      error('test-missing', `the test ${value} ${problem}`, {
        place,
        hint: 'create it, or remove it from tests',
      }),
    ),
  );
  return { value: tests, diagnostics };
}

function problemOf(file: string, door: Door): readonly string[] {
  try {
    withInside(file, door, () => undefined);
    return [];
  } catch (cause) {
    return [whyNot(cause)];
  }
}
