/** What is in an image of the engine, as `docker image save` writes it: nothing is written anywhere. */
import type { Digest } from '#core/reference/brands.js';
import { type Completion, runProgram } from '../process/process.js';
import {
  completeDocker,
  type Docker,
  type DockerOptions,
  type DockerOutcome,
  failureOf,
} from './docker.js';

export interface EngineImage {
  readonly id: Digest;
  /** In the form of an OCI image configuration, as far as docker shows it. */
  readonly config: unknown;
}

/** The image of this name; undefined where the engine has none. */
export async function inspectConfig(
  docker: Docker,
  reference: string,
  options: DockerOptions = {},
): Promise<DockerOutcome<EngineImage | undefined>> {
  const completion = await completeDocker(docker, ['image', 'inspect', reference], options);
  if (completion.kind !== 'exited' || completion.status !== 0) {
    const failure = failureOf(completion);
    return failure.reason === 'refused' && /no such image/i.test(failure.message)
      ? { kind: 'done', value: undefined }
      : failure;
  }
  const [image]: readonly Inspected[] = JSON.parse(completion.stdout);
  if (image === undefined) {
    return { kind: 'done', value: undefined };
  }
  const { Id: id, Architecture, Os, Variant, Config, RootFS } = image;
  const config = {
    architecture: Architecture,
    os: Os,
    variant: Variant,
    config: Config,
    rootfs: { diff_ids: RootFS?.Layers },
  };
  return { kind: 'done', value: { id, config } };
}

/** What `docker image inspect` prints, as far as we read it. */
interface Inspected {
  readonly Id: Digest;
  readonly Architecture?: string;
  readonly Os?: string;
  readonly Variant?: string;
  readonly Config?: unknown;
  readonly RootFS?: { readonly Layers?: readonly string[] | null } | null;
}

/**
 * Gives the archive of an image to `read` as docker writes it, and then what that made of it. What `read`
 * throws is thrown where docker itself did not fail.
 */
export async function saveImage<T>(
  docker: Docker,
  reference: string,
  read: (archive: AsyncIterable<Uint8Array>) => Promise<T>,
  { signal }: Pick<DockerOptions, 'signal'> = {},
): Promise<DockerOutcome<T>> {
  let outcome: { readonly value: T } | { readonly cause: unknown } | undefined;
  const completion: Completion = await runProgram({
    program: docker.program,
    args: ['image', 'save', reference],
    cwd: docker.cwd,
    env: docker.env,
    ...(signal === undefined ? {} : { signal }),
    readStdout: async (stdout) => {
      try {
        outcome = { value: await read(stdout) };
      } catch (cause) {
        outcome = { cause };
      }
    },
  });
  if (completion.kind !== 'exited' || completion.status !== 0 || outcome === undefined) {
    return failureOf(completion);
  }
  if ('cause' in outcome) {
    throw outcome.cause;
  }
  return { kind: 'done', value: outcome.value };
}
