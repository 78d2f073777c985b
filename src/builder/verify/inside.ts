import { basename, dirname, join } from 'node:path';
import type { InsideTest } from '#compiler/definitions/definition.js';

/** What of the host decides how a test is run. */
export interface TestHost {
  /** The goss of the host, absolute: it is copied into the container. Absent: the image's own. */
  readonly goss?: string;
  readonly exists: (file: string) => boolean;
  /** The first bytes of a file. */
  readonly start: (file: string) => string;
}

/** One test as docker has to run it. */
export interface InsideRun {
  /** Laid out in one directory, which `copy` takes; modes matter, since the image's user reads them. */
  readonly files: readonly {
    readonly source: string;
    readonly name: string;
    readonly mode: number;
    /** A program of the host, and not a file of the tree. */
    readonly isOfHost?: true;
  }[];
  /** Arguments of docker, in this order; `remove` whatever becomes of the others. */
  readonly create: readonly string[];
  readonly copy: readonly string[];
  readonly start: readonly string[];
  readonly remove: readonly string[];
  /** Present where the image may lack goss: prints 127 after `start` if so (its own status is 1). */
  readonly askStatus?: readonly string[];
}

/** Where the files of a test are in its container. */
const inContainer = '/generate-bake-test';

/**
 * How docker runs a test in a container of its own, as the image's user: the files are copied into
 * it, which works with an engine elsewhere too, and the test is its only process, so that an image
 * without a shell can be tested as well.
 *
 * @param container its name, new for every run
 * @param stage a directory on the host that holds `files`
 */
export function planInsideTest(
  test: InsideTest,
  image: string,
  container: string,
  stage: string,
  host: TestHost,
): InsideRun {
  const name = basename(test.file);
  const files: InsideRun['files'][number][] = [
    { source: test.file, name, mode: test.kind === 'goss' ? 0o644 : 0o755 },
  ];
  const at = (file: string): string => `${inContainer}/${file}`;
  let command: readonly [string, ...string[]];
  if (test.kind === 'goss') {
    const vars = join(dirname(test.file), 'goss_vars.yaml');
    const withVars = host.exists(vars);
    if (withVars) {
      files.push({ source: vars, name: basename(vars), mode: 0o644 });
    }
    if (host.goss !== undefined) {
      files.push({ source: host.goss, name: '.goss', mode: 0o755, isOfHost: true });
    }
    const program = host.goss === undefined ? 'goss' : at('.goss');
    const options = withVars ? ['--vars', at(basename(vars))] : [];
    command = [program, '--gossfile', at(name), ...options, 'validate'];
  } else {
    const runsItself = /^(?:#!|\x7fELF)/.test(host.start(test.file));
    command = runsItself ? [at(name)] : ['/bin/sh', at(name)];
  }
  const [program, ...args] = command;
  return {
    files,
    create: ['create', '--name', container, '--entrypoint', program, image, ...args],
    copy: ['cp', '--quiet', `${stage}/.`, `${container}:${inContainer}`],
    start: ['start', '--attach', container],
    remove: ['rm', '--force', '--volumes', container],
    ...(test.kind === 'goss' && host.goss === undefined
      ? { askStatus: ['inspect', '--format', '{{.State.ExitCode}}', container] }
      : {}),
  };
}
