import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readConfig } from '#compiler/workspace/config.js';
import { configKeys } from '#compiler/workspace/configKeys.js';
import type { TreeConfig } from '#compiler/workspace/tree.js';
import { Float } from '#core/data/data.js';
import type { Outcome } from '#core/diagnostics/diagnostic.js';
import { secretVariables } from '#formats/settings/secrets.js';
import { noPyYaml, show } from '../../formats/settings/pyyaml.js';
import { explain, lines } from '../../support/explain.js';
import { pythonWith } from '../../support/python.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

/** The configuration of layered files, the first of them the lowest. */
function layered(files: Readonly<Record<string, ScratchFile>>): Outcome<TreeConfig> {
  const tree = scratchTree(files);
  return readConfig(Object.keys(files).map((name) => ({ path: tree.at(name), shown: name })));
}

function config(text: string): TreeConfig {
  const { value, diagnostics } = layered({ 'config.yaml': text });
  assert.equal(explain(diagnostics), '');
  return value;
}

function explained(text: ScratchFile, name = 'config.yaml'): string {
  return explain(layered({ [name]: text }).diagnostics);
}

test('the defaults are docker-pkg’s', () => {
  const { variables, places, files, knownUidMappings, ...rest } = config('');
  assert.deepEqual(rest, {
    registry: '',
    namespace: '',
    baseImages: [],
    aptOptions: '',
    scanWorkers: 8,
    fallbackAuthor: 'Author',
    fallbackEmail: 'email@domain',
    distribution: 'wikimedia',
    updateId: 's',
    forceNumericUser: false,
    verifyCommand: '/bin/bash',
    verifyArgs: ['-c', '{path}/test.sh {image}'],
    insecureRegistries: [],
    tagLatest: false,
    exclusiveImages: [],
    insideTests: ['goss.yaml'],
    gossRequired: false,
  });
  assert.deepEqual(
    [...knownUidMappings],
    [
      ['root', 0],
      ['www-data', 33],
      ['nobody', 65534],
    ],
  );
  assert.deepEqual([...places], []);
  assert.deepEqual(files, ['config.yaml']);
  assert.equal(variables.get('http_proxy'), null);
  assert.equal(variables.has('container_limits'), false);
  assert.equal(variables.has('jobs'), false);
});

test('every key is taken, ours too, and set ones are variables', () => {
  const value = config(
    lines(`
      registry: registry.example.org:5000
      namespace: team/base
      username: me
      password: hunter2
      password_file: secrets/pw
      base_images: [registry.example.org/bookworm:latest]
      http_proxy: http://proxy:8080
      scan_workers: 2
      ca_bundle: /etc/ca.pem
      force_numeric_user: on
      known_uid_mappings: {app: 900, web: "33"}
      container_limits: memory=4000000,memswap=-1,cpushares=10,cpusetcpus=0-2
      driver: docker
      insecure_registries: ["localhost:5000", "[::1]:5000"]
      tag_latest: yes
      jobs: 3
      exclusive_images: ["*/chromium:*"]
      flavour: 2.0
      seed_image: old
    `),
  );
  assert.equal(value.registry, 'registry.example.org:5000');
  assert.equal(value.password, 'hunter2');
  assert.match(value.passwordFile ?? '', /\/generate-bake-test-[^/]+\/secrets\/pw$/);
  assert.equal(value.aptOnlyProxy, 'http://proxy:8080');
  assert.equal(value.forceNumericUser, true);
  assert.deepEqual(
    [...value.knownUidMappings],
    [
      ['app', 900],
      ['web', '33'],
    ],
  );
  assert.equal(value.tagLatest, true);
  assert.equal(value.jobs, 3);
  assert.deepEqual(value.insecureRegistries, ['localhost:5000', '[::1]:5000']);
  assert.deepEqual(value.variables.get('flavour'), new Float(2));
  assert.equal(value.variables.get('jobs'), 3);
  assert.equal(value.variables.get('password_file'), 'secrets/pw');
  assert.equal(value.places.get('jobs')?.line, 16);
});

test('a template gets everything but the secrets', () => {
  const value = config('username: me\npassword: hunter2\n');
  assert.deepEqual(secretVariables, ['password']);
  assert.equal(value.variables.has('password'), false);
  assert.equal(value.variables.get('username'), 'me');
});

