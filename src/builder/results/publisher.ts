import type { Docker } from '#adapters/docker/docker.js';
import type { LocalImage } from '#adapters/docker/images.js';
import { secretsOf } from '#adapters/registry/credentials.js';
import { Registry } from '#adapters/registry/registry.js';
import { redact } from '#adapters/registry/secret.js';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Login } from '../publish/login.js';
import { pausing } from '../publish/pause.js';
import { type PushResult, type PushWay, pushImage, type Staged } from '../publish/push.js';
import type { Listener } from '../report/event.js';
import type { StagingRepository } from '../staging/repository.js';
import type { TransferOptions } from '../transfer.js';

interface ResultsInput extends TransferOptions {
  readonly results: StagingRepository;
  readonly docker: Docker;
  /** With the login of the repository, as it is now. */
  readonly login: () => Promise<Login>;
  readonly listen: Listener;
  readonly signal: AbortSignal;
}

/**
 * Puts what a job of a matrix has made, and what has passed, where the later jobs find it: the last one publishes it under
 * its name. No tag is moved, and nothing is replaced.
 */
export class ResultsPublisher {
  readonly deed = 'staged';
  readonly #input: ResultsInput;

  constructor(input: ResultsInput) {
    this.#input = input;
  }

  /** Images of other trees are needed by later jobs too. */
  covers(_: Tree): boolean {
    return true;
  }

  async push(
    { reference }: ImageDefinition,
    image: LocalImage,
    staged?: Staged,
  ): Promise<PushResult> {
    const { results, docker, login, retries, transferTimeoutMs, signal } = this.#input;
    const { access } = results;
    const { repository, tag } = results.placeOf(reference);
    const way: PushWay =
      staged === undefined ? { kind: 'docker', docker, login } : { kind: 'copy', from: staged };
    const registry = new Registry(access, { signal });
    try {
      return await pushImage(
        way,
        registry,
        {
          reference,
          repository,
          version: tag,
          pushAs: results.nameOf(reference, docker),
          id: staged?.digest ?? image.id,
        },
        {
          overwrite: false,
          rival: (digest) =>
            `another run of this job has staged another image meanwhile (${digest}); run the job again: it takes that one`,
          signs: false,
          redact: (text) => redact(text, secretsOf(access.keyring?.current ?? access.credentials)),
          retries,
          timeoutMs: transferTimeoutMs,
          signal,
          pause: pausing(reference, this.#input),
        },
      );
    } finally {
      registry.close();
    }
  }
}
