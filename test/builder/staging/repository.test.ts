/** Where images wait that other builders need: what is refused, and how they are called there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCredentials } from '#adapters/registry/credentials.js';
import { untold } from '#adapters/registry/waits.js';
import { StagingRepository, stagingProblems } from '#builder/staging/repository.js';
import type { Reference, Repository } from '#core/reference/brands.js';
import { graphOf } from '../../support/graph.js';

const repository = 'b.example/team/app';
const reference = `${repository}:1` as Reference;
const definition = { reference, repository: repository as Repository };
const graph = graphOf([{ name: 'app', definition }]);
const every = new Set(graph.images.map((image) => image.reference));

function problems(staging: string) {
  const place = { file: 'generate-bake.toml', line: 2 };
  return stagingProblems({ repository: staging, place }, graph, every).map(
    ({ message, place: at }) => `${at?.line}: ${message}`,
  );
}

test('a repository that is none, or in which something is published, is refused where it is written', () => {
  assert.deepEqual(problems('b.example/staging'), []);
  for (const wrong of ['staging', 'b.example', 'b.example/x:1', 'b.example/X', '']) {
    assert.deepEqual(problems(wrong), [`2: staging must be a registry and a path, not "${wrong}"`]);
  }
  const above = repository.slice(0, repository.lastIndexOf('/'));
  for (const published of [repository, above]) {
    assert.deepEqual(problems(published), [
      `2: ${repository} is published in the staging repository ${published}`,
    ]);
  }
  assert.deepEqual(problems(`${above}x`), [], 'a name that only begins alike');
  assert.deepEqual(problems(`${repository}/below`), [], 'what is below an image is not the image');
});

test('each run has tags of its own, of a legal length', () => {
  const open = () =>
    new StagingRepository({
      repository: 'b.example/staging',
      access: {
        host: 'b.example',
        credentials: noCredentials,
        insecure: false,
        environment: {},
        authorities: () => [],
        workers: 1,
      },
      retries: 0,
      transferTimeoutMs: 1_000,
      waits: untold,
      signal: new AbortController().signal,
    });
  const [one, other] = [open(), open()];
  const app = 'r.example/team/app:1.0' as Reference;
  assert.match(one.nameOf(app), /^b\.example\/staging\/team\/app:1\.0-[0-9a-f]{16}$/);
  assert.notEqual(one.nameOf(app), other.nameOf(app));
  const elsewhere = 'q.example/team/app:1.0' as Reference;
  assert.notEqual(one.nameOf(app), one.nameOf(elsewhere), 'one path on two registries');
  const long = one.nameOf(`r.example/app:${'1'.repeat(128)}` as Reference);
  assert.equal(long.slice(long.lastIndexOf(':') + 1).length, 128);
  assert.equal(one.at(app), undefined);
});
