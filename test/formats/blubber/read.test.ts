import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionOfFrontend } from '#formats/blubber/frontend.js';
import { readBlubberfile } from '#formats/blubber/read.js';
import { syntaxOf } from '#formats/blubber/syntax.js';
import { explain, lines } from '../../support/explain.js';

/** What is told of a file, with its places; the version of the format is put before it. */
function told(text: string, frontend?: string): string {
  const whole = `version: v4\n${lines(text)}`;
  const { value, diagnostics } = readBlubberfile('b.yaml', whole, versionOfFrontend(frontend));
  assert.equal(value === undefined, diagnostics.length > 0);
  return explain(diagnostics);
}

/** Place and message of the first error. */
function first(text: string, frontend?: string): string {
  return told(text, frontend).split(' [')[0] ?? '';
}

test('everything that a file may say', () => {
  const text = `
    base: registry.example/debian:12
    arguments: { RELEASE: "1", EMPTY: null }
    apt:
      packages: { default: [curl], bookworm-backports: [npm=1.2-3] }
      sources:
        - { url: https://apt.example, distribution: bookworm, components: [main], signed-by: key }
      proxies: [http://proxy.example:8080, { url: http://p.example, source: http://s.example }]
    lives: { as: somebody, uid: 1000, gid: 1000, in: /srv/app }
    runs: { as: runuser, uid: 900, gid: 900, in: /srv, insecurely: true, environment: { KEY: "", NONE: null } }
    entrypoint: [run, it]
    variants:
      build:
        builders:
          - custom:
              command: make
              requirements: [Makefile, { from: local, source: src/, destination: ./, exclude: [.git] }]
              mounts: [local, { from: tools, source: "$HOME", destination: /mnt }]
              caches: [/cache, { destination: /other, id: one, access: locked }]
          - custom: { script: "echo" }
          - node: { requirements: [package.json], env: production, use-npm-ci: true, allow-dedupe-failure: no }
          - php: { requirements: [composer.json], production: yes }
          - python:
              version: python3
              requirements: []
              no-deps: true
              use-system-site-packages: false
              poetry: { version: "==1.5.1", devel: false, only: main, without: dev }
              venv: /opt/venv
              pip-version: "1"
              setuptools-version: ~=81.0
              tox-version: "4"
              wheel-version: "1"
      tools: { base: null, copies: [build] }
      old:
        includes: [tools]
        copies: [{ from: local }, { from: build, source: /srv/app, destination: ./ }, { from: r.example/x:1 }]
        builder: { command: [make, all] }
        node: { requirements: [] }
        php: {}
        python: { version: python3 }
  `;
  assert.equal(told(text), '');
  assert.equal(told(text, 'r.example/buildkit:v1.8.0'), '');
});

test('a key that is not known, with what may have been meant', () => {
  assert.equal(
    told(`
      variants:
        build: { entrypiont: [x] }
    `),
    lines(`
      b.yaml:3:12: error: unknown key "entrypiont" here [blubber-file]
          3 |   build: { entrypiont: [x] }
            |            ^^^^^^^^^^
        hint: did you mean "entrypoint"?
    `),
  );
});

test('keys out of place', () => {
  const at = (text: string) => told(text).replace(/\n {4}.*/g, '');
  assert.equal(
    at('copies: [local]\n'),
    lines(`
      b.yaml:2:1: error: unknown key "copies" here [blubber-file]
        hint: move it below a variant: variants: { NAME: { … } }
    `),
  );
  assert.equal(
    at('variants: { one: { version: v4 } }\n'),
    lines(`
      b.yaml:2:20: error: unknown key "version" here [blubber-file]
        hint: move it to the top of the file
    `),
  );
});

test('versions: what to do for an older one', () => {
  const read = (text: string) => explain(readBlubberfile('b.yaml', text).diagnostics);
  assert.equal(
    read('version: v3\nbase: 3\n'),
    lines(`
      b.yaml:1:10: error: Blubber reads files of version v4, and this is one of v3 [blubber-file]
          1 | version: v3
            |          ^^
        hint: write version: v4, and copies: [local] in each variant that takes the files of the repository: v3 did so by itself
    `),
  );
  assert.equal(
    read('base: x\n'),
    lines(`
      b.yaml: error: the file has no version [blubber-file]
        hint: add version: v4
    `),
  );
  assert.match(read('version: 4\n'), /^b\.yaml:1:10: error: version must be a string/);
  assert.match(read('a: [\n'), /^b\.yaml:2:1: error: not valid YAML/);
});

