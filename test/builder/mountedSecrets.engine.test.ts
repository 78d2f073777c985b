/** `secrets` and `ssh`: RUN gets them, and nothing else has them. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildTree, endings, readReport } from '../support/buildTree.js';
import { loadBase } from '../support/engine/base.js';
import { engine, engines, privateEngineMissing } from '../support/engine/engine.js';
import { isLong } from '../support/long.js';

const skip = privateEngineMissing() ?? false;

const ofEnvironment = 'Kennwort-der-Umgebung';
const ofFile = 'Kennwort-der-Datei';

test('RUN mounts what the user names, parents that are linked too, and it is nowhere else', {
  skip,
}, async () => {
  for (const docker of isLong ? await engines() : [await engine()]) {
    await loadBase(docker, 'store/base:1');
    const mount = (id: string) => `RUN --mount=type=secret,id=${id},required=true`;
    const tree = buildTree(
      docker,
      { 'generate-bake': { secrets: ['token', 'file'], ssh: ['default', 'key'] } },
      {
        par: {
          dockerfile: `FROM store/base:1\n${mount('token')} cat /run/secrets/token; sha256sum < /run/secrets/token > /t\n`,
        },
        kid: {
          dockerfile: `FROM {{ "par" | image_tag }}\n${mount('file')} cat /run/secrets/file; sha256sum < /run/secrets/file > /f\n`,
        },
        far: {
          dockerfile:
            'FROM store/base:1\nRUN --mount=type=ssh,id=key,required=true test -S "$SSH_AUTH_SOCK"\n',
        },
        bad: { dockerfile: `FROM store/base:1\n${mount('token')} cat /run/secrets/token; false\n` },
        free: { dockerfile: 'FROM store/base:1\nRUN echo free > /free\n' },
      },
      { TOKEN: ofEnvironment },
    );
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    tree.write({ secret: `${ofFile}\n`, key: privateKey });

    const without = await tree.run('build', '--report', 'report.json');
    assert.equal(without.status, 2, without.stderr);
    assert.match(
      without.stderr,
      /^config\.yaml:1:\d+: error: bad:1, par:1 need the secret token, and nothing says where it is \[secret-source\]$/m,
    );
    // An image that needs none is built without them.
    const one = await tree.run('build', '--select', 'free');
    assert.equal(one.status, 0, one.stderr);

    const given = [
      ...['--secret', 'id=token,env=TOKEN', '--secret', 'id=file,src=../secret'],
      ...['--ssh', 'key=../key'],
    ];
    const shown = await tree.run('build', ...given, '--print');
    assert.equal(shown.status, 0, shown.stderr);
    const { status, stderr, stdout } = await tree.run(
      'build',
      ...given,
      ...['--report', 'report.json', '--page', 'page.html', '--retries', '0'],
    );
    assert.equal(status, 1, stderr);
    const report = readReport(tree.at('work/report.json'));
    assert.deepEqual(endings(report), {
      built: ['far:1', 'kid:1', 'par:1'],
      failed: ['bad:1'],
      untouched: ['free:1'],
    });
    const sums = await docker.docker('run', '--rm', 'kid:1', 'cat', '/t', '/f');
    assert.deepEqual(
      sums.split('\n').map((line) => line.split(' ')[0]),
      [hash('sha256', ofEnvironment), hash('sha256', `${ofFile}\n`)],
    );
    const texts = [
      shown.stdout,
      stderr,
      stdout,
      ...filesBelow(tree.at('work'), tree.at('state'), tree.at('tmp')),
      await docker.docker('image', 'history', '--no-trunc', 'kid:1'),
      await docker.docker('image', 'inspect', 'kid:1', 'par:1'),
    ].join('\n');
    assert.ok(!texts.includes(ofEnvironment) && !texts.includes(ofFile), docker.name);
    // It was shown, as far as anything is: the line is in the log.
    assert.match(stderr, /\[secret\]/);
  }
});

function filesBelow(...directories: readonly string[]): readonly string[] {
  return directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .map((name) => join(directory, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'latin1')),
  );
}
