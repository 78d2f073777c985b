import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PullThrough } from '#core/reference/pullThrough.js';

const table = new PullThrough([
  { of: 'docker.io', at: 'harbor.example:8443/hub' },
  { of: 'docker.io/library', at: 'harbor.example/official' },
  { of: 'quay.io', at: 'quay.mirror.example' },
  { of: 'gcr.io/distroless/static', at: 'localhost:5000/static' },
]);
const digest = `sha256:${'a'.repeat(64)}`;

test('a reference is read through the mirror of the longest name, its tag and digest kept', () => {
  for (const [written, read] of [
    ['debian', 'harbor.example/official/debian'],
    ['debian:12', 'harbor.example/official/debian:12'],
    ['library/debian:12', 'harbor.example/official/debian:12'],
    ['docker.io/debian:12', 'harbor.example/official/debian:12'],
    ['index.docker.io/library/debian:12', 'harbor.example/official/debian:12'],
    ['registry-1.docker.io/library/debian:12', 'harbor.example/official/debian:12'],
    [`debian:12@${digest}`, `harbor.example/official/debian:12@${digest}`],
    [`debian@${digest}`, `harbor.example/official/debian@${digest}`],
    ['grafana/grafana:1', 'harbor.example:8443/hub/grafana/grafana:1'],
    ['docker/dockerfile:1', 'harbor.example:8443/hub/docker/dockerfile:1'],
    ['QUAY.io/a/b', 'quay.mirror.example/a/b'],
    ['gcr.io/distroless/static:x', 'localhost:5000/static:x'],
    ['gcr.io/distroless/static/sub', 'localhost:5000/static/sub'],
    // Another registry, port or path, and what is no reference.
    ['gcr.io/distroless/static-debian12', undefined],
    ['quay.io:8443/a', undefined],
    ['quay.io.example/a', undefined],
    ['harbor.example/official/debian:12', undefined],
    ['', undefined],
    ['Debian', undefined],
  ] as const) {
    assert.equal(table.read(written), read, written);
  }
});
