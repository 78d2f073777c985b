import type { BuildStep } from './step.js';

/** A cache that could not be used; what is built is the same without it. */
export interface CacheFault {
  readonly kind: 'read' | 'written';
  /** Of one that is read: its reference. */
  readonly ref?: string;
  /** In one line, as BuildKit says it. */
  readonly reason: string;
}

const reading = /^importing cache manifest from (\S+)/;
const writing = /^(?:exporting cache to |preparing build cache for export)/;

/** Whether a step only reads or writes a cache: BuildKit goes on where that fails (`ignore-error`). */
export function isCacheStep({ instruction }: Pick<BuildStep, 'instruction'>): boolean {
  return reading.test(instruction) || writing.test(instruction);
}

/** The caches that could not be used. One that nobody has written yet is none of them. */
export function cacheFaults(steps: readonly BuildStep[]): readonly CacheFault[] {
  return steps.flatMap(({ instruction, error }): readonly CacheFault[] => {
    if (error === undefined || /context canceled/.test(error)) {
      return [];
    }
    const reason = error.replace(/\s+/g, ' ').trim();
    const ref = reading.exec(instruction)?.[1];
    if (ref !== undefined) {
      return reason.endsWith(': not found') ? [] : [{ kind: 'read', ref, reason }];
    }
    return writing.test(instruction) ? [{ kind: 'written', reason }] : [];
  });
}
