import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBakeTargets } from '#upkeep/import/bakeTargets.js';
import { placeOfComplaint } from '#upkeep/import/composeBuilds.js';
import { importBake } from '#upkeep/import/importBake.js';
import { importDockerPkg } from '#upkeep/import/importDockerPkg.js';
import { variablesIn } from '#upkeep/import/variablesIn.js';
import { explain, lines } from '../../support/explain.js';

/** What `bake --print` gives for these targets, imported into a repository with these files. */
function imported(target: object, files: Readonly<Record<string, string>> = {}) {
  const targets = readBakeTargets(JSON.stringify({ target }));
  assert.ok(targets !== undefined);
  const found = new Set(Object.keys(files).filter((file) => /(?:^|\/)Dockerfile/.test(file)));
  const {
    files: made,
    carried,
    said = [],
    left,
  } = importBake({
    file: 'docker-bake.hcl',
    targets,
    found,
    read: (file) => files[file],
  });
  const [first, ...more] = made;
  assert.equal(first?.path, 'generate-bake.toml');
  const text = first?.text.replace(/^.*\n/, '');
  return { text, more, carried, said, left: explain(left) };
}

test('targets become images: what they are named, built of and tagged', () => {
  const { text, left } = imported(
    {
      api: {
        context: 'services/api',
        dockerfile: 'Dockerfile',
        args: { MODE: 'fast', QUOTE: '$${x} "y"' },
        labels: { 'org.team': 'web' },
        tags: ['r.example/acme/api:1.2', 'r.example/acme/api:latest'],
        target: 'final',
        platforms: ['linux/amd64', 'linux/arm64'],
      },
      tools: {
        context: '.',
        dockerfile: 'docker/tools.Dockerfile',
        tags: ['r.example/acme/sub/tools'],
      },
    },
    { 'services/api/Dockerfile': 'FROM scratch AS final\n' },
  );
  assert.equal(left, '');
  assert.equal(
    text,
    lines(`
      registry = "r.example"
      namespace = "acme"

      [[image]]
      path = "services/api/Dockerfile"
      name = "api"
      version = "1.2"
      context = "services/api"
      target = "final"
      tags = ["latest"]
      platforms = ["linux/amd64", "linux/arm64"]
      args = { MODE = "fast", QUOTE = "\${x} \\"y\\"" }
      labels = { "org.team" = "web" }

      [[image]]
      dockerfile = "docker/tools.Dockerfile"
      name = "sub/tools"
      context = "."
      tags = ["latest"]
    `),
  );
});

test('one Dockerfile of several targets, and Dockerfiles of none', () => {
  const { text, carried, said } = imported(
    {
      a: { context: '.', dockerfile: 'Dockerfile', target: 'a', platforms: ['local'] },
      b: { context: '.', dockerfile: 'Dockerfile', target: 'b' },
    },
    { Dockerfile: 'FROM scratch AS a\nFROM scratch AS b\n', 'old/Dockerfile': 'FROM scratch\n' },
  );
  assert.match(text ?? '', /^exclude = \["old\/Dockerfile"\]\n/);
  assert.match(text ?? '', /\npath = "Dockerfile"\nname = "a"\ncontext = "\."\ntarget = "a"\n\n/);
  assert.match(text ?? '', /\ndockerfile = "Dockerfile"\nname = "b"\n/);
  assert.deepEqual(carried, ['2 of 2 targets of docker-bake.hcl']);
  assert.deepEqual(said, ['excluded, since no target needs it: old/Dockerfile']);
});

