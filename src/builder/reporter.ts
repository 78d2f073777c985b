import type { Diagnostic } from '#core/diagnostics/diagnostic.js';
import type { Decision } from '#fleet/status/decide.js';
import type { OpenedRun } from './opened.js';
import type { Listener } from './report/event.js';
import type { RootfsEvent } from './rootfs.js';

/** Gets what a build has to say, in order. */
export interface BuildReporter {
  /** Problems of the run (options, logins, registries), as soon as they are known. */
  diagnostics(found: readonly Diagnostic[]): void;
  /** What compiling and the contexts warn of. */
  definitions(found: readonly Diagnostic[]): void;
  /** What only those want to know who ask for more. */
  info(line: string): void;
  rootfs(event: RootfsEvent): void;
  /** What is going to be done with each image; what it returns gets the events of the run. */
  decided(decisions: readonly Decision[], build: OpenedRun): Promise<Listener>;
}

/** As far as nothing is built yet. */
export type Asking = Pick<BuildReporter, 'diagnostics' | 'definitions' | 'info'>;
