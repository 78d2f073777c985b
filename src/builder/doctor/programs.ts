import { runProgram } from '#adapters/process/process.js';
import { programAt } from '#core/files/programAt.js';
import type { Host } from '../request.js';
import { type Check, lacking, missing, ok } from './check.js';
import type { Needs } from './needs.js';

/** How long a program may take to say its version, in milliseconds. */
const patience = 5_000;

/** The oldest Node that the program is written for. */
const oldestNode = [20, 19] as const;

/** Node, git, and what tests and recipes need. */
export async function programChecks(
  needs: Needs,
  host: Host,
  versions: { readonly program: string; readonly node: string },
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const find = (name: string, hint: string, trees: readonly string[]) =>
    programCheck(name, host, { hint, trees }, signal);
  return [
    ok('generate-bake', versions.program),
    nodeCheck(versions.node, needs),
    ...(await Promise.all([
      find('git', 'install git: it says which files belong to a tree', needs.git),
      find('goss', 'install goss, or put it into the images: their tests need it', needs.goss),
      find('mmdebstrap', 'install mmdebstrap: recipes of root filesystems need it', needs.recipes),
      find('apt-get', 'install apt: mmdebstrap needs it', needs.recipes),
    ])),
  ];
}

function nodeCheck(version: string, { engine }: Needs): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [first, second] = oldestNode;
  const hint = `upgrade it: ${first}.${second} or newer is needed`;
  return major > first || (major === first && minor >= second)
    ? ok('node', version)
    : missing('node', version, { hint, trees: engine });
}

async function programCheck(
  name: string,
  { env, cwd }: Host,
  need: { readonly hint: string; readonly trees: readonly string[] },
  signal: AbortSignal,
): Promise<Check> {
  const file = programAt(name, env.PATH, cwd);
  if (file === undefined) {
    return lacking(name, 'not installed', need);
  }
  const said = await runProgram({
    program: file,
    args: ['--version'],
    env,
    cwd,
    signal,
    timeoutMs: patience,
    graceMs: 300,
  });
  if (said.kind === 'timed-out') {
    const detail = `${file} does not answer within ${patience / 1000} s`;
    return lacking(name, detail, need);
  }
  if (said.kind === 'not-started') {
    return lacking(name, said.message, need);
  }
  const version = /\d+(?:\.\d+)+/.exec(said.stdout)?.[0];
  return ok(name, version === undefined ? file : `${version}, ${file}`, need.trees);
}
