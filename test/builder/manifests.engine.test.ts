/** `annotations` and `attest`: what a registry has in the end, and engines that keep neither. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';

const skip = privateEngineMissing() ?? false;

/** A double of a scanner: what BuildKit runs for an SBOM, with one package that is not there. */
const scannerDouble = `#!/bin/sh
echo '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"name":"double"}}' \\
  > "$BUILDKIT_SCAN_DESTINATION/double.spdx.json"
`;

interface Manifest {
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly manifests?: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly layers?: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

test('a registry has them, of those alone that ask for them', { skip }, async (t) => {
  const docker = await privateEngine('current', ['--feature=containerd-snapshotter=true']);
  t.after(() => docker.remove());
  const store = await registry();
  await loadBase(docker, 'store/base:1');
  const scanner = `${store.host}/scanner:1`;
  const keys = {
    annotations: { 'org.example.team': 'web', 'org.example.text': 'a, "b" = ${c}' },
    attest: { provenance: true, sbom: scanner },
  };
  const config = { registry: `${store.host}/fleet`, 'generate-bake': keys };
  const tree = buildTree(docker, config, {
    par: { dockerfile: 'FROM store/base:1\nRUN echo par > /par\n' },
    kid: { dockerfile: 'FROM {{ "par" | image_tag }}\nRUN echo kid > /kid\n' },
  });
  tree.write({
    'scanner/Dockerfile': 'FROM store/base:1\nCOPY scan /scan\nENTRYPOINT ["/scan"]\n',
    'scanner/scan': { text: scannerDouble, mode: 0o755 },
    'work/images/plain/Dockerfile': 'FROM store/base:1\nRUN echo plain > /plain\n',
    'work/images/plain/image.toml':
      'version = "1"\nattest = false\nannotations = { "org.example.team" = "base" }\n',
  });
  await docker.docker(
    'build',
    '--quiet',
    '--tag',
    scanner,
    '--provenance=false',
    tree.at('scanner'),
  );
  await docker.docker('push', '--quiet', scanner);

  const { status, stderr } = await tree.run('build', '--publish');
  assert.equal(status, 0, stderr);
  const ask = async (name: string, version: string): Promise<Manifest> => {
    const accept = [
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.docker.distribution.manifest.v2+json',
    ].join(',');
    const url = `http://${store.host}/v2/fleet/${name}/manifests/${version}`;
    return (await fetch(url, { headers: { accept } })).json() as Promise<Manifest>;
  };
  for (const name of ['par', 'kid']) {
    const index = await ask(name, '1');
    assert.equal(index.mediaType, 'application/vnd.oci.image.index.v1+json', name);
    assert.deepEqual(index.annotations, keys.annotations, name);
    const [image, attestations] = index.manifests ?? [];
    assert.deepEqual((await ask(name, image?.digest ?? '')).annotations, keys.annotations, name);
    const { layers = [] } = await ask(name, attestations?.digest ?? '');
    assert.deepEqual(
      layers.map((layer) => layer.annotations?.['in-toto.io/predicate-type']).sort(),
      ['https://slsa.dev/provenance/v0.2', 'https://spdx.dev/Document'],
    );
  }
  const plain = await ask('plain', '1');
  assert.equal(plain.manifests, undefined);
  assert.deepEqual(plain.annotations, { ...keys.annotations, 'org.example.team': 'base' });
  // All of it is there: nothing is built or published once more.
  const again = await tree.run('build', '--publish');
  assert.match(again.stderr, /nothing to do/);
});

test('a classic store keeps none: an error of what is published, else a warning', {
  skip,
}, async (t) => {
  const docker = await privateEngine('current', ['--feature=containerd-snapshotter=false']);
  t.after(() => docker.remove());
  const store = await registry();
  await loadBase(docker, 'store/base:1');
  const config = {
    registry: `${store.host}/fleet`,
    'generate-bake': { attest: 'provenance', annotations: { a: 'b' } },
  };
  const tree = buildTree(docker, config, {
    one: { dockerfile: 'FROM store/base:1\nRUN echo one > /one\n' },
  });
  const published = await tree.run('build', '--publish');
  assert.equal(published.status, 2, published.stderr);
  const places =
    /^config\.yaml:1:\d+: error: (attestations|annotations): the classic image store of this engine keeps none \[engine-unable\]$/gm;
  assert.equal(published.stderr.match(places)?.length, 2, published.stderr);
  assert.ok(!published.stderr.includes('building'), published.stderr);
  const local = await tree.run('build', '--no-publish');
  assert.equal(local.status, 0, local.stderr);
  assert.match(
    local.stderr,
    /warning: attestations: .* images are built without \[engine-unable\]/,
  );
});
