/**
 * Every generation from nothing to a running container: a root filesystem made by mmdebstrap, a
 * docker-pkg image with a real package, a service with a plain Dockerfile. One workspace, in order.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { runCli } from '../support/cli.js';
import { engine } from '../support/engine/engine.js';
import { registry } from '../support/engine/registry.js';
import { lines } from '../support/explain.js';
import { debianMirror } from '../support/mirror.js';
import { scratchTree } from '../support/scratch.js';

const docker = await engine();
const mirror = await debianMirror();
after(() => mirror.stop());

const recipe = (timestamp: string): string =>
  lines(`
    name = "bookworm"
    suite = "bookworm"
    variant = "apt"
    mirrors = ["${mirror.uri}"]
    timestamp = "${timestamp}"
    [[files]]
    source = "sources.list"
    target = "/etc/apt/sources.list"
  `);

const tree = scratchTree({
  'home/': '',
  'state/': '',
  'work/generate-bake.toml': lines(`
    [[tree]]
    directory = "images"
    config = "config.yaml"
    [[tree]]
    directory = "services"
    config = ["config.yaml", "services.yaml"]
  `),
  'work/config.yaml': 'namespace: generations\nbase_images: [generations/bookworm]\n',
  'work/services.yaml': 'dockerfile_version: "file:VERSION"\n',
  'work/services/VERSION': '1.0\n',
  'work/images/bookworm/rootfs.toml': recipe('2026-03-01'),
  'work/images/bookworm/sources.list': `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror.upstream} bookworm main\n`,
  'work/images/net/Dockerfile.template':
    'FROM {{ "bookworm" | image_tag }}\nRUN {{ "netbase" | apt_install }}\n',
  'work/images/net/control': 'Package: net\nBuild-Depends: bookworm\n',
  'work/images/net/changelog':
    'net (1.0-1) wikimedia; urgency=medium\n\n  * First.\n\n -- A <a@b.example>  Mon, 02 Feb 2026 10:00:00 +0000\n',
  'work/services/hello/Dockerfile':
    'FROM generations/net\nCMD ["grep", "^https", "/etc/services"]\n',
});

const env = { ...docker.env, HOME: tree.at('home'), XDG_STATE_HOME: tree.at('state') };
const cli = (...args: string[]) => runCli(args, { cwd: tree.at('work'), env });
const store = tree.at('work/images/bookworm/.generate-bake/rootfs');
const built = (stderr: string): string[] =>
  [...stderr.matchAll(/^generations\/(\S+?): built in/gm)].map((found) => found[1] ?? '').sort();

function archive(date: string): string {
  const name = readdirSync(store).find((each) => each.startsWith(date) && !each.endsWith('.log'));
  assert.ok(name !== undefined, `no archive of ${date} in ${readdirSync(store).join(' ')}`);
  return `${store}/${name}/rootfs.tar`;
}
const digestOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

test('one build makes the root filesystem and everything on it', async () => {
  const plan = await cli('plan');
  assert.equal(plan.status, 0, plan.stderr);
  assert.match(plan.stderr, /is not there \[rootfs-missing\]/);
  assert.match(plan.stderr, /generate-bake rootfs images\/bookworm/);
  assert.deepEqual(mirror.asked, [], 'a plan asks nobody');

  const build = await cli('build', '--all', '--info');
  assert.equal(build.status, 0, build.stderr);
  assert.deepEqual(built(build.stderr), ['bookworm:20260301', 'hello:1.0', 'net:1.0-1']);
  const said = await docker.docker('run', '--rm', 'generations/hello:1.0');
  assert.match(said, /^https\s+443\/tcp/);
});

test('what debuerreotype takes out is out, and apt is minimised', async () => {
  const inImage = (script: string) =>
    docker.docker('run', '--rm', 'generations/bookworm:20260301', 'sh', '-c', script);
  const documentation = 'find /usr/share/doc /usr/share/man /usr/share/info ! -type d ! -type l';
  const files = (await inImage(documentation)).split('\n').filter((line) => line !== '');
  assert.deepEqual(
    files.filter((file) => !file.endsWith('/copyright')),
    [],
  );
  assert.ok(files.length > 20, 'licences stay');
  assert.equal(await inImage('ls /var/lib/apt/lists /var/cache/apt | grep -v "^/\\|^$"; true'), '');
  const apt = await inImage(
    'apt-config dump; cat /etc/dpkg/dpkg.cfg.d/*; cat /etc/hostname | wc -l',
  );
  for (const wanted of [
    'Acquire::Languages:: "none";',
    'Acquire::GzipIndexes "true";',
    'Apt::AutoRemove::SuggestsImportant "false";',
    'APT::Install-Recommends "false";',
    'Dir::Cache::pkgcache "";',
    'force-unsafe-io',
    'path-exclude /usr/share/man/*',
  ]) {
    assert.ok(apt.toLowerCase().includes(wanted.toLowerCase()), wanted);
  }
  assert.match(apt, /DPkg::Post-Invoke:: "rm -f \/var\/cache\/apt/i);
  const settings = await docker.docker(
    ...['image', 'inspect', '--format', '{{json .Config.Env}}{{json .Config.Cmd}}'],
    'generations/bookworm:20260301',
  );
  assert.match(settings, /LC_ALL=C.UTF-8.*\["\/bin\/bash"\]/);
});

test('a changed leaf rebuilds the leaf, and nothing else', async () => {
  tree.write({
    'work/services/hello/Dockerfile':
      'FROM generations/net\nCMD ["grep", "^http", "/etc/services"]\n',
  });
  const build = await cli('build', '--all', '--info');
  assert.equal(build.status, 0, build.stderr);
  assert.deepEqual(built(build.stderr), ['hello:1.0']);
});

test('made twice it has the same bytes; without its mirror the last good one stays', async () => {
  const first = digestOf(archive('20260301'));
  const again = await cli('rootfs', '--force');
  assert.equal(again.status, 0, again.stderr);
  assert.equal(digestOf(archive('20260301')), first);
  assert.equal(
    again.stdout,
    `generations/bookworm:20260301\timages/bookworm${archive('20260301').slice(tree.at('work/images/bookworm').length)}\tsha256:${first}\n`,
  );

  tree.write({
    'work/images/bookworm/rootfs.toml': recipe('2026-03-01').replace(
      mirror.uri,
      'http://127.0.0.1:9/debian',
    ),
  });
  const unreachable = await cli('rootfs');
  assert.equal(unreachable.status, 1, unreachable.stderr);
  assert.match(unreachable.stderr, /bookworm was not made: Failed to fetch .*Could not connect/);
  assert.match(
    unreachable.stderr,
    /the whole log is images\/bookworm\/.generate-bake\/rootfs\/20260301-\w+\.log/,
  );
  assert.deepEqual(
    readdirSync(store).filter((name) => name.startsWith('.')),
    [],
    'nothing half-made is left',
  );

  tree.write({ 'work/images/bookworm/rootfs.toml': recipe('2026-03-01') });
  const there = await cli('rootfs');
  assert.equal(there.status, 0);
  assert.match(there.stderr, /generations\/bookworm:20260301 exists already/);
  assert.equal(digestOf(archive('20260301')), first);
});

test('another date rebuilds every generation', async () => {
  tree.write({ 'work/images/bookworm/rootfs.toml': recipe('2026-04-01') });
  const build = await cli('build', '--all', '--info');
  assert.equal(build.status, 0, build.stderr);
  assert.deepEqual(built(build.stderr), ['bookworm:20260401', 'hello:1.0', 'net:1.0-1']);
  const layers = async (reference: string): Promise<string[]> =>
    JSON.parse(
      await docker.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', reference),
    ) as string[];
  const [base] = await layers('generations/bookworm:20260401');
  assert.equal((await layers('generations/hello:1.0'))[0], base);
});

test('published children stay with the parent that they are built with, and update bumps them', async () => {
  const hub = await registry({ users: { robot: 'geheim' } });
  tree.write({
    'work/config.yaml': lines(`
      registry: ${hub.host}
      username: robot
      password: geheim
      base_images: [${hub.host}/bookworm]
    `),
    'work/services/hello/Dockerfile': `FROM ${hub.host}/net\nCMD ["true"]\n`,
  });
  const publish = await cli('build', '--all');
  assert.equal(publish.status, 0, publish.stderr);

  tree.write({
    'work/images/bookworm/rootfs.toml': recipe('2026-03-01').replace('03-01', '05-01'),
  });
  const status = await cli('status');
  assert.match(
    status.stdout,
    /net\S* +published .*bookworm:20260401, of which 20260501 is newer; nothing else changed/,
  );
  assert.doesNotMatch(status.stdout, /drifted/);
  assert.match(status.stdout, /bookworm\S*\s+.*absent/);

  tree.write({ 'work/images/bookworm/rootfs.toml': recipe('2026-04-01') });
  const update = await cli('update', 'bookworm');
  assert.equal(update.status, 0, update.stderr);
  assert.match(update.stderr, /bookworm 20260401 -> \d{8}/);
  assert.match(update.stderr, /net 1.0-1 -> 1.0-1-s1/);
  assert.match(update.stderr, /hello 1.0 -> 1.0-s1/);
  assert.match(update.stderr, /wrote 3 changelogs/);
  const bumped = await cli('list');
  assert.match(bumped.stdout, /hello +1\.0-s1/);
});
