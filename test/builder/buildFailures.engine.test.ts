/** A tree of 60 images, three of which fail at different depths. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport, type Sketch } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engines } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { firstUnlessLong, onlyLong } from '../support/long.js';

/** Four levels: 6 roots, then 18 children each: i stands on the image 18 (or 6) before it. */
function sixty(host: string, broken: Readonly<Record<string, string>>): Sketch {
  const name = (at: number): string => `i${String(at).padStart(2, '0')}`;
  const parentOf = (at: number): number | undefined =>
    at < 6 ? undefined : at < 24 ? (at - 6) % 6 : at - 18;
  const images: Record<string, Sketch[string]> = {};
  for (let at = 0; at < 60; at++) {
    const parent = parentOf(at);
    const from = parent === undefined ? `${host}/base:1` : `{{ "${name(parent)}" | image_tag }}`;
    const own = broken[name(at)];
    images[name(at)] = {
      dockerfile: `FROM ${from}\nRUN ${own?.startsWith('RUN ') ? own.slice(4) : `echo ${at} > /${at}`}\n`,
      ...(at % 10 === 0 || own?.startsWith('test ')
        ? { test: own?.startsWith('test ') ? own.slice(5) : `docker run --rm "$1" test -e /${at}` }
        : {}),
    };
  }
  return images;
}

const descendants = (roots: readonly number[]): number[] => {
  const found = new Set<number>();
  for (let at = 6; at < 60; at++) {
    const parent = at < 24 ? (at - 6) % 6 : at - 18;
    if (roots.includes(parent) || found.has(parent)) {
      found.add(at);
    }
  }
  return [...found].filter((at) => !roots.includes(at));
};

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: of 60 images 3 fail, the rest is built, tested and published; then only the mended ones`, {
    skip: onlyLong,
  }, async () => {
    const store = await registry({ users: { robot: 'geheim' } });
    await loadBase(engine, `${store.host}/base:1`);
    const config = { registry: store.host, username: 'robot', password: 'geheim' };
    const broken = {
      i01: 'RUN echo the reason is here && false',
      i20: 'test echo the test says no; exit 7',
      i45: 'RUN exit 3',
    };
    const tree = buildTree(engine, config, sixty(store.host, broken));

    const first = await tree.run('build', '--report', 'report.json', '--junit', 'junit.xml');
    assert.equal(first.status, 1, first.stderr);
    const report = readReport(tree.at('work/report.json'));
    const short = (numbers: readonly number[]): string[] =>
      numbers.map((at) => `i${String(at).padStart(2, '0')}:1`).sort();
    const skipped = descendants([1, 20, 45]);
    assert.deepEqual(endings(report).failed, short([1, 20, 45]), first.stderr);
    assert.deepEqual(endings(report).skipped, short(skipped));
    assert.equal(endings(report).published?.length, 60 - 3 - skipped.length);
    assert.deepEqual(Object.keys(endings(report)).sort(), ['failed', 'published', 'skipped']);

    const of = (name: string) => report.images.find((one) => one.reference.endsWith(`/${name}:1`));
    assert.equal(of('i01')?.during, 'build');
    assert.equal(of('i20')?.during, 'verify');
    assert.match(of('i20')?.reason ?? '', /status 7/);
    assert.match(of('i25')?.reason ?? '', new RegExp(`parent ${store.host}/i01:1 failed`));
    assert.match(of('i38')?.reason ?? '', new RegExp(`parent ${store.host}/i20:1`));
    assert.match(first.stderr, / {8}\| the reason is here/);
    assert.match(first.stderr, / {8}\| the test says no/);
    assert.equal(of('i00')?.tested, true);
    // No test of a published image's parent failed; `latest` stands only at what was published.
    assert.equal(report.latest.length, 60 - 3 - skipped.length);

    tree.sketch(sixty(store.host, {}));
    const before = store.requests().length;
    const second = await tree.run('build', '--report', 'report.json');
    assert.equal(second.status, 0, second.stderr);
    const mended = readReport(tree.at('work/report.json'));
    assert.deepEqual(endings(mended).published, short([1, 20, 45, ...skipped]));
    const puts = store
      .requests()
      .slice(before)
      .filter(({ method, path }) => method === 'PUT' && /\/manifests\/1$/.test(path));
    assert.equal(puts.length, 3 + skipped.length);

    const third = await tree.run('build');
    assert.equal(third.status, 0, third.stderr);
    assert.match(third.stderr, /nothing to do/);
  });
}
