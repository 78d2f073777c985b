/** `doctor` with and without docker, trees, programs and registries. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { sketchFiles } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { faultyRegistry } from '../support/faultyRegistry.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

interface Check {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly hint?: string;
  readonly trees: readonly string[];
}

interface Document {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

const isDocument = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync(join(root, 'doc/doctor.schema.json'), 'utf8')),
);

/** A fake `docker` that never answers, and programs that say a version or nothing. */
const programs: Record<string, ScratchFile> = {
  'silent/docker': { text: '#!/bin/sh\nexec sleep 60\n', mode: 0o755 },
  'some/goss': { text: '#!/bin/sh\necho "goss version v0.4.9"\n', mode: 0o755 },
  'slow/goss': { text: '#!/bin/sh\nexec sleep 60\n', mode: 0o755 },
};

const images = sketchFiles('images', { one: { dockerfile: 'FROM base/of:1\nRUN true\n' } });

function tree(config: object, more: Record<string, ScratchFile> = {}) {
  const made = scratchTree({
    ...programs,
    'home/': '',
    'locks/': '',
    'state/': '',
    'none/': '',
    'work/config.yaml': JSON.stringify(config),
    ...Object.fromEntries(
      Object.entries({ ...images, ...more }).map(([path, file]) => [`work/${path}`, file]),
    ),
  });
  const run = async (words: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = 'work') =>
    runCli(['doctor', ...words], {
      cwd: made.at(cwd),
      env: {
        PATH: made.at('none'),
        HOME: made.at('home'),
        XDG_STATE_HOME: made.at('state'),
        GENERATE_BAKE_LOCK_DIRECTORY: made.at('locks'),
        ...env,
      },
    });
  const ask = async (words: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    const done = await run(['--json', '-c', 'config.yaml', ...words, 'images'], env);
    const document = JSON.parse(done.stdout) as Document;
    const isRight: boolean = isDocument(document);
    assert.ok(isRight, JSON.stringify(isDocument.errors));
    const { checks } = document;
    const names = checks.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
    assert.equal(done.status, document.ok ? 0 : 1, done.stderr);
    const of = (name: string): Check =>
      checks.find((one) => one.name === name) ?? assert.fail(`no ${name} in ${names}`);
    return { ...done, of, checks };
  };
  return { ...made, run, ask };
}

test('a machine without docker: what it lacks, who needs it, and what to do', async () => {
  const made = tree({});
  const { status, stdout, stderr } = await made.run(['-c', 'config.yaml', 'images']);
  assert.equal(status, 1, stderr);
  assert.match(stdout, /^CHECK +STATE +DETAIL$/m);
  assert.match(stdout, /^trees +ok +1 image in 1 tree$/m);
  assert.match(stdout, /^docker +missing +docker cannot be used: no program docker$/m);
  assert.match(stdout, /^goss +not needed +not installed$/m);
  assert.match(stderr, /^docker \(needed by images\): install Docker/m);
  assert.ok(!stderr.includes('goss'), stderr);
  // Nothing is written anywhere.
  assert.deepEqual(readdirSync(made.at('work')).sort(), ['config.yaml', 'images']);
  for (const folder of ['home', 'locks', 'state']) {
    assert.deepEqual(readdirSync(made.at(folder)), []);
  }
});

test('without a tree nothing is needed; a broken tree is an error of its own', async () => {
  const made = tree({});
  const empty = await made.run([], {}, 'none');
  assert.equal(empty.status, 0, empty.stderr);
  assert.match(empty.stdout, /^trees +not needed +no Dockerfile in this directory$/m);
  assert.match(empty.stdout, /^docker +missing /m);
  assert.match(empty.stderr, /^docker: install Docker/m);

  made.write({ 'work/config.yaml': 'registry: [' });
  const broken = await made.run(['-c', 'config.yaml', 'images']);
  assert.equal(broken.status, 1, broken.stderr);
  assert.match(broken.stderr, /config\.yaml:1/);
  assert.match(broken.stdout, /^trees +missing +they cannot be read$/m);
  assert.match(broken.stdout, /^docker +missing /m);

  made.write({ 'work/config.yaml': '{}', 'work/images/one/Dockerfile.template': 'FROM {{ x\n' });
  const image = await made.run(['-c', 'config.yaml', 'images']);
  assert.match(image.stdout, /^trees +ok +1 image in 1 tree, 1 broken: see generate-bake check$/m);
});

test('what does not answer has a time limit', async () => {
  const made = tree({}, { 'images/one/goss.yaml': '{}' });
  const path = ['silent', 'slow'].map((folder) => made.at(folder)).join(':');
  const started = Date.now();
  const { of } = await made.ask([], { PATH: `${path}:/usr/bin:/bin` });
  assert.ok(Date.now() - started < 40_000);
  assert.equal(of('docker').detail, 'no answer within 10 s');
  assert.match(of('goss').detail, /goss does not answer within 5 s$/);
  assert.equal(of('goss').state, 'missing');
});

