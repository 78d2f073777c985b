import { type Environment, runProgram } from '#adapters/process/process.js';
import { authVariable } from '#adapters/registry/dockerConfig.js';
import { nameAt, type RegistryAccess } from '#adapters/registry/registry.js';
import type { Tree } from '#compiler/workspace/tree.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { resultOf, Tail } from '../verify/testResult.js';

/** What the hook runs with. */
export interface HookOptions {
  /** Of the whole process; what this program reads credentials from is left out. */
  readonly env: Environment;
  /** Absolute: where the run writes its report when it ends; absent: nowhere. */
  readonly reportFile?: string;
  /** Whether nobody else is to hear of the image. */
  readonly isPrivate: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
}

/** An image that is published. */
export interface HookImage {
  readonly tree: Tree;
  readonly repository: Repository;
  readonly version: string;
  readonly digest: Digest;
}

export type HookResult =
  /** It succeeded, or there is none. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: string; readonly tail: readonly string[] }
  | { readonly kind: 'cancelled' };

/** What this program reads credentials from. */
const ourCredentials = ['GENERATE_BAKE_USERNAME', 'GENERATE_BAKE_PASSWORD', authVariable];

/**
 * Runs `after_publish` of a tree for an image that is published, before its `latest` is moved. Where a run
 * was interrupted in between, the next one runs it again.
 */
export async function runAfterPublish(
  { tree, repository, version, digest }: HookImage,
  access: RegistryAccess,
  { env, reportFile, isPrivate, timeoutMs, signal, onOutput }: HookOptions,
): Promise<HookResult> {
  const hook = tree.config.afterPublish;
  if (hook === undefined) {
    return { kind: 'passed' };
  }
  const kept = Object.entries(env).filter(([name]) => !ourCredentials.includes(name));
  const tail = new Tail();
  const take = (text: string): void => {
    tail.add(text);
    onOutput(text);
  };
  const pushed = nameAt(access, repository);
  const completion = await runProgram({
    program: hook.program,
    args: hook.args,
    cwd: hook.directory,
    env: {
      ...Object.fromEntries(kept),
      GENERATE_BAKE_IMAGE: `${pushed}:${version}`,
      GENERATE_BAKE_REPOSITORY: pushed,
      GENERATE_BAKE_VERSION: version,
      GENERATE_BAKE_DIGEST: digest,
      GENERATE_BAKE_TREE: tree.name,
      GENERATE_BAKE_PRIVATE: isPrivate ? 'true' : '',
      GENERATE_BAKE_REPORT: reportFile ?? '',
    },
    signal,
    timeoutMs,
    sweep: true,
    onStdout: take,
    onStderr: take,
  });
  const result = resultOf(completion, 'after_publish', 0, timeoutMs, tail.lines);
  return result.kind === 'failed' || result.kind === 'cancelled' ? result : { kind: 'passed' };
}