test('layers replace whole keys; order is that of Python’s dict.update', {
  skip: noPyYaml,
}, () => {
  const files = {
    'user.yaml': 'zeta: 1\nknown_uid_mappings: {me: 1}\nhttp_proxy: http://user\nshared: 1\n',
    'config.yaml': 'alpha: 2\nregistry: r.example\nshared: 2\nhttp_proxy: null\nzeta: 3\n',
  };
  const { value, diagnostics } = layered(files);
  assert.equal(explain(diagnostics), '');
  // The same update in Python, over the same defaults, without the password.
  const program = [
    'import json, sys, yaml',
    'defaults, user, local = json.load(sys.stdin)',
    'config = dict(defaults); config.update({**yaml.safe_load(user), **yaml.safe_load(local)})',
    'print(json.dumps(list(config.items())))',
  ].join('\n');
  const defaults = configKeys
    .filter((key) => key.default !== undefined)
    .filter((key) => !secretVariables.includes(key.name))
    .map((key) => [key.name, 0]);
  const run = spawnSync(pythonWith('yaml') ?? '', ['-c', program], {
    input: JSON.stringify([defaults, files['user.yaml'], files['config.yaml']]),
  });
  const items = JSON.parse(run.stdout.toString()) as [string, unknown][];
  assert.deepEqual(
    [...value.variables.keys()],
    items.map(([key]) => key),
  );
  assert.deepEqual(show(value.variables.get('shared') ?? null), ['int', '2']);
  assert.deepEqual([...value.knownUidMappings], [['me', 1]]);
  assert.equal(value.httpProxy, undefined);
  assert.equal(value.variables.get('apt_only_proxy'), null);
});

test('apt_only_proxy falls back to http_proxy, and keeps its own value', () => {
  assert.equal(config('http_proxy: http://p\n').aptOnlyProxy, 'http://p');
  assert.equal(config('http_proxy: http://p\n').variables.get('apt_only_proxy'), 'http://p');
  assert.equal(config('http_proxy: http://p\napt_only_proxy: http://a\n').aptOnlyProxy, 'http://a');
  assert.equal(config('http_proxy: http://p\napt_only_proxy: ""\n').aptOnlyProxy, '');
});

test('the same keys in TOML', () => {
  const { value, diagnostics } = layered({
    'config.toml': 'registry = "r.example"\nv = 2.0\n[known_uid_mappings]\napp = 900\n',
  });
  assert.equal(explain(diagnostics), '');
  assert.equal(value.registry, 'r.example');
  assert.deepEqual([...value.knownUidMappings], [['app', 900]]);
  assert.deepEqual(value.variables.get('v'), new Float(2));
});

test('a wrong type is an error at its line, and all are reported', () => {
  assert.equal(
    explained(
      lines(`
        registry:
        base_images: registry.example.org/bookworm
        scan_workers: 0
        force_numeric_user: "no"
        verify_args: [-c, 17]
        known_uid_mappings: {on: 1, app: 2.5}
        distribution: off
        password: 1234
        jobs: many
      `),
    ),
    lines(`
      config.yaml:1:1: error: registry must be a string, not nothing (null) [config-type]
          1 | registry:
            | ^^^^^^^^
        hint: leave it out, or write "" for none
      config.yaml:2:14: error: base_images must be a list of strings, not a string [config-type]
          2 | base_images: registry.example.org/bookworm
            |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: write it as ["…"]
      config.yaml:3:15: error: scan_workers must be an integer of at least 1, not 0 [config-type]
          3 | scan_workers: 0
            |               ^
      config.yaml:4:22: error: force_numeric_user must be true or false, not a string [config-type]
          4 | force_numeric_user: "no"
            |                      ^^
      config.yaml:5:19: error: verify_args[1] must be a string, not an integer [config-type]
          5 | verify_args: [-c, 17]
            |                   ^^
        hint: put it in quotes
      config.yaml:6:22: error: a name in known_uid_mappings must be a string, not a boolean (true) [config-type]
          6 | known_uid_mappings: {on: 1, app: 2.5}
            |                      ^^
        hint: put it in quotes
      config.yaml:6:34: error: known_uid_mappings.app must be a numeric id, not a floating-point number [config-type]
          6 | known_uid_mappings: {on: 1, app: 2.5}
            |                                  ^^^
      config.yaml:7:15: error: distribution must be a string, not a boolean (false) [config-type]
          7 | distribution: off
            |               ^^^
        hint: put it in quotes
      config.yaml:8:10: error: password must be a string, not an integer [config-type]
          8 | password:…
            |          ^
        hint: put it in quotes
      config.yaml:9:7: error: jobs must be an integer of at least 1, not a string [config-type]
          9 | jobs: many
            |       ^^^^
    `),
  );
});

