/** A tree of twelve images, one of which is broken and one blocked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engines } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { firstUnlessLong } from '../support/long.js';
import { must } from '../support/process.js';

function twelve(host: string, bad: string): Sketch {
  const on = (parent: string): string => `FROM {{ "${parent}" | image_tag }}\n`;
  const images: Record<string, Sketch[string]> = {
    root: { dockerfile: `FROM ${host}/base:1\nRUN echo root > /root-file\n` },
    bad: { dockerfile: `${on('root')}${bad}` },
    blocked: { dockerfile: `${on('bad')}RUN echo blocked > /blocked\n` },
  };
  for (let at = 0; at < 9; at++) {
    const dockerfile = `${on('root')}RUN echo ${at} > /${at}\n`;
    const tested = { dockerfile, test: `docker run --rm "$1" test -e /${at}` };
    images[`i${at}`] = at === 0 ? tested : { dockerfile };
  }
  return images;
}

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: an image that cannot be linked to its parent fails alone`, async () => {
    const tree = buildTree(
      engine,
      {},
      {
        bare: { dockerfile: 'FROM scratch\nLABEL a=b\n' },
        other: { dockerfile: 'FROM scratch\nCOPY . /\n' },
        child: { dockerfile: 'FROM {{ "bare" | image_tag }}\nCOPY . /\n' },
        below: { dockerfile: 'FROM {{ "child" | image_tag }}\nCOPY . /\n' },
      },
    );
    const { status, stderr } = await tree.run('build', '--report', 'report.json');
    assert.equal(status, 1, stderr);
    const report = readReport(tree.at('work/report.json'));
    const built = ['bare:1', 'other:1'];
    assert.deepEqual(endings(report), { built, failed: ['child:1'], skipped: ['below:1'] }, stderr);
    assert.match(stderr, /bare:1 has no filesystem layer/);
  });

  test(`${engine.name}: a local child of a broken, published parent is built once`, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    await loadBase(engine, `${store.host}/base:1`);
    const config = { registry: store.host, username: 'robot', password: 'geheim' };
    const root = (fault: string) => ({
      root: { dockerfile: `FROM ${store.host}/base:1\nRUN echo root > /root-file\n${fault}` },
    });
    const tree = buildTree(engine, config, root(''));
    const published = await tree.run('build');
    assert.equal(published.status, 0, published.stderr);

    const build = async () => {
      const args = ['--no-publish', '--select', 'child', '--report', 'report.json'];
      const { status, stderr } = await tree.run('build', ...args);
      const { images } = readReport(tree.at('work/report.json'));
      const child = images.find(({ reference }) => reference.endsWith('/child:1'));
      return `${status} ${child?.ending} ${status === 0 ? '' : stderr}`.trim();
    };
    const child = (text: string) => ({
      child: { dockerfile: `FROM {{ "root" | image_tag }}\nRUN echo ${text} > /child\n` },
    });
    tree.sketch({ ...root('RUN {{ nothing.here }}\n'), ...child('one') });
    assert.deepEqual([await build(), await build()], ['0 built', '0 untouched']);
    tree.sketch(child('two'));
    assert.deepEqual([await build(), await build()], ['0 built', '0 untouched']);
    tree.sketch(root(''));
    assert.deepEqual([await build(), await build()], ['0 built', '0 untouched']);
  });

  test(`${engine.name}: ten of twelve are built, tested and published; mended, the other two`, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    await loadBase(engine, `${store.host}/base:1`);
    const config = { registry: store.host, username: 'robot', password: 'geheim' };
    const tree = buildTree(engine, config, twelve(store.host, 'RUN {{ nothing.here }}\n'));

    const first = await tree.run('build', '--report', 'report.json', '--junit', 'junit.xml');
    assert.equal(first.status, 1, first.stderr);
    const report = readReport(tree.at('work/report.json'));
    assert.deepEqual(endings(report).failed, ['bad:1'], first.stderr);
    assert.deepEqual(endings(report).skipped, ['blocked:1']);
    assert.equal(endings(report).published?.length, 10, first.stderr);
    const said = (pattern: RegExp): number => [...first.stderr.matchAll(pattern)].length;
    assert.equal(said(/FAILED/g), 1, first.stderr);
    assert.equal(said(/^FAILED {2}bad:1 \(definition\) {2}\S+\/bad\/Dockerfile\.template:2$/gm), 1);
    assert.match(first.stderr, /^ {8}log: \S+\/images\/bad\.log$/m);
    assert.equal(said(/\bskipped \S*blocked:1|blocked:1: skipped/g), 1);
    const blocked = report.images.find((one) => one.reference.endsWith('/blocked:1'));
    assert.match(blocked?.reason ?? '', /blocked by .*\/bad:1, which is broken/);

    const kindsOf = (name: string) =>
      readReport(tree.at('work/report.json'))
        .images.find(({ reference }) => reference.endsWith(`/${name}:1`))
        ?.reasons?.map(({ kind }) => kind);
    assert.deepEqual(kindsOf('root'), ['not-published']);
    assert.deepEqual(kindsOf('i0'), ['not-published', 'parent-rebuilt']);
    assert.deepEqual(kindsOf('bad'), ['broken']);
    assert.deepEqual(kindsOf('blocked'), ['blocked', 'not-published']);

    const again = await tree.run('build', '--report', 'report.json');
    assert.equal(again.status, 1, again.stderr);
    assert.doesNotMatch(
      again.stderr,
      /FAILED|skipped \S/,
      'nothing ran: the errors are just above',
    );
    assert.match(again.stderr, /\n1 skipped, 1 failed\n/);
    assert.deepEqual(kindsOf('i0'), ['kept']);
    const second = endings(readReport(tree.at('work/report.json')));
    assert.deepEqual([second.failed, second.skipped], [['bad:1'], ['blocked:1']]);
    assert.equal(second.published, undefined, again.stderr);

    const without = await tree.run('build', '--exclude', '*bad*', '--exclude', '*blocked*');
    assert.equal(without.status, 0, without.stderr);
    const old = ['root:0', 'bad:0', 'blocked:0'].map((name) => `${store.host}/${name}`);
    for (const name of old) {
      // Another image than the current one, which prune would keep.
      await must('docker', ['tag', `${store.host}/i1:1`, name], { env: engine.env });
    }
    const pruned = await tree.run('prune');
    assert.equal(pruned.status, 0, pruned.stderr);
    assert.match(pruned.stdout, /\/root:0$/m);
    assert.doesNotMatch(pruned.stdout, /bad|blocked/);

    tree.sketch(twelve(store.host, 'RUN echo bad > /bad\n'));
    const mended = await tree.run('build', '--report', 'report.json');
    assert.equal(mended.status, 0, mended.stderr);
    const third = endings(readReport(tree.at('work/report.json')));
    assert.deepEqual(third.published, ['bad:1', 'blocked:1'], mended.stderr);
  });
}
