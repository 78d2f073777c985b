/** What kubectl prints of pods, made up: the fields that the API always has, and some that must never be shown. */

interface MadePod {
  readonly namespace?: string;
  /** Of the workload: `Deployment`, `CronJob`, `Pod`, … */
  readonly kind?: string;
  readonly name: string;
  /** Which one of the workload. */
  readonly number?: number;
  readonly image: string;
  /** As `imageID`; absent: nothing was started yet. */
  readonly imageId?: string;
  readonly phase?: string;
  /** In which list the container is. */
  readonly as?: 'containers' | 'initContainers' | 'ephemeralContainers';
}

/** In the environment of each container. */
export const podSecret = 'hunter2-do-not-show';

const hash = '7d9c5b8f4d';

/** The pod of a workload, with the owner that Kubernetes gives it. */
export function madePod({
  namespace = 'shop',
  kind = 'Deployment',
  name,
  number = 0,
  image,
  imageId,
  phase = 'Running',
  as = 'containers',
}: MadePod): object {
  const owners: Readonly<Record<string, readonly [kind: string, name: string, pod: string]>> = {
    Deployment: ['ReplicaSet', `${name}-${hash}`, `${name}-${hash}-${number}`],
    CronJob: ['Job', `${name}-2861${1000 + number}`, `${name}-2861${1000 + number}-x2x7q`],
    StatefulSet: ['StatefulSet', name, `${name}-${number}`],
    DaemonSet: ['DaemonSet', name, `${name}-x${number}`],
  };
  const owner = owners[kind];
  const container = {
    env: [{ name: 'PASSWORD', value: podSecret }],
    image,
    name: 'main',
    resources: {},
  };
  const status = { image, imageID: imageId ?? '', name: 'main', ready: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      annotations: { 'example.org/token': podSecret },
      labels: { 'pod-template-hash': hash },
      name: owner?.[2] ?? name,
      namespace,
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion: 'v1', controller: true, kind: owner[0], name: owner[1], uid: 'u' },
            ],
          }),
    },
    spec: { containers: [], [as]: [container], nodeName: 'node1' },
    status: {
      phase,
      ...(imageId === undefined && phase === 'Pending'
        ? {}
        : { [as.replace(/s$/, 'Statuses')]: [status] }),
    },
  };
}

/** As `kubectl get pods -A -o json` prints them. */
export function podList(pods: readonly object[]): string {
  const metadata = { resourceVersion: '' };
  return `${JSON.stringify({ apiVersion: 'v1', items: pods, kind: 'List', metadata }, null, 4)}\n`;
}
