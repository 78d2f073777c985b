/** Further tags of a version that is published, where the registry does not let one be moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '#adapters/registry/registry.js';
import { putExtraTags } from '#builder/publish/extraTags.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import {
  type Asked,
  faultyRegistry,
  type Misbehaviour,
  refusal,
} from '../../support/faultyRegistry.js';
import { graphOf, treeOf } from '../../support/graph.js';
import { putImage } from '../../support/images.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

async function put(behave: (asked: Asked) => Misbehaviour) {
  const store = await registry();
  const version = await putImage(store, 'img', '1', { layers: ['1'] });
  await putImage(store, 'img', 'there', { layers: ['0'] });
  const gate = await faultyRegistry(behave, { behind: store.host });
  const tree = treeOf('images', { registry: gate.host });
  const extraTags = ['there', 'new', 'latest'];
  const graph = graphOf([{ name: 'img', tree, definition: { extraTags } }]);
  const definition = graph.images[0]?.rendered.definition ?? assert.fail();
  const client = new Registry(
    {
      host: gate.host,
      credentials: { kind: 'none', mayPublish: false },
      insecure: false,
      environment: {},
      authorities: () => [],
      workers: 1,
    },
    { patience: { attempts: 1 } },
  );
  const refused: string[] = [];
  const result = await putExtraTags(client, definition, (tag) => refused.push(tag));
  const head = await client.head(definition.repository, 'new');
  const latest = await client.head(definition.repository, 'latest');
  client.close();
  await gate.stop();
  await store.stop();
  return { result, refused, isNew: head?.digest === version, latest };
}

const puts =
  (tag: string) =>
  ({ method, path }: Asked) =>
    method === 'PUT' && path.endsWith(`/manifests/${tag}`);

test('a tag that is there and immutable is told, and the others are put', { skip }, async () => {
  const found = await put((asked) =>
    puts('there')(asked) ? refusal(412, 'PRECONDITION', 'configured as immutable') : 'pass',
  );
  assert.deepEqual(found, {
    result: undefined,
    refused: ['there'],
    isNew: true,
    latest: undefined,
  });
});

test('any other refusal is a failure of the image', { skip }, async () => {
  const found = await put((asked) => (puts('new')(asked) ? refusal(403, 'DENIED', 'no') : 'pass'));
  assert.match(found.result?.reason ?? '', /published, but not under its tag new: .* 403: no/);
  assert.deepEqual(found.refused, []);
});
