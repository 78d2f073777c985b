/** `diff` of images that are not what one thinks they are: of other platforms, with parts missing, or no files. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../../support/cli.js';
import { registryProgram } from '../../support/engine/packages.js';
import { type Registry, registry } from '../../support/engine/registry.js';
import { faultyRegistry, refusal } from '../../support/faultyRegistry.js';
import { configOf, putLayers, savedImage, tarOf } from '../../support/layers.js';
import { type ScratchTree, scratchTree } from '../../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';

interface Entry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: object;
}

interface Document {
  readonly notCompared?: readonly string[];
  readonly from: { readonly platform?: string };
  readonly to: { readonly platform?: string };
}

suite('diff of other images', { skip }, () => {
  let real: Registry;
  before(async () => {
    real = await registry();
  });

  function treeOn(host: string): ScratchTree {
    return scratchTree({
      'home/': '',
      'config.yaml': `registry: ${host}\n`,
      'images/api/Dockerfile.template': 'FROM scratch\n',
      'images/api/changelog':
        'api (2) stable; urgency=low\n\n  * Second.\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n',
    });
  }

  const envOf = (tree: ScratchTree) => ({
    PATH: process.env.PATH,
    HOME: tree.at('home'),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  });
  const diff = (tree: ScratchTree, ...args: string[]) =>
    runCli(['diff', 'api', ...args], { cwd: tree.path, env: envOf(tree) });

  /** An image of one file for a platform, as an entry of an index. */
  async function imageFor(platform: string, text: string): Promise<Entry> {
    const [os, architecture] = platform.split('/');
    const tar = await tarOf([['f', { text }]]);
    const configText = JSON.stringify({ ...JSON.parse(configOf([tar])), os, architecture });
    const tag = `${architecture}-${text}`;
    const digest = await putLayers(real.host, 'api', tag, [tar], { configText });
    const manifest = await fetch(`http://${real.host}/v2/api/manifests/${digest}`, {
      headers: { accept: ociManifest },
    });
    const size = (await manifest.arrayBuffer()).byteLength;
    return { mediaType: ociManifest, digest, size, platform: { os, architecture } };
  }

  async function putIndex(tag: string, manifests: readonly Entry[]): Promise<Entry> {
    const body = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests });
    const answer = await fetch(`http://${real.host}/v2/api/manifests/${tag}`, {
      method: 'PUT',
      headers: { 'content-type': ociIndex },
      body,
    });
    assert.equal(answer.status, 201);
    const digest = answer.headers.get('docker-content-digest') ?? '';
    return { mediaType: ociIndex, digest, size: body.length };
  }

  test('an image for another platform than the one that is asked for is not compared', async () => {
    await imageFor('linux/amd64', 'one');
    const tree = treeOn(real.host);
    for (const word of ['amd64-one', './saved.tar']) {
      tree.write({ 'saved.tar': await savedImage([await tarOf([['f', {}]])], 'oci') });
      const { status, stderr } = await diff(tree, word, word, '--platform', 'linux/arm64');
      assert.match(
        stderr,
        /error: .* has no image for linux\/arm64 .*\n.*it is for linux\/amd64$/m,
      );
      assert.equal(status, 2);
    }
    const same = await diff(tree, 'amd64-one', 'amd64-one', '--platform', 'linux/x86_64');
    assert.equal(same.status, 0, same.stderr);
  });

  test('what else is in an index is said not to be compared, and fails a job that names no platform', async () => {
    const amd64 = await imageFor('linux/amd64', 'x');
    const [old, now] = [await imageFor('linux/arm64', 'old'), await imageFor('linux/arm64', 'now')];
    await putIndex('ix1', [amd64, old]);
    await putIndex('ix2', [amd64, now]);
    await putIndex('ix3', [amd64, now]);
    const tree = treeOn(real.host);
    const named = ['--platform', 'linux/amd64'];
    const text = await diff(tree, 'ix1', 'ix2', '--exit-code', ...named);
    assert.match(
      text.stdout,
      /^platform: linux\/amd64; not compared: linux\/arm64 \(--platform names one\)$/m,
    );
    assert.equal(text.status, 0);
    const markdown = await diff(tree, 'ix1', 'ix2', '--markdown', ...named);
    assert.match(markdown.stdout, /^Platform: `linux\/amd64; not compared: linux\/arm64`$/m);
    const document: Document = JSON.parse(
      (await diff(tree, 'ix1', 'ix2', '--json', ...named)).stdout,
    );
    const schema = JSON.parse(readFileSync(`${root}/doc/diff.schema.json`, 'utf8'));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.deepEqual(document.notCompared, ['linux/arm64']);
    assert.deepEqual(
      [document.from.platform, document.to.platform],
      ['linux/amd64', 'linux/amd64'],
    );
    if (process.arch === 'x64') {
      assert.equal((await diff(tree, 'ix1', 'ix2', '--exit-code')).status, 1);
      assert.equal((await diff(tree, 'ix1', 'ix2', '--only', 'upgrades', '--exit-code')).status, 1);
      assert.equal((await diff(tree, 'ix1', 'ix2')).status, 0);
      // The same image of the other platform is no difference.
      const same = await diff(tree, 'ix2', 'ix3', '--exit-code');
      assert.equal(same.status, 0);
      assert.doesNotMatch(same.stdout, /platform/);
      assert.equal((await diff(tree, 'amd64-x', 'ix2', '--exit-code')).status, 1);
    }
  });

  test('an image with parts missing is not "not published", nor is its registry a web server', async () => {
    const tar = await tarOf([['f', { text: 'parts' }]]);
    await putLayers(real.host, 'api', 'parts', [tar]);
    await putIndex('nested', [await putIndex('inner', [await imageFor('linux/amd64', 'in')])]);
    const lacking = await faultyRegistry(
      ({ path }) => (path.includes('/blobs/') ? refusal(404, 'BLOB_UNKNOWN') : 'pass'),
      { behind: real.host },
    );
    try {
      const { status, stderr } = await diff(treeOn(lacking.host), 'parts', 'parts');
      assert.match(
        stderr,
        /error: \S+ has an image that cannot be used: the registry lacks its configuration sha256:\w+ \[registry\]/,
      );
      assert.doesNotMatch(stderr, /did you mean|web server/);
      assert.equal(status, 3);
    } finally {
      await lacking.stop();
    }
    const { status, stderr } = await diff(treeOn(real.host), 'parts', 'nested');
    assert.match(stderr, /cannot be used: an index of indexes/);
    assert.equal(status, 3);
  });

  test('a named pipe that nobody writes is refused; a pipe of the shell is read', async () => {
    const tree = treeOn(real.host);
    const tar = await tarOf([['f', { text: 'piped' }]]);
    await putLayers(real.host, 'api', 'piped', [tar]);
    assert.equal(spawnSync('mkfifo', [tree.at('pipe.tar')]).status, 0);
    const refused = await diff(tree, 'piped', 'pipe.tar');
    assert.match(refused.stderr, /pipe\.tar cannot be read: it is a named pipe/);
    assert.equal(refused.status, 2);
    tree.write({ 'saved.tar': await savedImage([tar], 'oci') });
    const program = `${root}/bin/generate-bake.js`;
    const command = `cat saved.tar | node ${program} diff api piped /dev/stdin --exit-code`;
    const child = spawn('sh', ['-c', command], { cwd: tree.path, env: envOf(tree) });
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0);
  });

  test('an engine that does not answer is the engine', async () => {
    const { status, stderr } = await diff(treeOn(real.host), 'piped', 'local');
    assert.match(stderr, /the engine cannot be asked: .* \[engine\]/);
    assert.equal(status, 3);
  });
});
