import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { error, type Outcome } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { type Door, withInside } from '#core/files/readInside.js';
import type { Found } from '#formats/settings/tableReader.js';
import type { InsideTest } from './definition.js';

/** A test file: goss reads YAML and JSON, everything else is a program. */
function insideTest(directory: string, shown: string, file: string): InsideTest {
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
    problemsOf(value, door).map((problem) =>
      error('test-missing', problem, { place, hint: 'create it, or remove it from tests' }),
    ),
  );
  return { value: tests, diagnostics };
}

/**
 * Tests that are there, by the names of their files: the error `test-missing` for one that cannot be
 * read, or must not be (a link out of the repository).
 */
export function presentTests(
  door: Door,
  shown: string,
  files: readonly string[],
): Outcome<readonly InsideTest[]> {
  const value = files.map((file) => insideTest(door.own, shown, file));
  const diagnostics = value.flatMap(({ shown: test }, at) =>
    problemsOf(files[at] ?? '', door).map((problem) =>
      error('test-missing', problem, {
        place: { file: test },
        hint: 'replace it by a file of the repository, or remove it',
      }),
    ),
  );
  return { value, diagnostics };
}

/** What is wrong with a test, and with the variables beside it that goss is given. */
function problemsOf(test: string, door: Door): readonly string[] {
  const own = problemOf(join(door.own, test), door).map((problem) => `the test ${test} ${problem}`);
  const vars = join(dirname(test), 'goss_vars.yaml');
  const isGoss = /\.(?:ya?ml|json)$/.test(test);
  if (own.length > 0 || !isGoss || !existsSync(join(door.own, vars))) {
    return own;
  }
  return problemOf(join(door.own, vars), door).map(
    (problem) => `the variables of the test ${test}, ${vars}: the file ${problem}`,
  );
}

function problemOf(file: string, door: Door): readonly string[] {
  try {
    withInside(file, door, () => undefined);
    return [];
  } catch (cause) {
    return [whyNot(cause)];
  }
}