test('goss is needed by tests for it alone', async () => {
  const without = await tree({}).ask();
  assert.equal(without.of('goss').state, 'not-needed');
  const made = tree({}, { 'images/one/goss.yaml': '{}' });
  const needed = (await made.ask()).of('goss');
  assert.deepEqual([needed.state, needed.trees], ['missing', ['images']]);
  const there = (await made.ask([], { PATH: made.at('some') })).of('goss');
  assert.deepEqual([there.state, there.detail], ['ok', `0.4.9, ${made.at('some/goss')}`]);
});

test('where credentials are is said, and never what they are; nobody is asked', async () => {
  const store = await faultyRegistry(() => ({ status: 500 }));
  const none = (await tree({ registry: store.host }).ask()).of(`registry ${store.host}`);
  assert.deepEqual([none.state, none.detail], ['ok', 'no credentials']);

  const own = await tree({ registry: store.host, username: 'robot', password: 'geheim' }).ask();
  assert.equal(own.of(`registry ${store.host}`).detail, 'username and password of config.yaml');
  assert.ok(!/geheim|robot/.test(own.stdout + own.stderr));

  const unbound = await tree({ registry: store.host }).ask([], {
    GENERATE_BAKE_USERNAME: 'robot',
    GENERATE_BAKE_PASSWORD: 'geheim',
  });
  const refused = unbound.of(`registry ${store.host}`);
  assert.equal(refused.state, 'missing');
  assert.match(refused.detail, /GENERATE_BAKE_PASSWORD is not sent to/);
  assert.match(refused.hint ?? '', /set GENERATE_BAKE_REGISTRY=/);
  assert.ok(!/geheim|robot/.test(unbound.stdout + unbound.stderr));
  assert.deepEqual(store.asked, []);
  await store.stop();
});

test('--registry asks: what answers, what refuses the credentials, what is not there', {
  skip: registryProgram() === undefined ? 'there is no docker-registry' : false,
}, async () => {
  const store = await registry({ users: { robot: 'geheim' } });
  const name = `registry ${store.host}`;
  const good = await tree({ registry: store.host, username: 'robot', password: 'geheim' }).ask([
    '--registry',
  ]);
  assert.deepEqual(
    [good.of(name).state, good.of(name).detail],
    ['ok', 'answers; username and password of config.yaml'],
  );
  assert.equal(good.of('clock').state, 'ok');
  const bad = await tree({ registry: store.host, username: 'robot', password: 'falsch' }).ask([
    '--registry',
  ]);
  assert.equal(bad.of(name).state, 'missing');
  assert.match(bad.of(name).detail, /answers 401/);
  assert.ok(!/falsch/.test(bad.stdout + bad.stderr));
});

test('--registry: a registry that hangs is given up, one whose clock differs is named', async () => {
  const hanging = await faultyRegistry(() => 'hang');
  const started = Date.now();
  const silent = await tree({ registry: hanging.host }).ask(['--registry']);
  assert.ok(Date.now() - started < 30_000);
  assert.match(silent.of(`registry ${hanging.host}`).detail, /did not answer within 5 s/);
  assert.equal(silent.of('clock').state, 'not-needed');
  await hanging.stop();

  const date = new Date(Date.now() + 600_000).toUTCString();
  const early = await faultyRegistry(() => ({ status: 200, headers: { date }, body: '{}' }));
  const { of } = await tree({ registry: early.host }).ask(['--registry']);
  assert.equal(of('clock').state, 'missing');
  assert.match(of('clock').detail, /^(?:5[5-9]\d|60\d) s behind /);
  await early.stop();
});

test('locks of builds that run are shown, whatever else is in their directory', async () => {
  const made = tree({});
  const lock = (pid: number, directory: string) =>
    JSON.stringify({ pid, host: hostname(), directory, since: '2026-11-27T10:00:00Z' });
  made.write({
    'locks/0123456789abcdef.json': lock(process.pid, '/srv/\u001b[31mtree'),
    'locks/1123456789abcdef.json': lock(2 ** 30, '/gone'),
    'locks/2123456789abcdef.json': 'no JSON',
    'locks/readme.txt': 'x',
  });
  const { of } = await made.ask();
  assert.equal(
    of('locks').detail,
    `process ${process.pid} on ${hostname()} builds in /srv/\u001b[31mtree since 2026-11-27T10:00:00Z`,
  );
  const shown = await made.run(['-c', 'config.yaml', 'images']);
  assert.ok(!shown.stdout.includes('\u001b'), shown.stdout);
  assert.ok(existsSync(made.at('locks/1123456789abcdef.json')), 'nothing is removed');
});

test('--help shows examples', async () => {
  const { stdout, status } = await tree({}).run(['--help']);
  assert.equal(status, 0);
  assert.match(stdout, /generate-bake doctor --registry/);
});
