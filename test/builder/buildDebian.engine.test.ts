/** A real Debian as base, four images of real packages on it, tested, published and pulled again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadDebian } from '../support/engine/base.js';
import { engine, privateEngineMissing } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';

test('a real Debian tree is built, tested, published and pulled again', {
  skip: privateEngineMissing() ?? false,
}, async () => {
  const docker = await engine();
  const store = await registry({ users: { robot: 'geheim' } });
  await loadDebian(docker, `${store.host}/bookworm:latest`);
  // As a builder has it: the base is in the company's registry, and refreshed before the build.
  await docker.docker('login', '--username', 'robot', '--password', 'geheim', store.host);
  await docker.docker('push', '--quiet', `${store.host}/bookworm:latest`);
  await docker.docker('logout', store.host);
  const installs = (from: string, packages: string): string =>
    `FROM ${from}\nRUN {{ "${packages}" | apt_install }}\n`;
  const tree = buildTree(
    docker,
    {
      registry: store.host,
      username: 'robot',
      password: 'geheim',
      base_images: [`${store.host}/bookworm:latest`],
    },
    {
      hello: {
        dockerfile: installs('{{ registry }}/bookworm', 'hello'),
        test: 'docker run --rm "$1" hello | grep -q Hello',
      },
      tools: { dockerfile: installs('{{ registry }}/bookworm', 'make') },
      jq: {
        dockerfile: installs('{{ "tools" | image_tag }}', 'jq'),
        test: 'docker run --rm "$1" sh -c "make --version && echo {} | jq ."',
      },
      both: {
        dockerfile: [
          'FROM {{ "hello" | image_tag }} AS hello',
          'FROM {{ "jq" | image_tag }}',
          'COPY --from=hello /usr/bin/hello /usr/local/bin/hello',
          'USER nobody',
          '',
        ].join('\n'),
        test: 'docker run --rm "$1" sh -c "hello && id -un" | grep -q nobody',
      },
    },
  );
  const built = await tree.run('build', '--report', 'report.json');
  assert.equal(built.status, 0, built.stderr);
  assert.match(built.stderr, /bookworm:latest: refreshed/);
  const report = readReport(tree.at('work/report.json'));
  assert.deepEqual(endings(report), { published: ['both:1', 'hello:1', 'jq:1', 'tools:1'] });
  assert.ok(report.criticalPath.images.length >= 2);

  const name = `${store.host}/both:1`;
  await docker.docker('image', 'rm', name, `${store.host}/jq:1`, `${store.host}/tools:1`);
  await docker.docker('login', '--username', 'robot', '--password', 'geheim', store.host);
  await docker.docker('pull', '--quiet', `${store.host}/both:latest`);
  await docker.docker('logout', store.host);
  assert.match(await docker.docker('run', '--rm', `${store.host}/both:latest`, 'hello'), /Hello/);
});
