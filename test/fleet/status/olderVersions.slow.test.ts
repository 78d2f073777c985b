/** What is said of images whose parents have newer versions, and of those that changed themselves too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionLabel } from '#compiler/plan/labels.js';
import { runCli } from '../../support/cli.js';
import { registryProgram } from '../../support/engine/packages.js';
import { registry } from '../../support/engine/registry.js';
import { putLayers, tarOf } from '../../support/layers.js';
import { scratchTree } from '../../support/scratch.js';

const block = (name: string, version: string) =>
  `${name} (${version}) stable; urgency=low\n\n  * Made.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n`;

test('an image of which only parents have newer versions is published', {
  skip: registryProgram() === undefined ? 'no docker-registry on this machine' : false,
}, async () => {
  const { host } = await registry();
  const image = (name: string, dockerfile: string, ...depends: string[]) => ({
    [`work/images/${name}/Dockerfile.template`]: dockerfile,
    [`work/images/${name}/changelog`]: block(name, '1'),
    ...(depends.length === 0
      ? {}
      : {
          [`work/images/${name}/control`]: `Package: ${name}\nBuild-Depends: ${depends.join(', ')}\n`,
        }),
  });
  const copying = (...names: string[]) =>
    `FROM scratch\n${names.map((name) => `COPY --from={{ '${name}' | image_tag }} /a /${name}\n`).join('')}`;
  const tree = scratchTree({
    'home/': '',
    'work/config.yaml': `registry: ${host}\n`,
    ...image('go', 'FROM scratch\nADD changelog /\n'),
    ...image('node', 'FROM scratch\nADD changelog /\n'),
    ...image('site', copying('go'), 'go'),
    ...image('both', copying('go', 'node'), 'go', 'node'),
    ...image('docs', "FROM {{ 'site' | image_tag }}\nRUN true\n", 'site'),
    ...image('own', `${copying('go')}COPY changelog /\n`, 'go'),
  });
  const env = {
    PATH: process.env.PATH,
    HOME: tree.at('home'),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  };
  const run = (...args: string[]) =>
    runCli([...args, '-c', 'config.yaml', 'images'], { cwd: tree.at('work'), env });
  /** Publishes what the trees define now, as a build of it would. */
  const publish = async (...names: string[]) => {
    const { stdout } = await run('plan');
    const { target } = JSON.parse(stdout) as {
      target: Record<string, { labels: Record<string, string>; tags: string[] }>;
    };
    for (const { labels, tags } of Object.values(target)) {
      const [, name = '', version = ''] = /\/([a-z]+):([^:]+)$/.exec(tags[0] ?? '') ?? [];
      if (names.includes(name)) {
        const config = { Labels: { [definitionLabel]: labels[definitionLabel] } };
        for (const tag of [version, 'latest']) {
          await putLayers(host, name, tag, [await tarOf([[name, { text: version }]])], { config });
        }
      }
    }
  };
  const status = async (...args: string[]) => {
    const found = await run('status', '--all', '--exit-code', ...args);
    const rows = found.stdout.split('\n').flatMap((line) => {
      const [reference = '', state = '', , ...why] = line.split(/ {2,}/);
      return reference.startsWith(host)
        ? [`${reference.slice(host.length + 1)} ${state}: ${why.join(' ').replaceAll(host, 'r')}`]
        : [];
    });
    return [found.status, ...rows.sort()];
  };

  await publish('go', 'node', 'site', 'both', 'docs', 'own');
  tree.write({
    'work/images/go/changelog': block('go', '1-s1') + block('go', '1'),
    'work/images/node/changelog': block('node', '1-s1') + block('node', '1'),
  });
  await publish('go', 'node');
  assert.deepEqual(await status(), [
    0,
    'both:1 published: built with r/go:1, of which 1-s1 is newer (and 1 more like it); nothing else changed',
    'docs:1 published: it is published',
    'go:1-s1 published: it is published',
    'node:1-s1 published: it is published',
    'own:1 published: built with r/go:1, of which 1-s1 is newer; nothing else changed',
    'site:1 published: built with r/go:1, of which 1-s1 is newer; nothing else changed',
  ]);
  const why = await run('why', 'own');
  assert.match(why.stdout, /go:1-s1/);

  // Two versions later too; what changed itself has drifted, as ever, and what is built on that.
  tree.write({
    'work/images/go/changelog': block('go', '1-s2') + block('go', '1-s1') + block('go', '1'),
    'work/images/own/changelog': `${block('own', '1')} `,
    'work/images/site/Dockerfile.template': `${copying('go')}LABEL x=y\n`,
  });
  await publish('go');
  const later = await status();
  assert.deepEqual(
    later.filter((row) => !String(row).includes('it is published')),
    [
      1,
      'both:1 published: built with r/go:1, of which 1-s2 is newer (and 1 more like it); nothing else changed',
      'docs:1 drifted: changed since it was published',
      'own:1 drifted: changed since it was published',
      'site:1 drifted: changed since it was published',
    ],
  );
});
