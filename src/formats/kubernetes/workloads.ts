import { JsonPull } from '../json/pull.js';
import { type Workload, workloadOf } from './owner.js';

/** A container of a pod, or of the template of pods; or a volume that is an image, by its own name. */
interface Container {
  readonly namespace?: string;
  readonly workload: Workload;
  readonly name: string;
  /** As the pod's specification has it. */
  readonly image: string;
  /** What runs, as `imageID` of the status has it; absent: nothing was started yet. */
  readonly imageId?: string;
  /** How many pods this speaks for: 1, or the replicas of a template. */
  readonly pods: number;
  /** It is of a template: what will run, not what runs. */
  readonly isTemplate: boolean;
  /** Where its image is in the file, in bytes. */
  readonly offset: number;
}

export interface Workloads {
  readonly containers: readonly Container[];
  /** Pods that have ended, which are left out. */
  readonly ended: number;
  /** Workloads with no replicas, which are left out. */
  readonly idle: number;
  /** What has no pods: how many of each kind. */
  readonly others: ReadonlyMap<string, number>;
}

/** More are not read. */
const mostContainers = 1_000_000;

/**
 * Reads what `kubectl get … -o json` prints: pods, and workloads with a template of pods (`-o json` of one, a List, or one
 * after the other). Only names, images, owners and the state are read: environments and what else may be
 * secret is skipped as bytes. Yields now and then, so that the caller can do something else.
 *
 * @throws JsonProblem
 */
export function* workloadsIn(bytes: Uint8Array): Generator<void, Workloads> {
  const reader = new JsonPull(bytes);
  const found = new Found();
  let items = 0;
  while (!reader.isAtEnd) {
    for (const kind of itemsIn(reader)) {
      readItem(reader, kind, found);
      if (++items % 100 === 0) {
        yield;
      }
    }
  }
  return found;
}

class Found implements Workloads {
  readonly containers: Container[] = [];
  readonly others = new Map<string, number>();
  ended = 0;
  idle = 0;
}

/** Stands before each item in turn, with its kind; each has to be read or skipped. */
function* itemsIn(reader: JsonPull): Generator<string> {
  if (reader.kind === 'array') {
    reader.enterArray();
    while (reader.nextItem()) {
      yield kindOf(reader, undefined);
    }
    return;
  }
  const kind = kindOf(reader, undefined);
  const [, ofItems] = /^(.*)List$/.exec(kind) ?? [];
  if (ofItems === undefined) {
    yield kind;
    return;
  }
  const start = reader.offset;
  let hasItems = false;
  reader.enterObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    if (key !== 'items') {
      reader.skip();
      continue;
    }
    hasItems = true;
    reader.enterArray();
    while (reader.nextItem()) {
      // A PodList has pods that do not say what they are.
      yield kindOf(reader, ofItems || undefined);
    }
  }
  if (!hasItems) {
    throw reader.problem('a list without items', start);
  }
}

function kindOf(reader: JsonPull, usual: string | undefined): string {
  const start = reader.offset;
  return reader.again(() => {
    reader.enterObject();
    for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
      if (key !== 'kind') {
        reader.skip();
        continue;
      }
      const kind = textOr(reader);
      // kubectl has it at the beginning: the rest need not be looked at twice.
      if (kind !== undefined) {
        return kind;
      }
    }
    if (usual === undefined) {
      throw reader.problem('an object that does not say its kind', start);
    }
    return usual;
  });
}

/** What has a template of pods, and how often it runs. */
const templated: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
]);

interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly offset: number;
}

/** `volumes`: of those that are images, which no status tells of. */
type PodImages = Record<'containers' | 'volumes', ContainerSpec[]>;

interface PodSpec {
  readonly own: PodImages;
  readonly template: PodImages;
  replicas?: number;
}

function readItem(reader: JsonPull, kind: string, found: Found): void {
  if (kind !== 'Pod' && !templated.has(kind)) {
    found.others.set(kind, (found.others.get(kind) ?? 0) + 1);
    reader.skip();
    return;
  }
  const start = reader.offset;
  let metadata: Metadata | undefined;
  const spec: PodSpec = {
    own: { containers: [], volumes: [] },
    template: { containers: [], volumes: [] },
  };
  const status: Status = { ids: new Map() };
  object(reader, {
    metadata: () => {
      metadata = readMetadata(reader);
    },
    spec: () => readSpec(reader, spec),
    status: () => readStatus(reader, status),
  });
  if (metadata?.name === undefined) {
    throw reader.problem(
      `${kind === 'Pod' ? 'a' : 'an object of kind'} ${kind} without metadata.name`,
      start,
    );
  }
  const { name, namespace, hash, owners } = metadata;
  const where = namespace === undefined ? {} : { namespace };
  if (kind !== 'Pod') {
    // What made it is in the list itself, or in the names of its pods.
    if (owners.length > 0) {
      return;
    }
    if (spec.replicas === 0) {
      found.idle++;
      return;
    }
    const pods = spec.replicas ?? 1;
    for (const each of [...spec.template.containers, ...spec.template.volumes]) {
      add(found, { ...where, workload: { kind, name }, ...each, pods, isTemplate: true }, reader);
    }
    return;
  }
  if (status.phase === 'Succeeded' || status.phase === 'Failed') {
    found.ended++;
    return;
  }
  const labelled = hash === undefined ? {} : { hash };
  const workload = workloadOf({ kind, name, owners, ...labelled });
  const pod = { ...where, workload, pods: 1, isTemplate: false };
  for (const each of spec.own.containers) {
    const imageId = status.ids.get(each.name);
    add(found, { ...pod, ...each, ...(imageId === undefined ? {} : { imageId }) }, reader);
  }
  for (const each of spec.own.volumes) {
    add(found, { ...pod, ...each }, reader);
  }
}