test('values of a wrong type or form, each at its place', () => {
  // The place is behind `^`.
  const wrong: readonly (readonly [text: string, message: string])[] = [
    ['base: ^UPPER', '"UPPER" is not a valid image reference: '],
    ['base: ^[a]', 'base must be a string, not a list'],
    ['entrypoint: ^run', 'entrypoint must be a list'],
    ['apt: { packages: [^A] }', '"A" is not the name of a Debian package'],
    ['apt: { packages: { ok: [^A] } }', '"A" is not the name of'],
    ['apt: { sources: [^{ url: https://a.example }] }', 'distribution is missing'],
    [
      'apt: { sources: [{ url: ^ftp://a.example, distribution: x }] }',
      '"ftp://a.example" is not an http or https URL',
    ],
    ['apt: { proxies: [^x] }', '"x" is not an http or https URL'],
    ['lives: { as: ^root }', '"root" must not be root'],
    ['lives: { in: ^/ }', '"/" is not an absolute path below /'],
    ['lives: { in: ^srv }', '"srv" is not an absolute path below /'],
    ['runs: { uid: ^-1 }', 'uid must not be negative'],
    ['runs: { uid: "^1" }', 'uid must be a whole number, not a string'],
    ['runs: { environment: { ^A: x } }', '"A" is not the name of a variable'],
    ['runs: { environment: { AB: ^1 } }', 'AB must be a string, not an integer'],
    ['runs: { insecurely: "^yes" }', 'insecurely must be true or false'],
    ['node: { env: ^a-b }', '"a-b" is not letters and digits'],
    ['python: { poetry: { version: "^1.2" } }', '"1.2" is not a version of a'],
    ['variants: { ^a: {} }', '"a" is not the name of a variant'],
    ['variants: { ^abc: null }', 'abc must be a table, not nothing (null)'],
    ['variants: { abc: { includes: ^xyz } }', 'includes must be a list'],
    ['builders: [^node]', 'a builder must be a table'],
    ['builders: [^{}]', 'a builder is empty'],
    ['builders: [{ ^go: {} }]', 'unknown key "go" here'],
    ['builders: [^{ node: {}, php: {} }]', 'two builders are in one entry'],
    ['builders: [{ node: {} }, { ^node: {} }]', 'builders has node twice'],
    [
      'builders: [{ node: {} }]\n^php: { production: true }',
      'builders and php cannot be given together',
    ],
    ['builder: { command: a, ^script: b }', 'a builder has a command or a'],
    ['builder: { caches: [{ destination: /a, access: ^none }] }', 'access cannot be "none"'],
    ['builder: { caches: [^{ id: a }] }', 'a cache needs a destination'],
    ['builder: { mounts: [^{ source: /a }] }', 'a mount needs from'],
    ['builder: { requirements: [^../a] }', '"../a" is not in the build context'],
    ['builder: { requirements: [^/a] }', '"/a" is not in the build context'],
    ['builder: { requirements: [a, ^a] }', 'requirements has the same entry twice'],
    ['variants: { abc: { copies: [^{ source: a }] } }', 'it does not say where it is copied from'],
    [
      'variants: { abc: { copies: [{ from: local, ^destination: a }] } }',
      'destination needs a source',
    ],
    ['variants: { abc: { copies: [local, ^local] } }', 'copies has the same'],
    // v1.8.0: cannot unmarshal string into .1 of type config.ArtifactsConfig.
    [
      'variants: { abc: { copies: [{ from: local, source: a }, ^local] } }',
      'copies has both names and tables',
    ],
    ['variants: { abc: { copies: [^a/B] } }', '"a/B" is not a valid image'],
  ];
  for (const [text, message] of wrong) {
    const before = text.slice(0, text.indexOf('^')).split('\n');
    const place = `b.yaml:${before.length + 1}:${(before.at(-1)?.length ?? 0) + 1}`;
    const found = first(text.replace('^', ''));
    assert.ok(found.startsWith(`${place}: error: ${message}`), `${text}\n${found}`);
  }
});

