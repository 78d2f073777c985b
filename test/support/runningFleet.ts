/**
 * A registry with a fleet in it, a tree that defines most of its images, and 200 pods that run them. Which verdict each
 * workload has to get follows from how its image was made: the workload is called by it.
 */

import { sketchFiles } from './buildTree.js';
import type { Registry } from './engine/registry.js';
import { gitIn } from './gitRepository.js';
import { digestOf, ociIndex, putImage, putManifest } from './images.js';
import { madePod } from './pods.js';
import { type ScratchTree, scratchTree } from './scratch.js';

export interface RunningFleet {
  readonly tree: ScratchTree;
  /** The commit that removed `attic`. */
  readonly removal: string;
  readonly pods: readonly object[];
}

type Kind = 'Deployment' | 'CronJob' | 'StatefulSet' | 'DaemonSet' | 'Pod';
const kinds: readonly Kind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Pod'];

/** What runs, and how that stands by the rules of doc/running.md. */
interface Case {
  readonly verdict: string;
  readonly image: string;
  readonly imageId?: string;
  readonly phase?: string;
}

function changelog(name: string, ...versions: readonly string[]): string {
  const trailer = ' -- Ida Quay <ida@example.org>  Mon, 01 Jun 2026 06:00:00 +0000';
  return versions
    .map((version) => `${name} (${version}) wikimedia; urgency=medium\n\n  * Made.\n\n${trailer}\n`)
    .join('\n');
}

/** How many pods there are. */
export const podCount = 200;

