/** Source policies of BuildKit, which say what builds may take (doc/dev/bake.md, Source policies). */
import { join } from 'node:path';
import { makeMarked, removeOwn } from '#core/files/temporary.js';
import { replaceFile } from '#core/files/writeFile.js';
import type { Environment } from '../process/process.js';
import { completeDocker, type Docker } from './docker.js';

/** Names the file that buildx reads. */
export const sourcePolicyVariable = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY';

/** Writes a policy into a directory of this run; gives what buildx is run with so that it reads it. */
export function handOver(policy: string, folder: string): Environment {
  const file = join(folder, 'source-policy.json');
  replaceFile(file, policy, 0o600);
  return { [sourcePolicyVariable]: file };
}

/** The image that BuildKit was not let have, as its message has it: `docker.io/library/debian:13`. */
export function deniedSource(message: string): string | undefined {
  return /\bsource "docker-image(?:\+blob)?:\/\/([^"]+)" (?:denied|not allowed) by policy\b/.exec(
    message,
  )?.[1];
}

/** A name that nobody has: RFC 6761. */
const nowhere = 'generate-bake.invalid/denied:1';

const everyImage = '{"rules":[{"action":"DENY","selector":{"identifier":"docker-image://*"}}]}';

/** In milliseconds: a builder that was never used is started first. */
const longestTried = 120_000;

/** Whether a builder keeps to a source policy, by trying: it is to take an image that is denied, and that nobody has. */
export async function obeysSourcePolicy(docker: Docker, signal: AbortSignal): Promise<boolean> {
  const folder = makeMarked('policy');
  try {
    const builder = docker.builder === undefined ? [] : ['--builder', docker.builder];
    const tried = await completeDocker(
      docker,
      ['buildx', 'build', ...builder, '--output', 'type=cacheonly', '--progress', 'plain', '-'],
      {
        input: `FROM ${nowhere}\n`,
        env: { ...handOver(everyImage, folder), BUILDX_GIT_INFO: '0' },
        timeoutMs: longestTried,
        signal,
      },
    );
    return tried.kind === 'exited' && deniedSource(tried.stderr) === nowhere;
  } finally {
    removeOwn(folder);
  }
}