test('values that docker-pkg would carry into a broken reference', () => {
  const cases: [string, string, string | undefined][] = [
    [
      'registry: https://r.example',
      'registry must be `host[:port]`, without a scheme or a trailing slash',
      'write registry: r.example',
    ],
    [
      'registry: r.example/',
      'registry must be `host[:port]`, without a scheme or a trailing slash',
      'write registry: r.example',
    ],
    [
      'registry: r.example:x',
      'registry must be `host[:port]`, without a scheme or a trailing slash',
      'for example registry: registry.example.org',
    ],
    [
      'namespace: /Team/',
      'namespace must be lower-case names joined by single slashes',
      'write namespace: team',
    ],
    [
      'insecure_registries: [http://x]',
      'a registry is written as `host[:port]`',
      'for example localhost:5000',
    ],
    ['driver: buildah', 'the only driver is `docker`', 'remove the key'],
    [
      'container_limits: memory',
      'container_limits must be `name=value` settings joined by commas',
      undefined,
    ],
    [
      'container_limits: cpus=2',
      'container_limits knows memory, memswap, cpushares and cpusetcpus, not "cpus"',
      undefined,
    ],
    ['container_limits: memory=4g', 'memory in container_limits must be a whole number', undefined],
  ];
  for (const [text, message, hint] of cases) {
    const [diagnostic, ...more] = layered({ 'config.yaml': `${text}\n` }).diagnostics;
    assert.deepEqual(more, []);
    assert.equal(diagnostic?.message, message, text);
    assert.equal(diagnostic?.place?.line, 1);
    if (hint !== undefined) {
      assert.equal(diagnostic?.hint, hint);
    }
  }
  for (const registry of [
    'localhost:5000',
    'registry.example.org/group/project',
    'team',
    '[::1]:5000',
  ]) {
    assert.equal(config(`registry: "${registry}"\n`).registry, registry);
  }
});

test('a misspelt built-in key is a warning; other variables are not', () => {
  assert.equal(
    explained('regsitry: r.example\nbase-images: []\nbaseImages: []\n'),
    lines(`
      config.yaml:1:1: warning: "regsitry" is not a built-in key, so it is a template variable only [config-misspelt]
          1 | regsitry: r.example
            | ^^^^^^^^
        hint: did you mean "registry"?
      config.yaml:2:1: warning: "base-images" is not a built-in key, so it is a template variable only [config-misspelt]
          2 | base-images: []
            | ^^^^^^^^^^^
        hint: did you mean "base_images"?
      config.yaml:3:1: warning: "baseImages" is not a built-in key, so it is a template variable only [config-misspelt]
          3 | baseImages: []
            | ^^^^^^^^^^
        hint: did you mean "base_images"?
    `),
  );
  const others =
    'seed_image: x\nregistry2: x\nregistry_url: x\nuser: me\ndebian_version: 12\nregistri: a\nregistry: b\n';
  assert.equal(explained(others), '');
});

test('files that cannot be taken', () => {
  const nowhere = readConfig([{ path: '/nonexistent/config.yaml', shown: 'x/config.yaml' }]);
  assert.equal(
    explain(nowhere.diagnostics),
    'x/config.yaml: error: the configuration file x/config.yaml does not exist [settings-unreadable]\n',
  );
  assert.equal(
    explained(Buffer.from('a: 1\nb: caf\xe9\n', 'latin1')),
    lines(`
      config.yaml:2:7: error: byte 0xe9 (number 12 of the file) is not UTF-8 [not-utf8]
          2 | b: caf\ufffd
            |       ^
        hint: save the file as UTF-8, for example: iconv -f latin1 -t utf-8 config.yaml
    `),
  );
  assert.doesNotMatch(explained(Buffer.from('password: hunter2\xe9\n', 'latin1')), /hunter2/);
  assert.equal(
    explained('yes: 1\n3: 2\n'),
    lines(`
      config.yaml:1:1: error: configuration keys must be strings [config-key]
          1 | yes: 1
            | ^^^
        hint: put it in quotes (YAML 1.1 reads yes, no, on and off as booleans)
      config.yaml:2:1: error: configuration keys must be strings [config-key]
          2 | 3: 2
            | ^
        hint: put it in quotes (YAML 1.1 reads yes, no, on and off as booleans)
    `),
  );
  assert.equal(config('\ufeffregistry: r.example\n').registry, 'r.example');
});

test('the table of keys is complete: each has its line for doc/configuration.md', () => {
  for (const key of configKeys) {
    assert.match(key.meaning, /^[A-Z].*[^.]$/, key.name);
    assert.ok(
      key.name === 'container_limits' ||
        key.name === 'driver' ||
        key.origin === 'generate-bake' ||
        key.default !== undefined,
      key.name,
    );
  }
});
