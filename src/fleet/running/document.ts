import { type RunningImage, workloadsOf } from './images.js';
import type { Verdict } from './judge.js';
import type { OutdatedPackages } from './outdated.js';
import type { RunningBreach } from './policy.js';

/** What is known of an image that runs. */
export interface RunningRow {
  readonly image: RunningImage;
  readonly verdict: Verdict;
  readonly owner?: string;
  /** Absent: nobody looked. */
  readonly packages?: OutdatedPackages;
  /** What the policy does not allow; absent: nobody looked. */
  readonly breaches?: readonly RunningBreach[];
}

/** A file, and how much of it counts. */
export interface ClusterSummary {
  readonly cluster: string;
  readonly file: string;
  readonly leftOut: readonly string[];
}

/** `running --json`; doc/running.schema.json describes it. */
export function runningDocument(
  clusters: readonly ClusterSummary[],
  rows: readonly RunningRow[],
): object {
  return { schema: 1, clusters, images: rows.map(rowDocument) };
}

function rowDocument({ image, verdict, owner, packages, breaches }: RunningRow): object {
  const { kind, reason, version, behind, base, retired } = verdict;
  const { shown, running, isPinned, about } = image;
  return {
    image: shown,
    verdict: kind,
    reason: reason ?? null,
    defined: about.kind === 'own' ? about.image.shown : null,
    owner: owner ?? null,
    digest: running?.digest ?? null,
    pinned: isPinned,
    version: version ?? null,
    newest: behind?.newest ?? null,
    behind: behind === undefined ? 0 : (behind.versions ?? null),
    base: base === undefined ? null : { repository: base.image.repository, version: base.version },
    retired:
      retired === undefined
        ? null
        : {
            file: retired.file,
            commit: retired.commit ?? null,
            date: retired.time === undefined ? null : new Date(retired.time * 1000).toISOString(),
          },
    packages: packages === undefined ? null : packagesDocument(packages),
    policy: breaches ?? null,
    workloads: workloadsOf(image).map(
      ({ cluster, namespace, kind: type, name, containers, pods, isTemplate }) => ({
        cluster,
        namespace: namespace ?? null,
        kind: type ?? null,
        name,
        containers,
        pods,
        listed: !isTemplate,
      }),
    ),
  };
}

function packagesDocument(packages: OutdatedPackages): object {
  return packages.kind === 'known'
    ? { outdated: packages.outdated, security: packages.security, reason: null }
    : { outdated: null, security: null, reason: packages.reason };
}
