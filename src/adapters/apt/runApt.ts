import type { Completion } from '../process/process.js';
import type { WorkFiles } from './workFiles.js';

/** Runs programs of an apt in directories of its own, as a user who is never root. */
export interface AptRunner {
  /** `2.6.1 (amd64)`: what was answered is kept by it. */
  readonly version: string;
  readonly work: WorkFiles;
  /**
   * The same for questions about an image that this reference names; a clause where that is not possible. This machine's own
   * apt answers about all.
   */
  of(image: string | undefined): Promise<AptRunner | { readonly reason: string }>;
  /** @param config the file that is its whole configuration */
  run(
    program: AptProgram,
    args: readonly string[],
    config: string,
    timeoutMs?: number,
  ): Promise<Completion>;
}

export type AptProgram = 'apt-get' | 'apt-cache' | 'apt-config';

/** How long a question may take, in milliseconds. */
export const questionMs = 2 * 60_000;

/** Nothing else of the environment is passed on. */
export function aptEnvironment(
  { temporary }: WorkFiles,
  config: string,
): Readonly<Record<string, string>> {
  return { LC_ALL: 'C', HOME: '/nonexistent', TMPDIR: temporary, APT_CONFIG: config };
}

/** Of the environment, what says how archives are reached; it may have passwords. */
export const proxyVariables = ['http_proxy', 'https_proxy', 'no_proxy'] as const;
