import assert from 'node:assert/strict';
import type { Registry } from './engine/registry.js';

/**
 * Whether the layers of published images begin with those of their parents, whose digests they name. `isTogether`: image and
 * parent were built by one call of bake, where the digest is not known yet and the label may be
 * empty.
 */
export async function onParents(
  { host }: Registry,
  parents: ReadonlyMap<string, string>,
  isTogether: (name: string, parent: string) => boolean = () => false,
): Promise<void> {
  for (const [name, parent] of parents) {
    const [image, below] = await Promise.all([stored(host, name), stored(host, parent)]);
    assert.deepEqual(image.layers.slice(0, below.layers.length), below.layers, name);
    const known = isTogether(name, parent) ? ['', below.digest] : [below.digest];
    assert.ok(known.includes(image.base ?? null), `${name} is said to be on ${image.base}`);
  }
}

async function stored(host: string, name: string) {
  const answer = await fetch(`http://${host}/v2/${name}/manifests/1`, {
    headers: {
      accept:
        'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
    },
  });
  const digest = answer.headers.get('docker-content-digest');
  const manifest = (await answer.json()) as {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  const blob = await fetch(`http://${host}/v2/${name}/blobs/${manifest.config.digest}`);
  const { config, rootfs } = (await blob.json()) as {
    readonly config: { readonly Labels: Readonly<Record<string, string>> };
    readonly rootfs: { readonly diff_ids: readonly string[] };
  };
  return {
    digest,
    layers: rootfs.diff_ids,
    base: config.Labels['org.opencontainers.image.base.digest'],
  };
}