function add(found: Found, container: Container, reader: JsonPull): void {
  found.containers.push(container);
  if (found.containers.length > mostContainers) {
    throw reader.problem(`more than ${mostContainers} containers`);
  }
}

interface Metadata {
  name?: string;
  namespace?: string;
  hash?: string;
  readonly owners: (Workload & { readonly isController: boolean })[];
}

function readMetadata(reader: JsonPull): Metadata {
  const metadata: Metadata = { owners: [] };
  object(reader, {
    name: () => set(metadata, 'name', textOr(reader)),
    namespace: () => set(metadata, 'namespace', textOr(reader)),
    labels: () =>
      object(reader, {
        'pod-template-hash': () => set(metadata, 'hash', textOr(reader)),
      }),
    ownerReferences: () =>
      list(reader, () => {
        const owner = { kind: '', name: '', isController: false };
        object(reader, {
          kind: () => set(owner, 'kind', textOr(reader)),
          name: () => set(owner, 'name', textOr(reader)),
          controller: () => {
            if (reader.kind === 'boolean') {
              owner.isController = reader.boolean();
            } else {
              reader.skip();
            }
          },
        });
        metadata.owners.push(owner);
      }),
  });
  return metadata;
}

function readSpec(reader: JsonPull, spec: PodSpec): void {
  const template = () => object(reader, { spec: () => readImages(reader, spec.template, {}) });
  readImages(reader, spec.own, {
    replicas: () => {
      if (reader.kind === 'null') {
        reader.skip();
      } else if (reader.kind === 'number') {
        spec.replicas = reader.number();
      } else {
        throw reader.problem('this is not a number');
      }
    },
    template,
    jobTemplate: () => object(reader, { spec: () => object(reader, { template }) }),
  });
}

function readImages(reader: JsonPull, into: PodImages, more: Fields): void {
  const containers = () =>
    list(reader, () => {
      const start = reader.offset;
      let offset = start;
      const container: { name?: string; image?: string } = {};
      object(reader, {
        name: () => set(container, 'name', textOr(reader)),
        image: () => {
          offset = reader.offset;
          set(container, 'image', textOr(reader));
        },
      });
      const { name, image } = container;
      if (name === undefined) {
        throw reader.problem('a container without a name', start);
      }
      if (image === undefined || image === '') {
        throw reader.problem('a container without an image', start);
      }
      into.containers.push({ name, image, offset });
    });
  const volumes = () =>
    list(reader, () => {
      let offset = reader.offset;
      const volume: { name?: string; image?: string } = {};
      object(reader, {
        name: () => set(volume, 'name', textOr(reader)),
        image: () =>
          object(reader, {
            reference: () => {
              offset = reader.offset;
              set(volume, 'image', textOr(reader));
            },
          }),
      });
      const { name = '', image } = volume;
      if (image !== undefined && image !== '') {
        into.volumes.push({ name, image, offset });
      }
    });
  object(reader, {
    containers,
    initContainers: containers,
    ephemeralContainers: containers,
    volumes,
    ...more,
  });
}

interface Status {
  phase?: string;
  /** By the name of the container. */
  readonly ids: Map<string, string>;
}

function readStatus(reader: JsonPull, status: Status): void {
  const statuses = () =>
    list(reader, () => {
      const one: { name?: string; imageID?: string } = {};
      object(reader, {
        name: () => set(one, 'name', textOr(reader)),
        imageID: () => set(one, 'imageID', textOr(reader)),
      });
      if (one.name !== undefined && one.imageID) {
        status.ids.set(one.name, one.imageID);
      }
    });
  object(reader, {
    phase: () => set(status, 'phase', textOr(reader)),
    containerStatuses: statuses,
    initContainerStatuses: statuses,
    ephemeralContainerStatuses: statuses,
  });
}

type Fields = Readonly<Record<string, () => void>>;

/** Reads these fields of an object, and skips the others; null is an object without fields. */
function object(reader: JsonPull, fields: Fields): void {
  if (reader.kind === 'null') {
    reader.skip();
    return;
  }
  reader.enterObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    const read = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (read === undefined) {
      reader.skip();
    } else {
      read();
    }
  }
}

function list(reader: JsonPull, item: () => void): void {
  if (reader.kind === 'null') {
    reader.skip();
    return;
  }
  reader.enterArray();
  while (reader.nextItem()) {
    item();
  }
}

/** Undefined for null. */
function textOr(reader: JsonPull): string | undefined {
  if (reader.kind === 'null') {
    reader.skip();
    return undefined;
  }
  return reader.text();
}

function set<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) {
    target[key] = value;
  }
}
