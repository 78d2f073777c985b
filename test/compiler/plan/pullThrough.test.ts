/** `pull_through` in plans: bases and frontends are read through mirrors, Dockerfiles untouched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { scratchTree } from '../../support/scratch.js';

const digest = `sha256:${'a'.repeat(64)}`;

const changelog = (name: string): string =>
  `${name} (1.0) wikimedia; urgency=medium\n\n  * A.\n\n -- A B <a@b.example>  Mon, 03 Aug 2026 10:00:00 +0000\n`;

function planned(dockerfile: string, mirrors: string | undefined) {
  const below = mirrors === undefined ? '' : `generate-bake:\n  pull_through: ${mirrors}\n`;
  const tree = scratchTree({
    'config.yaml': `registry: r.example\n${below}`,
    'images/parent/changelog': changelog('parent'),
    'images/parent/Dockerfile.template': 'FROM scratch\nCOPY changelog /\n',
    'images/image/changelog': changelog('image'),
    'images/image/Dockerfile.template': dockerfile,
  });
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: ['images'], env: {}, home: tree.at('none') });
  assert.equal(explain(opened.diagnostics), '');
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph, selected } = compile({ workspace: opened.value, selection }).value;
  assert.equal(explain(graph.broken.flatMap(({ image }) => image.diagnostics)), '');
  const context = new Contexts(cwd).of;
  const { value, diagnostics } = makePlan(graph, selected, { ...printed, context });
  const target = value.targets.find(({ image }) => image === 'r.example/image:1.0');
  const image = graph.images.find(({ reference }) => reference === 'r.example/image:1.0');
  assert.ok(target !== undefined && image !== undefined);
  return {
    contexts: Object.fromEntries(target.contexts),
    dockerfile: target.dockerfile,
    digest: definitionDigests(graph, selected, context).get(target.image),
    externals: image.externals.map(({ written }) => written),
    warnings: diagnostics.map(({ code, message }) => `${code} ${message}`),
  };
}

const hub = '{docker.io: "harbor.example:8443/hub"}';

test('FROM, COPY --from and RUN --mount are read through the mirror, whichever way the name is written', () => {
  const dockerfile = [
    '# syntax=docker/dockerfile:1.7 --option',
    'FROM docker.io/debian:12 AS build',
    'FROM node AS other',
    'COPY --from=build / /a',
    `COPY --from=library/busybox:1@${digest} / /b`,
    'RUN --mount=type=bind,from=grafana/grafana:1,target=/g true',
    'COPY --from=quay.io/a/b:1 / /c',
    'COPY --from=r.example/parent / /p',
    '',
  ].join('\n');
  const plain = planned(dockerfile, undefined);
  const { contexts, ...rest } = planned(dockerfile, hub);
  assert.deepEqual(contexts, {
    'r.example/parent': 'target:parent',
    'debian:12': 'docker-image://harbor.example:8443/hub/library/debian:12',
    node: 'docker-image://harbor.example:8443/hub/library/node',
    [`busybox:1@${digest}`]: `docker-image://harbor.example:8443/hub/library/busybox:1@${digest}`,
    'grafana/grafana:1': 'docker-image://harbor.example:8443/hub/grafana/grafana:1',
    'docker/dockerfile:1.7': 'docker-image://harbor.example:8443/hub/docker/dockerfile:1.7',
  });
  // Nothing else is another: not the Dockerfile, not the digest, not what is known of the bases.
  const { contexts: _, ...before } = plain;
  assert.deepEqual(plain.contexts, { 'r.example/parent': 'target:parent' });
  assert.deepEqual(rest, before);
});

test('an image of the trees is linked, though its registry has a mirror', () => {
  const { contexts } = planned('FROM r.example/parent:1.0\n', '{r.example: mirror.example}');
  assert.deepEqual(contexts, { 'r.example/parent:1.0': 'target:parent' });
});

test('a stage of the same name would be replaced: it is left alone, with a warning', () => {
  const { contexts, warnings } = planned('FROM node AS node\nRUN true\n', hub);
  assert.deepEqual(contexts, {});
  assert.deepEqual(warnings, [
    'pull-through-stage node is not read through harbor.example:8443/hub/library/node: a stage is named node too',
  ]);
  assert.deepEqual(planned('FROM node:22 AS node\nRUN true\n', hub).warnings, []);
});
