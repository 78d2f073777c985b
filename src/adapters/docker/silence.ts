import type { BuildStep } from './step.js';
import type { StepTracker } from './steps.js';

export interface SilenceWatch {
  /** Something was heard of the call. */
  heard(): void;
  end(): void;
}

/**
 * Tells when a bake call says nothing for so long while no command of a Dockerfile runs, which may
 * be silent for hours: BuildKit waits for ever for a registry that takes a request and is silent.
 * Gives the steps that were under way.
 */
export function watchSilence(
  tracker: StepTracker,
  milliseconds: number,
  onSilence: (running: readonly BuildStep[]) => void,
): SilenceWatch {
  const timer = setTimeout(() => {
    const running = tracker.steps.filter(
      ({ started, completed }) => started !== undefined && completed === undefined,
    );
    if (running.some(({ instruction }) => /^(?:ONBUILD\s+)?RUN\b/i.test(instruction))) {
      timer.refresh();
    } else {
      onSilence(running);
    }
  }, milliseconds);
  return { heard: () => void timer.refresh(), end: () => clearTimeout(timer) };
}
