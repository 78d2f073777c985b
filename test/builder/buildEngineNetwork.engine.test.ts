/** A bridge of the engine that another program took away: no image is to blame. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTree } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { privateEngine, privateEngineMissing } from '../support/engine/engine.js';
import { must } from '../support/process.js';

test('an engine without its bridge is reported once, with status 3', {
  skip: privateEngineMissing() ?? false,
}, async (t) => {
  const docker = await privateEngine();
  await loadBase(docker, 'network/base:1');
  const option = 'com.docker.network.bridge.name';
  const format = `{{index .Options "${option}"}}`;
  const bridge = (await docker.docker('network', 'inspect', '--format', format, 'bridge')).trim();
  assert.match(bridge, /^gbtest\d+$/);
  const away = bridge.replace('gbtest', 'gbaway');
  // Under another name, and with its address: so nobody else takes it meanwhile.
  const rename = (from: string, to: string) =>
    must('sh', [
      '-ec',
      `ip link set ${from} down; ip link set ${from} name ${to}; ip link set ${to} up`,
    ]);
  await rename(bridge, away);
  t.after(async () => {
    await rename(away, bridge);
    await docker.remove();
  });
  const images = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [
      name,
      { dockerfile: `FROM network/base:1\nRUN echo ${name} > /made\n` },
    ]),
  );
  const tree = buildTree(docker, {}, images);
  const { status, stderr } = await tree.run('build');
  assert.equal(status, 3, stderr);
  const told = stderr.split('\n').filter((line) => line.includes(`bridge ${bridge}`));
  assert.equal(told.length, 1, stderr);
  assert.match(
    told[0] ?? '',
    /^error: the build was stopped: the engine has lost its bridge \S+, which another program removed: restart the Docker daemon \[engine\]$/,
  );
  assert.ok(!stderr.includes('FAILED'), stderr);
  assert.ok(!stderr.includes('trying again'), stderr);
});
