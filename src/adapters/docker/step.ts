import type { BakeTarget } from './targets.js';

export interface BuildStep {
  /** BuildKit's digest of the operation: the same for all targets that share it. */
  readonly digest: string;
  /** `RUN make`, `exporting to image`: the name without its prefix. */
  readonly instruction: string;
  /** `internal` steps are BuildKit's own: loading Dockerfile and context, looking up images. */
  readonly internal: boolean;
  /** The stage of the Dockerfile, where BuildKit names one. */
  readonly stage?: string;
  /** `2/3`. */
  readonly number?: string;
  /** The targets that BuildKit has named, the true owner not always among them: see `owners`. */
  readonly reporters: readonly BakeTarget[];
  /** Unix milliseconds; absent while it waits. */
  readonly started?: number;
  /** Absent while it runs. */
  readonly completed?: number;
  readonly cached: boolean;
  readonly error?: string;
  /** The last lines of its output, stdout and stderr as they came. */
  readonly tail: readonly string[];
}