test('links are aliases of what they lead to, unless a name means something else elsewhere', () => {
  const targets = (key: string) => ({
    base: { context: 'base', tags: ['acme/base:1'] },
    api: { context: 'api', tags: ['acme/api:1'], contexts: { [key]: 'target:base' } },
    web: { context: 'web', tags: ['acme/web:1'] },
  });
  const files = {
    'base/Dockerfile': 'FROM alpine\n',
    'api/Dockerfile': 'FROM root\n',
    'web/Dockerfile': 'FROM --platform=linux/amd64 alpine AS build\n',
  };
  assert.match(imported(targets('root'), files).text ?? '', /\naliases = \["root"\]\n/);
  // Found by its own name.
  assert.doesNotMatch(imported(targets('acme/base'), files).text ?? '', /aliases|contexts/);
  const alpine = imported(targets('alpine'), files);
  assert.doesNotMatch(alpine.text ?? '', /aliases/);
  assert.match(alpine.text ?? '', /\n# contexts\.alpine = target:base\n/);
  assert.equal(
    alpine.left,
    lines(`
      docker-bake.hcl: warning: target api: the context alpine = target:base means something else in web/Dockerfile, and is a comment [not-carried-over]
        hint: write the image that it means in the Dockerfile
    `),
  );
  const stage = imported(targets('deps'), {
    ...files,
    'api/Dockerfile': 'FROM x AS deps\nFROM y\n',
  });
  assert.match(stage.left, /replaces a stage of api\/Dockerfile/);
});

test('what has no key is a comment and one warning for each key', () => {
  const secret = { secret: [{ id: 'npm', src: '.npmrc' }], 'cache-from': ['type=gha'] };
  const { text, left } = imported({
    a: { context: 'a', ...secret },
    b: { context: 'b', contexts: { data: './data' }, secret: ['id=x'], output: ['type=cacheonly'] },
    far: { context: 'https://example.org/x.git' },
  });
  assert.match(
    text ?? '',
    /name = "a"\ncontext = "a"\nsecrets = \["npm"\]\n# cache-from = type=gha\n/,
  );
  assert.match(text ?? '', /secrets = \["x"\]\n# contexts\.data = \.\/data\n$/);
  assert.deepEqual(left.match(/warning: .*(?= \[)/g), [
    'warning: target far is left out: its context is not a directory here: https://example.org/x.git',
    'warning: cache-from has no key here, and is a comment: a',
    'warning: where the secret npm is has no key here',
    'warning: where the secret x is has no key here',
    'warning: target b: the context data = ./data has no key here, and is a comment',
  ]);
});

test('secrets, SSH, annotations and attestations are keys, as buildx prints them or printed them', () => {
  const { text, left } = imported({
    a: {
      context: 'a',
      secret: [{ id: 'npm', src: '.npmrc' }, 'id=token,env=TOKEN'],
      ssh: [{ id: 'default' }, 'key=/run/a,/run/b'],
      annotations: ['manifest:org.example.a=$${b} = c', 'org.example.d=e', 'index:org.example.f=g'],
      attest: [{ type: 'provenance', mode: 'min' }, 'type=sbom,generator=c.example/scan:1'],
    },
    b: { context: 'b', attest: ['type=provenance'], ssh: ['default'] },
    c: { context: 'c', attest: ['type=provenance,disabled=true', 'type=sbom'] },
  });
  assert.match(
    text ?? '',
    new RegExp(
      [
        'secrets = ["npm", "token"]',
        'ssh = ["default", "key"]',
        'annotations = { "org.example.a" = "${b} = c", "org.example.d" = "e" }',
        'attest = { provenance = "min", sbom = "c.example/scan:1" }',
        '# annotations = index:org.example.f=g',
      ]
        .map((line) => line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('\\n'),
    ),
  );
  assert.match(text ?? '', /ssh = \["default"\]\nattest = \{ provenance = "max" \}/);
  assert.match(text ?? '', /attest = \{ sbom = true \}\n# attest = type=provenance,disabled=true/);
  assert.deepEqual(left.match(/(?<=hint: build with: ).*/g), [
    'generate-bake build --secret id=npm,src=.npmrc',
    'generate-bake build --secret id=token,env=TOKEN',
    'generate-bake build --ssh default',
    'generate-bake build --ssh key=/run/a,/run/b',
  ]);
});

test('targets of one repository get names of their own; of another registry a warning', () => {
  const { text, left } = imported({
    'app-a': { context: 'a', tags: ['acme/app:a'] },
    'app-b': { context: 'a', tags: ['acme/app:b'] },
    mirror: { context: 'm', tags: ['ghcr.io/acme/m:1'] },
  });
  assert.match(text ?? '', /^namespace = "acme"\n/);
  assert.match(text ?? '', /name = "app-a"\nversion = "a"\n/);
  assert.match(text ?? '', /name = "app-b"\nversion = "b"\n/);
  assert.match(text ?? '', /name = "acme\/m"\n/);
  assert.equal(left.match(/warning/g)?.length, 3);
});

test('a Dockerfile in the bake file gets a file of its own', () => {
  const { text, more } = imported({ x: { context: '.', 'dockerfile-inline': 'FROM $${BASE}\n' } });
  assert.match(text ?? '', /dockerfile = "docker\/x\.Dockerfile"\nname = "x"\n/);
  assert.deepEqual(more, [{ path: 'docker/x.Dockerfile', text: 'FROM ${BASE}\n' }]);
});

test('what is not a bake file', () => {
  assert.equal(readBakeTargets('{"group": {}}'), undefined);
});

test('bake’s complaint about a compose file is at the service that it names', () => {
  const text = 'services:\n  db: {}\n  web:\n    build: .\n';
  const place = (message: string) => placeOfComplaint(message, 'compose.yaml', text);
  assert.deepEqual(place("services.web.build additional properties 'x' not allowed"), {
    file: 'compose.yaml',
    line: 3,
    column: 3,
    length: 3,
    lineText: '  web:',
  });
  assert.equal(place('service "db" declares unknown service').line, 2);
  assert.deepEqual(place('something else'), { file: 'compose.yaml' });
});

test('docker-pkg: config-NAME.yaml is the directory NAME’s, config.yaml that of the others', () => {
  const image = (path: string) => [`${path}/Dockerfile.template`, `${path}/changelog`];
  const files = [
    'config.yaml',
    'config-istio.yaml',
    'config-lost.yaml',
    'docs/config.yaml',
    ...image('images/base'),
    ...image('images/lang/go'),
    ...image('istio/build'),
    'half/x/Dockerfile.template',
  ];
  const made = importDockerPkg({ files });
  assert.deepEqual(made?.carried, [
    'images: 2 images, with config.yaml',
    'istio: 1 image, with config-istio.yaml',
  ]);
  assert.equal(
    made?.files[0]?.text,
    lines(`
      # Written by generate-bake import docker-pkg.
      [[tree]]
      directory = "images"
      config = "config.yaml"

      [[tree]]
      directory = "istio"
      config = "config-istio.yaml"
    `),
  );
  assert.equal(
    explain(made?.left ?? []),
    lines(`
      config-lost.yaml: warning: no directory of images is named lost: it is not known whose configuration this is [not-carried-over]
        hint: add it to the [[tree]] that it is for: config = ["config.yaml", "…"]
    `),
  );
  assert.equal(importDockerPkg({ files: ['config.yaml'] }), undefined);
  const alone = importDockerPkg({ files: ['config-a.yaml', ...image('b/x')] });
  assert.match(explain(alone?.left ?? []), /^b: warning: no configuration for 1 image/);
});

test('variables are what a bake file declares, and what a compose file reads', () => {
  const hcl = `
    variable "TAG" { default = "1" }
    function "tag" { params = [n] result = "acme/\${n}:\${TAG}" }
    target "x" { matrix = { s = ["a"] } name = "x-\${s}" tags = [tag(s)] }
  `;
  assert.deepEqual(variablesIn('docker-bake.hcl', hcl), ['TAG']);
  const json = '{"variable": {"TAG": {}}, "target": {"x": {"name": "x-${s}"}}}';
  assert.deepEqual(variablesIn('docker-bake.json', json), ['TAG']);
  assert.deepEqual(variablesIn('compose.yaml', 'image: ${A:-x}/$B$$C\n'), ['A', 'B']);
});
