/** What a pod belongs to, as its own metadata says. */
export interface Workload {
  /** `Deployment`, `CronJob`, `Pod`. */
  readonly kind: string;
  readonly name: string;
}

export interface PodMetadata extends Workload {
  /** The label `pod-template-hash`. */
  readonly hash?: string;
  readonly owners: readonly (Workload & { readonly isController: boolean })[];
}

/** What a name may end with: the characters of k8s.io/apimachinery/pkg/util/rand. */
const hashEnding = /^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5,10}$/;
/** The minutes or seconds since 1970 at which a job was due. */
const timeEnding = /^(.+)-\d{8,10}$/;

/**
 * What a person changes to change a pod: of a ReplicaSet its Deployment, of a Job that a CronJob made that; both are in no
 * pod, and follow from the names. A static pod is named without its node.
 */
export function workloadOf({ kind, name, hash, owners }: PodMetadata): Workload {
  const owner = owners.find(({ isController }) => isController) ?? owners[0];
  if (owner === undefined) {
    return { kind, name };
  }
  if (owner.kind === 'ReplicaSet') {
    const ending = `-${hash ?? ''}`;
    const deployment =
      hash !== undefined && owner.name.endsWith(ending)
        ? owner.name.slice(0, -ending.length)
        : hashEnding.exec(owner.name)?.[1];
    return deployment ? { kind: 'Deployment', name: deployment } : plain(owner);
  }
  if (owner.kind === 'Job') {
    const [, cronJob] = timeEnding.exec(owner.name) ?? [];
    return cronJob === undefined ? plain(owner) : { kind: 'CronJob', name: cronJob };
  }
  if (owner.kind === 'Node') {
    const ending = `-${owner.name}`;
    return { kind, name: name.endsWith(ending) ? name.slice(0, -ending.length) : name };
  }
  return plain(owner);
}

function plain({ kind, name }: Workload): Workload {
  return { kind, name };
}
