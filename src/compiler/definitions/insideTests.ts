import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { error, type Outcome } from '#core/diagnostics/diagnostic.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { InsideTest } from './definition.js';

/** A test file: goss reads YAML and JSON, everything else is a program. */
export function insideTest(directory: string, shown: string, file: string): InsideTest {
  const kind = /\.(?:ya?ml|json)$/.test(file) ? 'goss' : 'script';
  return { kind, file: join(directory, file), shown: shown === '.' ? file : `${shown}/${file}` };
}

/** Tests that a definition names itself: the error `test-missing` for one that is not there. */
export function namedTests(
  directory: string,
  shown: string,
  named: readonly Found<string>[],
): Outcome<readonly InsideTest[]> {
  const tests = named.map(({ value }) => insideTest(directory, shown, value));
  const diagnostics = named.flatMap(({ value, place }) =>
    existsSync(join(directory, value))
      ? []
      : [
          error('test-missing', `the test ${value} does not exist`, {
            place,
            hint: 'create it, or remove it from tests',
          }),
        ],
  );
  return { value: tests, diagnostics };
}