test('more than any file has', () => {
  const many = (count: number, text: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => text(at)).join('');
  const variants = (count: number) => `variants:\n${many(count, (at) => `  v-${at}: {}\n`)}`;
  assert.equal(told(variants(200)), '');
  assert.match(told(variants(201)), /^b\.yaml:2:1: error: the file has more than 200 variants/);
  const paths = many(6_000, (at) => `p${at},`);
  const twice = `variants:\n  one: { base: r/x, node: { requirements: &all [${paths}] } }\n  two: { base: r/x, node: { requirements: *all } }\n`;
  assert.match(told(twice), /error: the variants have more than 10000 copies, requirements and/);
});

test('an include of a variant that is not there', () => {
  assert.equal(
    told(`
      variants:
        build: {}
        test: { includes: [biuld] }
    `),
    lines(`
      b.yaml:4:22: error: there is no variant "biuld" [blubber-file]
          4 |   test: { includes: [biuld] }
            |                      ^^^^^
        hint: did you mean "build"?
    `),
  );
  assert.equal(
    told('variants: { one: { includes: [local] } }'),
    '',
    'Blubber takes it for nothing',
  );
});

test('keys that the frontend does not know yet, or not any more', () => {
  const flag = 'python: { use-system-flag: true }';
  assert.equal(told(flag), '', 'nobody knows which frontend it is');
  assert.equal(told(flag, 'r.example/buildkit:v0.22.0'), '');
  assert.equal(
    told(flag, 'r.example/buildkit:v0.23.0'),
    lines(`
      b.yaml:2:11: error: Blubber has no use-system-flag since v0.23.0, and the file is built by v0.23.0 [blubber-file]
          2 | python: { use-system-flag: true }
            |           ^^^^^^^^^^^^^^^
        hint: write use-system-site-packages
    `),
  );
  const script = 'builder: { script: x }';
  assert.equal(told(script, 'r.example/buildkit:v1.3.0'), '');
  assert.equal(told(script, `r.example/buildkit:v1.3.0@sha256:${'a'.repeat(64)}`), '');
  assert.equal(
    told(script, 'r.example/buildkit:v1.2.9'),
    lines(`
      b.yaml:2:12: error: script is known since v1.3.0 of Blubber, and the file is built by v1.2.9 [blubber-file]
          2 | builder: { script: x }
            |            ^^^^^^
        hint: name a newer frontend, or leave script out
    `),
  );
  assert.equal(told('lives: { in: /srv }', 'r.example/buildkit:v1.2.0'), '');
  assert.notEqual(told('runs: { in: /srv }', 'r.example/buildkit:v1.2.0'), '');
});

test('the line that names the frontend', () => {
  const found = (text: string) => {
    const { value, diagnostics } = syntaxOf('b.yaml', text);
    return value?.text ?? explain(diagnostics);
  };
  assert.equal(found('# syntax=r.example/buildkit:v1\nversion: v4\n'), 'r.example/buildkit:v1');
  assert.equal(found('#syntax = r.example/x:1\n# more\n'), 'r.example/x:1');
  assert.equal(found('# syntax=r.example/x:1 an option\n'), 'r.example/x:1 an option');
  assert.equal(
    found('# for CI\n# syntax=r.example/x:1\nversion: v4\n'),
    lines(`
      b.yaml:2:1: error: BuildKit does not see this line: it is not the first comment of the file [blubber-syntax]
          2 | # syntax=r.example/x:1
            | ^^^^^^^^^^^^^^^^^^^^^^
        hint: move it to the first line
    `),
  );
  assert.equal(
    found('# syntax=docker-image://r.example/x:1\n'),
    lines(`
      b.yaml:1:10: error: "docker-image://r.example/x:1" is not a valid image reference: it is not [host[:port]/]name[:tag][@digest] [blubber-syntax]
          1 | # syntax=docker-image://r.example/x:1
            |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: name the image of Blubber's frontend: HOST/NAME:TAG
    `),
  );
  assert.equal(
    found('version: v4\n'),
    lines(`
      b.yaml:1:1: error: the file does not say which frontend builds it [blubber-syntax]
          1 | version: v4
            | ^^^^^^^^^^^
        hint: begin it with "# syntax=" and the image of Blubber's frontend, or set frontend in its [[tree]]
    `),
  );
});
