import type { RunningWorkload } from '#fleet/running/images.js';

/** A workload as a table has it; `isTemplate` is absent where pods of it are listed. */
type ShownWorkload = Omit<RunningWorkload, 'containers' | 'isTemplate'> & {
  readonly isTemplate?: boolean;
};

/** The first workload, and how many others there are. */
export function whereText(workloads: readonly ShownWorkload[], hasClusters: boolean): string {
  const [first, ...more] = workloads;
  if (first === undefined) {
    return '-';
  }
  const text = workloadText(first, hasClusters);
  return more.length === 0 ? text : `${text} and ${more.length} more`;
}

/** `CLUSTER: Deployment NAMESPACE/NAME (3 pods)`. */
export function workloadText(
  { cluster, namespace, kind, name, pods, isTemplate }: ShownWorkload,
  hasClusters: boolean,
): string {
  const path = [...(namespace === undefined ? [] : [namespace]), ...(name === '' ? [] : [name])];
  const what = [...(kind === undefined ? [] : [kind]), path.join('/')].filter(Boolean).join(' ');
  const often = isTemplate ? ' (no pod listed)' : pods === 1 ? '' : ` (${pods} pods)`;
  const text = `${what}${kind === undefined && pods > 1 ? ` (${pods} times)` : often}`.trim();
  return hasClusters ? `${cluster}: ${text || '-'}` : text || '-';
}