export async function runningFleet(real: Registry): Promise<RunningFleet> {
  const { host } = real;
  const tree = scratchTree({
    'home/': '',
    'work/generate-bake.toml': `registry_aliases = { "mirror.example" = "${host}" }\n\n[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n`,
    'work/config.yaml': `registry: ${host}\n`,
    ...sketchFiles('work/images', {
      base: { dockerfile: 'FROM scratch\nCOPY changelog /\n' },
      api: { dockerfile: 'FROM {{ "base" | image_tag }}\nRUN true\n' },
      multi: { dockerfile: 'FROM scratch\nCOPY changelog /\n' },
      attic: { dockerfile: 'FROM scratch\nCOPY changelog /\n' },
    }),
    'work/images/base/changelog': changelog('base', '1-4', '1-3', '1-2', '1-1'),
    'work/images/api/changelog': changelog('api', '2.10-1', '2.9-1'),
    'work/images/base/control': 'Package: base\nMaintainer: Ida Quay <ida@example.org>\n',
  });
  const git = (...words: readonly string[]) => gitIn(tree.at('work'), ...words);
  const commit = (message: string) => {
    git('add', '--all');
    const who = ['-c', 'user.name=Test Er', '-c', 'user.email=test@example.org'];
    git(...who, 'commit', '--quiet', '-m', message);
    return git('rev-parse', 'HEAD').trim();
  };
  git('init', '--quiet');
  commit('first');
  git('rm', '-r', '--quiet', 'images/attic');
  const removal = commit('attic: nobody needs it');

  const put = (name: string, tag: string, layers: readonly string[], labels = {}) =>
    putImage(real, name, tag, { layers, labels });
  const oci = (title: string, version: string) => ({
    'org.opencontainers.image.title': title,
    'org.opencontainers.image.version': version,
  });
  const base11 = await put('base', '1-1', ['b1'], oci('base', '1-1'));
  const base12 = await put('base', '1-2', ['b2']);
  // 1-4 is in the changelog, and not published yet.
  const base13 = await put('base', '1-3', ['b3']);
  await put('base', 'latest', ['b3']);
  const api1 = await put('api', '2.9-1', ['b3', 'a1'], oci('api', '2.9-1'));
  const apiFirst = await put('api', '2.10-1', ['b3', 'a2', 'first']);
  const api2 = await put('api', '2.10-1', ['b3', 'a2']);
  const platforms = [
    ['amd64', await put('multi', 'amd64', ['m1'])],
    ['arm64', await put('multi', 'arm64', ['m2'])],
  ] as const;
  const manifests = platforms.map(([architecture, digest]) => ({
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    digest,
    size: 1,
    platform: { os: 'linux', architecture },
  }));
  const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests });
  const multi = await putManifest(real, 'multi', '1', ociIndex, index);
  await put('attic', '1', ['b1', 'attic']);
  // What services are built on, by their labels or by their layers alone.
  const citoid = await put('services/citoid', '2026-01-01', ['b1', 's1'], oci('base', '1-1'));
  const plain = await put('services/plain', 'a', ['b3', 'a1', 's2']);
  const liar = await put('services/liar', 'a', ['b2', 's3'], oci('api', '2.10-1'));
  const fresh = await put('services/fresh', 'a', ['b3', 'a2', 's4']);
  const other = await put('services/other', 'a', ['x']);
  const movedFirst = await put('services/moved', 'stable', ['b1', 's5']);
  await put('services/moved', 'stable', ['b3', 's5']);

  const at = (repository: string, digest: string) => `${host}/${repository}@${digest}`;
  const config = digestOf(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: {} },
      rootfs: { type: 'layers', diff_ids: ['b3', 'a2'].map(digestOf) },
    }),
  );
  const own = (image: string) => `${host}/${image}`;
  const cases: readonly Case[] = [
    { verdict: 'current', image: own('base:1-3'), imageId: at('base', base13) },
    { verdict: 'current', image: own('base'), imageId: `docker-pullable://${at('base', base13)}` },
    { verdict: 'current', image: own('api:2.10-1'), imageId: `docker://${config}` },
    { verdict: 'current', image: own('api:2.10-1'), imageId: config.slice('sha256:'.length) },
    { verdict: 'current', image: 'mirror.example/api:2.10-1', imageId: at('api', api2) },
    { verdict: 'current', image: own('multi:1'), imageId: at('multi', multi) },
    { verdict: 'current', image: own('multi:1'), imageId: at('multi', platforms[1][1]) },
    { verdict: 'current', image: own(`api@${api2}`), imageId: at('api', api2) },
    { verdict: 'current', image: own('services/fresh:a'), imageId: at('services/fresh', fresh) },
    { verdict: 'current', image: own('base:1-3'), phase: 'Pending' },
    { verdict: 'restart', image: own('base:latest'), imageId: at('base', base12) },
    { verdict: 'restart', image: own('api:2.10-1'), imageId: at('api', apiFirst) },
    {
      verdict: 'restart',
      image: own('services/moved:stable'),
      imageId: at('services/moved', movedFirst),
    },
    { verdict: 'redeploy', image: own('base:1-1'), imageId: at('base', base11) },
    { verdict: 'redeploy', image: own('base:1-0'), imageId: at('base', digestOf('gone')) },
    { verdict: 'redeploy', image: own('api:2.9-1'), imageId: at('api', api1) },
    { verdict: 'redeploy', image: own('api:2.9-1'), phase: 'Pending' },
    { verdict: 'redeploy', image: own(`base@${base11}`), imageId: at('base', base11) },
    { verdict: 'redeploy', image: own(`api:2.10-1@${apiFirst}`), imageId: at('api', apiFirst) },
    {
      verdict: 'rebuild',
      image: own('services/citoid:2026-01-01'),
      imageId: at('services/citoid', citoid),
    },
    { verdict: 'rebuild', image: own('services/plain:a'), imageId: at('services/plain', plain) },
    { verdict: 'rebuild', image: own('services/liar:a'), imageId: at('services/liar', liar) },
    { verdict: 'retired', image: own('attic:1'), imageId: at('attic', digestOf('attic')) },
    { verdict: 'foreign', image: 'nginx', imageId: `docker.io/library/nginx@${digestOf('n')}` },
    {
      verdict: 'foreign',
      image: 'registry.k8s.io/pause:3.9',
      imageId: `registry.k8s.io/pause@${digestOf('p')}`,
    },
    { verdict: 'foreign', image: 'elsewhere.example/api:2.9-1', imageId: digestOf('e') },
    { verdict: 'foreign', image: own('services/other:a'), imageId: at('services/other', other) },
    { verdict: 'unknown', image: own('base'), phase: 'Pending' },
    { verdict: 'unknown', image: own('api:test'), imageId: at('api', api2) },
    { verdict: 'unknown', image: own('api:2.11-1'), imageId: at('api', digestOf('later')) },
    { verdict: 'unknown', image: 'Upper/Case:1', phase: 'Pending' },
    { verdict: 'unknown', image: own('services/lost:1'), imageId: digestOf('lost') },
  ];
  const lists = ['containers', 'initContainers', 'ephemeralContainers'] as const;
  const pods = Array.from({ length: podCount }, (_, number) => {
    const { verdict, ...one } = cases[number % cases.length] ?? cases[0] ?? never();
    const round = Math.floor(number / cases.length);
    const kind = kinds[(number + round) % kinds.length] ?? 'Pod';
    const name = `${verdict}-case${number % cases.length}-${kind.toLowerCase()}`;
    const as = lists[number % 7 === 0 ? 1 : number % 11 === 0 ? 2 : 0] ?? 'containers';
    return madePod({ ...one, name, kind, number: round, as, namespace: `ns${number % 3}` });
  });
  return { tree, removal, pods };
}

function never(): never {
  throw new Error('no case');
}
