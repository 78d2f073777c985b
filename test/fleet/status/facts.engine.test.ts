/**
 * What we rely on of Docker and buildx, measured on each engine: should a newer one behave
 * differently, these say so first.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBase } from '../../support/engine/base.js';
import { engines } from '../../support/engine/engine.js';
import { debianSource, packagesMissing } from '../../support/engine/packages.js';
import { firstUnlessLong } from '../../support/long.js';
import { type Finished, run } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

const base = 'docker.io/library/facts:1';

interface Target {
  readonly dockerfile: string;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, string>>;
}

function plan(targets: Readonly<Record<string, Target>>): string {
  return JSON.stringify({
    group: { default: { targets: Object.keys(targets) } },
    target: Object.fromEntries(
      Object.entries(targets).map(([name, { dockerfile, ...rest }]) => [
        name,
        { context: '.', 'dockerfile-inline': dockerfile, tags: [`facts/${name}:1`], ...rest },
      ]),
    ),
  });
}

for (const engine of firstUnlessLong(await engines())) {
  await loadBase(engine, base);
  const tree = scratchTree();
  const bake = (input: string, ...args: string[]): Promise<Finished> =>
    run('docker', ['buildx', 'bake', '-f', '-', ...args], {
      cwd: tree.path,
      env: { ...engine.env, BUILDX_GIT_INFO: '0' },
      input,
    });
  const read = (image: string, file: string) => engine.docker('run', '--rm', image, 'cat', file);

  test(`${engine.name}: a linked child holds its parent's file, though neither was pushed`, async () => {
    const done = await bake(
      plan({
        parent: { dockerfile: `FROM ${base}\nRUN echo from-parent > /parent\n` },
        child: {
          dockerfile: 'FROM facts/parent:1\nRUN echo "$(cat /parent) to-child" > /child\n',
          contexts: { 'facts/parent:1': 'target:parent' },
        },
      }),
    );
    assert.equal(done.status, 0, done.stderr);
    assert.equal(await read('facts/child:1', '/child'), 'from-parent to-child');
  });

  const mirror = packagesMissing() === undefined ? debianSource().uri : undefined;
  const reachable = mirror?.startsWith('http://') === true;
  test(`${engine.name}: a build's RUN reaches the Debian mirror that the host uses`, {
    skip: reachable ? false : 'this machine has no Debian mirror that plain http reaches',
  }, async () => {
    const done = await bake(
      plan({
        net: {
          dockerfile: `FROM ${base}\nRUN wget -q -O /release ${mirror}/dists/stable/Release\n`,
        },
      }),
    );
    assert.equal(done.status, 0, done.stderr);
    assert.match(await read('facts/net:1', '/release'), /^Origin: Debian$/m);
  });

  const keyed = (key: string) =>
    plan({
      key: {
        dockerfile: [
          `FROM ${base} AS first`,
          'RUN cat /proc/sys/kernel/random/uuid > /first',
          'ONBUILD RUN cat /proc/sys/kernel/random/uuid > /onbuild',
          `FROM ${base}`,
          'COPY --from=first /first /first',
          'RUN cat /proc/sys/kernel/random/uuid > /second; hostname > /name',
        ].join('\n'),
        args: { BUILDKIT_SANDBOX_HOSTNAME: key },
      },
      onbuild: {
        dockerfile: `FROM facts/trigger:1`,
        contexts: { 'facts/trigger:1': 'target:trigger' },
        args: { BUILDKIT_SANDBOX_HOSTNAME: key },
      },
      trigger: {
        dockerfile: `FROM ${base}\nONBUILD RUN cat /proc/sys/kernel/random/uuid > /onbuild\nRUN true`,
      },
    });

  test(`${engine.name}: BUILDKIT_SANDBOX_HOSTNAME re-runs every RUN when it changes, else none`, async () => {
    const random = async (key: string) => {
      const done = await bake(keyed(key));
      assert.equal(done.status, 0, done.stderr);
      return [
        await read('facts/key:1', '/first'),
        await read('facts/key:1', '/second'),
        await read('facts/onbuild:1', '/onbuild'),
      ];
    };
    const before = await random('gb-000000000001');
    assert.deepEqual(await random('gb-000000000001'), before);
    const after = await random('gb-000000000002');
    for (const [index, value] of after.entries()) {
      assert.notEqual(value, before[index]);
    }

    assert.equal(await read('facts/key:1', '/name'), 'gb-000000000002');
    const shown = await engine.docker('image', 'inspect', 'facts/key:1');
    assert.doesNotMatch(shown, /gb-000000000002|SANDBOX/);
    assert.doesNotMatch(
      await engine.docker('history', '--no-trunc', 'facts/key:1'),
      /gb-000000000002|SANDBOX/,
    );
  });

  test(`${engine.name}: BUILDKIT_SANDBOX_HOSTNAME takes 64 characters and not 65`, async () => {
    assert.equal((await bake(keyed('x'.repeat(64)))).status, 0);
    assert.notEqual((await bake(keyed('x'.repeat(65)))).status, 0);
  });

  test(`${engine.name}: rawjson is one object a line from buildx 0.29 on, indented in 0.13`, async () => {
    const done = await bake(
      plan({ raw: { dockerfile: `FROM ${base}\nRUN echo hello\n` } }),
      '--progress=rawjson',
    );
    assert.equal(done.status, 0, done.stderr);
    const lines = done.stderr.trimEnd().split('\n');
    const wholeLines = lines.filter((line) => line.startsWith('{') && line.endsWith('}'));
    if (engine.buildxVersion === '0.13.1') {
      assert.equal(wholeLines.length, 0);
    } else {
      assert.equal(wholeLines.length, lines.length);
    }
    assert.match(done.stderr, new RegExp(Buffer.from('hello\n').toString('base64')));
  });

  test(`${engine.name}: --allow is told from the help text`, async () => {
    const help = await engine.docker('buildx', 'bake', '--help');
    const done = await bake(
      plan({ allow: { dockerfile: `FROM ${base}` } }),
      `--allow=fs.read=${tree.path}`,
    );
    assert.equal(done.status === 0, /--allow /.test(help), done.stderr);
    assert.equal(/--allow /.test(help), engine.buildxVersion !== '0.13.1');
  });
}
