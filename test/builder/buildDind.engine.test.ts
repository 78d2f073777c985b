/** GitLab's docker-in-docker (doc/ci.md): an engine behind TLS on TCP, a login in a variable, an empty home. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { engineRoot } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { onlyLong } from '../support/long.js';
import { must } from '../support/process.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

/** What the dind image makes below DOCKER_TLS_CERTDIR: an authority, and what it signed for both ends. */
async function certificates(): Promise<ScratchTree> {
  const certs = scratchTree({ 'ca/': '', 'server/': '', 'client/': '' });
  const openssl = (...args: string[]) => must('openssl', args);
  const [key, ca] = [certs.at('ca/key.pem'), certs.at('ca/cert.pem')];
  const fresh = ['req', '-newkey', 'rsa:2048', '-nodes'];
  const days = ['-days', '2'];
  await openssl(...fresh, '-x509', ...days, '-subj', '/CN=ca', '-keyout', key, '-out', ca);
  for (const end of ['server', 'client']) {
    const at = (file: string) => certs.at(`${end}/${file}`);
    certs.write({ [`${end}/ext`]: 'subjectAltName=IP:127.0.0.1\n' });
    const subject = ['-subj', `/CN=${end}`];
    await openssl(...fresh, ...subject, '-keyout', at('key.pem'), '-out', at('csr'));
    const signed = ['-CA', ca, '-CAkey', key, '-CAcreateserial', '-extfile', at('ext')];
    await openssl('x509', '-req', '-in', at('csr'), ...signed, ...days, '-out', at('cert.pem'));
    await must('cp', [ca, at('ca.pem')]);
  }
  return certs;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a job of docker-in-docker builds, tests and publishes three images, and the next one nothing', {
  skip: privateEngineMissing() ?? onlyLong,
}, async (t) => {
  const certs = await certificates();
  const host = `tcp://127.0.0.1:${await freePort()}`;
  const server = (file: string) => certs.at(`server/${file}`);
  const tls = [`--tlscacert=${server('ca.pem')}`, `--tlscert=${server('cert.pem')}`];
  const dind = await privateEngine('current', [
    `--host=${host}`,
    '--tlsverify',
    ...tls,
    `--tlskey=${server('key.pem')}`,
  ]);
  t.after(() => dind.remove());
  const base = 'dind/base:1';
  await loadBase(dind, base);
  const store = await registry({ users: { ci: 'job-password' } });
  t.after(() => store.stop());
  const auth = Buffer.from('ci:job-password').toString('base64');
  const on = (parent: string, line: string) => `FROM {{ "${parent}" | image_tag }}\nRUN ${line}\n`;

  /** A job: nothing is kept from the one before but what the engine and the registry have. */
  const job = async () => {
    const tree = buildTree(
      dind,
      { registry: store.host },
      {
        root: { dockerfile: `FROM ${base}\nRUN echo root > /root.txt\n` },
        child: {
          dockerfile: on('root', 'echo child > /child.txt'),
          test: 'docker run --rm "$1" test -e /root.txt',
        },
        leaf: { dockerfile: on('child', 'echo leaf > /leaf.txt') },
      },
      {
        DOCKER_CONFIG: undefined,
        DOCKER_HOST: host,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: certs.at('client'),
        DOCKER_TLS_CERTDIR: certs.path,
        DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [store.host]: { auth } } }),
      },
    );
    // The job's image has the plugin in a directory of the system, which this machine lacks.
    const plugin = join(engineRoot('current'), 'usr/libexec/docker/cli-plugins/docker-buildx');
    tree.write({ 'home/.docker/cli-plugins/docker-buildx': { symlink: plugin } });
    const { status, stdout, stderr } = await tree.run(
      'build',
      '--all',
      '--publish',
      '--report',
      'report.json',
    );
    assert.equal(status, 0, stderr);
    assert.ok(!`${stdout}${stderr}`.includes('job-password') && !stderr.includes(auth));
    assert.ok(!existsSync(tree.at('home/.docker/config.json')), 'no login is left behind');
    const ended = endings(readReport(tree.at('work/report.json')));
    return { tree, ended };
  };

  const first = await job();
  assert.deepEqual(first.ended, { published: ['child:1', 'leaf:1', 'root:1'] });
  // `artifacts: paths: [.generate-bake/logs]`, one file for each image.
  assert.deepEqual(readdirSync(first.tree.at('work/.generate-bake/logs/images')).sort(), [
    'child.log',
    'leaf.log',
    'root.log',
  ]);
  const tagsOf = async (name: string): Promise<unknown> => {
    const headers = { authorization: `Basic ${auth}` };
    const answer = await fetch(`http://${store.host}/v2/${name}/tags/list`, { headers });
    return ((await answer.json()) as { tags: string[] }).tags.sort();
  };
  for (const name of ['root', 'child', 'leaf']) {
    assert.deepEqual(await tagsOf(name), ['1', 'latest'], name);
  }

  const again = await job();
  assert.deepEqual(again.ended, { untouched: ['child:1', 'leaf:1', 'root:1'] });

  // Without certificates, the engine cannot be used, and nothing is asked of the registry.
  const asked = store.requests().length;
  Object.assign(again.tree.env, { DOCKER_CERT_PATH: again.tree.at('home') });
  const refused = await again.tree.run('build', '--all', '--publish');
  assert.equal(refused.status, 3, refused.stderr);
  assert.equal(store.requests().length, asked);
});
