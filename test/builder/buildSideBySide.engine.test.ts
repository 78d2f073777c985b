/** More images than a call holds: the calls run side by side. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { onlyLong } from '../support/long.js';

test('one slow image holds up only what is built on it', { skip: onlyLong }, async () => {
  const docker = await engine();
  const store = await registry();
  const base = `${store.host}/base:1`;
  await loadBase(docker, base);
  const on = (parent: string, line: string): string =>
    `FROM {{ "${parent}" | image_tag }}\nRUN ${line}\n`;
  const images: Record<string, Sketch[string]> = {
    slow: { dockerfile: `FROM ${base}\nRUN sleep 20 && echo slow > /slow\n` },
    below: { dockerfile: on('slow', 'test -e /slow') },
  };
  for (let at = 0; at < 12; at++) {
    images[`quick${at}`] = {
      dockerfile:
        at < 4
          ? `FROM ${base}\nRUN echo ${at} > /${at}\n`
          : on(`quick${at - 4}`, `echo ${at} > /${at}`),
      ...(at % 5 === 0 ? { test: `docker run --rm "$1" test -e /${at}` } : {}),
    };
  }
  const tree = buildTree(
    docker,
    { registry: store.host, username: 'any', password: 'body' },
    images,
  );
  const done = await tree.run('build', '--wave-size', '4', '--report', 'report.json');
  assert.equal(done.status, 0, done.stderr);
  const report = readReport(tree.at('work/report.json'));
  assert.equal(endings(report).published?.length, 14);
  // Where calls wait for each other, no more than the three beside it are built and pushed before.
  const order = [...done.stderr.matchAll(/\/(\w+):1: (?:built|published)/g)].map(
    ([, name]) => name,
  );
  assert.ok(order.indexOf('slow') >= 8, order.join(' '));
  const again = await tree.run('build', '--quiet');
  assert.equal(`${again.status}${again.stderr}`, '0');
  await store.stop();
});
