/** One index over images that are in a real registry already. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinImages } from '#adapters/registry/joinImages.js';
import { Registry } from '#adapters/registry/registry.js';
import type { Digest, Repository } from '#core/reference/brands.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import { ociIndex, putImage } from '../../support/images.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

test('an image of another platform or definition than was asked for is in no index', {
  skip,
}, async (t) => {
  const store = await registry();
  t.after(() => store.stop());
  const labels = { definition: 'sha256:1' };
  const digest = (await putImage(store, 'img', 'part', { labels, oci: true })) as Digest;
  const opened = new Registry({
    host: store.host,
    credentials: { kind: 'none', mayPublish: false },
    insecure: false,
    environment: {},
    authorities: () => [],
    workers: 4,
  });
  t.after(() => opened.close());
  const join = async (platform: string, label: string, tag: string) => {
    const joined = await joinImages(opened, {
      repository: `${store.host}/img` as Repository,
      tag,
      parts: [{ digest, platforms: [platform] }],
      platforms: [platform],
      annotations: new Map([['a', 'b']]),
      label: { key: 'definition', value: label },
    });
    return joined.ok ? joined.value : opened.explain(joined.fault).reason;
  };
  assert.match(
    await join('linux/arm64', 'sha256:1', 'arm'),
    /an image for linux\/amd64 where one for linux\/arm64 was built/,
  );
  assert.match(await join('linux/amd64', 'sha256:2', 'other'), /an image of another definition/);
  const made = await join('linux/amd64', 'sha256:1', 'joined');
  const answer = await fetch(`http://${store.host}/v2/img/manifests/joined`, {
    headers: { accept: ociIndex },
  });
  assert.equal(answer.headers.get('docker-content-digest'), made);
  const { manifests, annotations } = (await answer.json()) as {
    readonly manifests: readonly { readonly digest: string; readonly platform: unknown }[];
    readonly annotations: unknown;
  };
  assert.deepEqual(annotations, { a: 'b' });
  assert.deepEqual(
    manifests.map(({ digest: own, platform }) => [own, platform]),
    [[digest, { architecture: 'amd64', os: 'linux' }]],
  );
  const { tags } = (await (await fetch(`http://${store.host}/v2/img/tags/list`)).json()) as {
    readonly tags: readonly string[];
  };
  assert.deepEqual(tags.toSorted(), ['joined', 'part']);
});
