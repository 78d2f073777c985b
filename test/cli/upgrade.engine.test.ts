/** `upgrade` to the last child, on a real engine and registry, with what is killed or refused on the way. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aptArchive, aptArchiveMissing, statusOf } from '../support/aptArchive.js';
import { buildTree } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { loadBase } from '../support/engine/base.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { gitIn } from '../support/gitRepository.js';
import { onlyLong } from '../support/long.js';
import { scratchTree } from '../support/scratch.js';

const accept =
  'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
const sh = 'docker run --rm "$1" true';

test('an upgrade reaches the last child, and nothing else', {
  skip: aptArchiveMissing() ?? false,
}, async () => {
  const docker = await engine();
  await loadBase(docker, 'upgrade/busybox:1');
  const store = await registry();
  const archive = await aptArchive();
  const offer = (ssl: string, zip: string, curl: string) =>
    archive.publish('stable', {
      packages: [
        { name: 'libssl3', version: ssl },
        { name: 'zip', version: zip },
        { name: 'curl', version: curl },
      ],
    });
  /** The base from outside, as its mirror has it at a time: a rebuild brings what is in it. */
  const mirror = async (ssl: string, zip: string) => {
    const status = `${statusOf([{ name: 'libssl3', version: ssl }])}\n`;
    const { path } = scratchTree({
      Dockerfile: 'FROM upgrade/busybox:1\nCOPY root /\n',
      'root/etc/os-release': 'ID=debian\nVERSION_ID="7"\nVERSION_CODENAME=wheezy\n',
      'root/etc/apt/sources.list': `deb [signed-by=/usr/share/keyrings/a.asc] ${archive.uri} stable main\n`,
      'root/usr/share/keyrings/a.asc': archive.armoured,
      'root/var/lib/dpkg/status': status,
      'root/var/lib/dpkg/info/libssl3.list': '/.\n/opt\n/opt/zip\n',
      'root/opt/zip': `${statusOf([{ name: 'zip', version: zip }])}\n`,
    });
    await docker.docker('build', '--quiet', '--tag', 'upgrade/debian:1', path);
  };
  await offer('3.0.15-1', '1', '7');
  await mirror('3.0.15-1', '1');
  const on = (parent: string) => `FROM {{ "${parent}" | image_tag }}\n`;
  const frozen = `${statusOf([{ name: 'curl', version: '7' }]).replaceAll('\n', '\\n')}\\n`;
  const tree = buildTree(
    docker,
    {
      registry: store.host,
      'generate-bake': { expected_changes: { '*': ['/opt/*'], tool: ['/zip'] } },
    },
    {
      base: { dockerfile: 'FROM upgrade/debian:1\nRUN true\n', test: sh },
      api: { dockerfile: `${on('base')}RUN cat /opt/zip >> /var/lib/dpkg/status\n`, test: sh },
      web: { dockerfile: `${on('api')}RUN echo web > /web\n`, test: sh },
      frozen: {
        dockerfile: `FROM upgrade/busybox:1\nCOPY --from=upgrade/debian:1 /etc /etc\nCOPY --from=upgrade/debian:1 /usr/share/keyrings /usr/share/keyrings\nRUN mkdir -p /var/lib/dpkg && printf '${frozen}' > /var/lib/dpkg/status\n`,
        test: sh,
      },
      tool: {
        dockerfile: `FROM upgrade/busybox:1\nCOPY --from={{ "api" | image_tag }} /opt/zip /zip\n`,
        test: sh,
      },
    },
  );
  // Its version follows from that of api.
  tree.write({
    'work/images/app/Dockerfile': `FROM ${store.host}/api\nRUN echo app > /app\n`,
    'work/images/app/image.toml': 'version = "content"\n',
    'work/images/app/test.sh': { text: `#!/bin/sh\n${sh}\n`, mode: 0o755 },
  });
  const work = tree.at('work');
  const remote = join(scratchTree().path, 'remote.git');
  gitIn(work, 'init', '--quiet', '--initial-branch=main');
  gitIn(work, 'config', 'user.name', 'Test Er');
  gitIn(work, 'config', 'user.email', 'test@example.org');
  gitIn(work, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  gitIn(work, 'add', 'config.yaml', 'images');
  gitIn(work, 'commit', '--quiet', '-m', 'first');
  gitIn(work, 'remote', 'add', 'origin', remote);
  gitIn(work, 'push', '--quiet', '--set-upstream', 'origin', 'main');
  const built = await tree.run('build', '--publish');
  assert.equal(built.status, 0, built.stderr);

  const args = ['-c', 'config.yaml', '--commit', '--push', 'origin', '--publish', 'images'];
  const upgrade = (...more: string[]) =>
    runCli(['upgrade', ...more, ...args], { cwd: work, env: tree.env });
  const subjects = () => gitIn(remote, 'log', '--format=%s', 'main').trim().split('\n');
  const tags = async (name: string): Promise<readonly string[]> => {
    const answer = await fetch(`http://${store.host}/v2/${name}/tags/list`);
    const { tags: all } = (await answer.json()) as { tags: string[] };
    return all.filter((tag) => tag !== 'latest').sort();
  };
  const digest = async (name: string, tag: string) =>
    (
      await fetch(`http://${store.host}/v2/${name}/manifests/${tag}`, {
        headers: { accept },
      })
    ).headers.get('docker-content-digest');
  const names = ['base', 'api', 'web', 'frozen', 'tool'];
  const all = async () =>
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, (await tags(name)).join(' ')])),
    );
  const outdated = async () => {
    const found = await runCli(['outdated', '--json', '-c', 'config.yaml', 'images'], {
      cwd: work,
      env: tree.env,
    });
    assert.equal(found.status, 0, found.stderr);
    const { updates } = JSON.parse(found.stdout) as {
      updates: { package: string; images: string[] }[];
    };
    return updates.map((each) => `${each.package} ${each.images.length}`).sort();
  };

  const nothing = await upgrade();
  assert.equal(nothing.status, 0, nothing.stderr);
  assert.match(nothing.stderr, /no image is known to need a new version; 1 unknown/);
  assert.deepEqual(subjects(), ['first']);
  const before = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await digest(name, '1')])),
  );

  await offer('3.0.17-1', '2', '8');
  await mirror('3.0.17-1', '2');
  assert.deepEqual(await outdated(), ['curl 1', 'libssl3 4', 'zip 3']);

  // Killed once it has committed, before it has pushed.
  const hook = join(work, '.git/hooks/post-commit');
  writeFileSync(hook, '#!/bin/sh\nkill -KILL $(ps -o ppid= -p $PPID)\n', { mode: 0o755 });
  const killed = await runCli(['upgrade', ...args], { cwd: work, env: tree.env });
  assert.notEqual(killed.status, 0);
  writeFileSync(hook, '#!/bin/sh\n');
  assert.deepEqual(subjects(), ['first']);
  assert.equal(gitIn(work, 'log', '--format=%s').trim().split('\n').length, 2);

  // Killed while it builds.
  const child = spawn(process.execPath, [join(root, 'bin/generate-bake.js'), 'upgrade', ...args], {
    cwd: work,
    env: tree.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (/building \d images? to look at/.test(said)) {
      child.kill('SIGKILL');
    }
  });
  await new Promise((resolve) => child.once('close', resolve));
  assert.match(said, /pushed what an earlier run committed to origin/);
  assert.deepEqual(await all(), { base: '1', api: '1', web: '1', frozen: '1', tool: '1' });

  // To the last child, and no further.
  const ended = await upgrade('--record', 'record.json');
  assert.equal(ended.status, 0, ended.stderr);
  const { upgrade: record } = JSON.parse(readFileSync(join(work, 'record.json'), 'utf8')) as {
    upgrade: { images: { reference: string; digest: string; before?: { digest: string } }[] };
  };
  for (const { reference, digest: own, before: earlier } of record.images) {
    const [, name = '', tag = ''] = /\/([a-z]+):(\S+)$/.exec(reference) ?? [];
    assert.equal(own, await digest(name, tag), reference);
    assert.ok(name === 'app' || tag === '1-s1', reference);
    assert.ok(name === 'app' || earlier?.digest === before[name], reference);
  }
  assert.equal(record.images.length, 5);
  assert.deepEqual(await all(), {
    base: '1 1-s1',
    api: '1 1-s1',
    web: '1 1-s1',
    frozen: '1 1-s1',
    tool: '1',
  });
  assert.equal((await tags('app')).length, 2);
  assert.deepEqual(subjects(), [
    'Upgrade libssl3, zip: new version of one image',
    'Upgrade curl, libssl3, zip: new versions of 4 images',
    'first',
  ]);
  assert.equal(gitIn(work, 'rev-parse', 'HEAD'), gitIn(remote, 'rev-parse', 'main'));
  assert.deepEqual(await outdated(), ['curl 1']);
  for (const name of names) {
    assert.equal(await digest(name, '1'), before[name], name);
  }

  // What only copies from an upgraded image is published as it was, and that is all that is said.
  const status = await tree.run('status', '--all', '--exit-code');
  assert.equal(status.status, 0, status.stderr);
  assert.match(
    status.stdout,
    /tool:1 +published +- +built with \S+api:1, of which 1-s1 is newer; nothing else changed\n/,
  );

  // Killed before the last latest: the next run moves it.
  const old = await fetch(`http://${store.host}/v2/web/manifests/1`, { headers: { accept } });
  await fetch(`http://${store.host}/v2/web/manifests/latest`, {
    method: 'PUT',
    headers: { 'content-type': old.headers.get('content-type') ?? '' },
    body: Buffer.from(await old.arrayBuffer()),
  });
  assert.equal(await digest('web', 'latest'), before.web);
  const owed = await upgrade();
  assert.equal(owed.status, 0, owed.stderr);
  assert.equal(await digest('web', 'latest'), await digest('web', '1-s1'));

  // However often it runs, nothing more is written.
  for (let again = 0; again < (onlyLong ? 2 : 5); again++) {
    const more = await upgrade();
    assert.equal(more.status, 0, more.stderr);
    assert.match(more.stderr, /frozen 1-s1: curl 7 -> 8 \(1 image\): not cured by a rebuild/);
  }
  assert.equal(subjects().length, 3);
  assert.equal((await all()).frozen, '1 1-s1');

  if (onlyLong) {
    // Undone as one: each latest is what it was before, and stays so.
    const promote = ['promote', '--run', 'record.json', '--back', '-c', 'config.yaml', 'images'];
    const undone = await runCli(promote, { cwd: work, env: tree.env });
    assert.equal(undone.status, 0, undone.stderr);
    for (const name of ['base', 'api', 'web', 'frozen']) {
      assert.equal(await digest(name, 'latest'), before[name], name);
    }
    const kept = await upgrade();
    assert.equal(kept.status, 0, kept.stderr);
    assert.equal(await digest('web', 'latest'), before.web);
    assert.equal(subjects().length, 3);
    return;
  }
  // What was built in vain is told by the run that did it.
  await offer('3.0.17-1', '2', '9');
  const vain = await upgrade();
  assert.equal(vain.status, 1, vain.stderr);
  assert.match(vain.stderr, /frozen:1-s2 was built and still has curl 7\n/);
  assert.equal((await upgrade()).status, 0);
  assert.equal((await all()).frozen, '1 1-s1 1-s2');

  await offer('3.0.18-1', '3', '9');
  await mirror('3.0.18-1', '3');
  const left = await upgrade();
  assert.equal(left.status, 0, left.stderr);
  assert.match(
    left.stderr,
    /^1 image only built with api 1-s2, left as is \(--toolchains\): tool 1\n/m,
  );

  // What builds with an image of an earlier upgrade is taken where that is asked for.
  const tools = await upgrade('--toolchains', 'api');
  assert.equal(tools.status, 0, tools.stderr);
  assert.equal((await all()).tool, '1 1-s1');
  assert.equal(
    subjects()[0],
    'Upgrade what is built with upgraded images: new version of one image',
  );
  assert.equal((await upgrade('--toolchains', 'api')).status, 0);
  assert.equal((await all()).tool, '1 1-s1');
});
