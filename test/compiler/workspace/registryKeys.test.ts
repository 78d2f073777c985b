/** `registry_aliases` and `push_registry`: where they may be written, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../support/explain.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

function open(files: Readonly<Record<string, ScratchFile>>) {
  const tree = scratchTree({ 'images/a/changelog': 'x', 'more/b/changelog': 'x', ...files });
  return openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
}

function names(files: Readonly<Record<string, ScratchFile>>) {
  const { value, diagnostics } = open(files);
  assert.equal(explain(diagnostics), '');
  return value.trees.map(({ name, config }) => ({
    name,
    is: config.registryNames?.canonical('in.example/x') ?? 'unknown',
    push: config.pushRegistry,
  }));
}

/** The messages with their places, without excerpts. */
function refused(files: Readonly<Record<string, ScratchFile>>): readonly string[] {
  return explain(open(files).diagnostics)
    .split('\n')
    .filter((line) => /error|hint/.test(line));
}

const yaml = (...rest: readonly string[]): string =>
  ['registry: pub.example', 'generate-bake:', ...rest.map((line) => `  ${line}`), ''].join('\n');

const twoTrees = lines(`
  [[tree]]
  directory = "images"
  config = "config.yaml"
  [[tree]]
  directory = "more"
  config = "more.yaml"
`);

test('below generate-bake of a configuration, for its trees, and templates do not see it', () => {
  const text = yaml('registry_aliases: {in.example: pub.example}', 'push_registry: in.example');
  assert.deepEqual(
    names({ 'config.yaml': text }).map(({ is, push }) => [is, push]),
    [['pub.example/x', 'in.example']],
  );
  const { value } = open({ 'config.yaml': text });
  const variables = [...(value.trees[0]?.config.variables.keys() ?? [])];
  assert.deepEqual(
    variables.filter((key) => /alias|push|generate/.test(key)),
    [],
  );
});

test('at the top of a workspace file, for all trees; push_registry in a tree', () => {
  const file = `registry_aliases = { "in.example" = "pub.example" }\n${twoTrees}push_registry = "in.example"\n`;
  const found = names({
    'generate-bake.toml': file,
    'config.yaml': 'registry: pub.example\n',
    'more.yaml': 'registry: pub.example\n',
  });
  assert.deepEqual(found, [
    { name: 'images', is: 'pub.example/x', push: undefined },
    { name: 'more', is: 'pub.example/x', push: 'in.example' },
  ]);
});

test('in a workspace file of one tree of Dockerfiles', () => {
  const file = lines(`
    registry = "pub.example"
    push_registry = "in.example"
    registry_aliases = { "in.example" = "pub.example" }
  `);
  assert.deepEqual(
    names({ 'generate-bake.toml': file, 'a/Dockerfile': 'FROM scratch\n' }).map(({ is, push }) => [
      is,
      push,
    ]),
    [['pub.example/x', 'in.example']],
  );
});

test('a later file replaces each key below generate-bake by itself', () => {
  const found = names({
    'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = ["config.yaml", "more.yaml"]\n',
    'config.yaml': yaml('registry_aliases: {in.example: pub.example}', 'exclude: [x]'),
    'more.yaml': yaml('push_registry: in.example'),
  });
  assert.deepEqual(found, [{ name: 'images', is: 'pub.example/x', push: 'in.example' }]);
});

test('what cannot be a name of a registry is refused at its place', () => {
  const form =
    '  hint: write host or host:port, perhaps with a path, as in "registry.example:5000"';
  const at = 'config.yaml:3:';
  for (const [line, message, hint] of [
    [
      'registry_aliases: [a]',
      '3: error: registry_aliases must be a table of strings, not a list [config-key]',
      '  hint: write registry_aliases: { "registry.internal:5000": "registry.example" }',
    ],
    [
      'pull_through: [a]',
      '3: error: pull_through must be a table of strings, not a list [config-key]',
      '  hint: write pull_through: { "docker.io": "mirror.example/hub" }',
    ],
    [
      'push_registry: 5',
      '3: error: push_registry must be a string, not an integer [config-key]',
      form,
    ],
    [
      'latest: true',
      '3: error: latest must be a string, not a boolean (true) [config-key]',
      '  hint: write one of: auto, manual, never',
    ],
    [
      'private: "yes"',
      '3: error: private must be true or false, not a string [config-key]',
      '  hint: write true or false without quotes',
    ],
    [
      'stop_file: STOP',
      '3: error: unknown key "stop_file" here [config-key]',
      '  hint: write it into the workspace file, generate-bake.toml',
    ],
    [
      'hold: [{images: [a], reason: x}]',
      '3: error: unknown key "hold" here [config-key]',
      '  hint: write it as [[hold]] into the workspace file, generate-bake.toml',
    ],
    [
      'registry_aliases: {in.example: 1}',
      '34: error: registry_aliases.in.example must be a string, not an integer [config-key]',
      '  hint: put it in quotes',
    ],
    [
      'registry_aliases: {team: pub.example}',
      '22: error: registry_aliases: "team" is not the name of a registry: it has neither a dot nor a port [config-key]',
      form,
    ],
    [
      'registry_aliases: {"https://in.example": pub.example}',
      '22: error: registry_aliases: "https://in.example" is not the name of a registry [config-key]',
      form,
    ],
    [
      'registry_aliases: {in.example: pub.example/}',
      '22: error: registry_aliases: "pub.example/" is not the name of a registry [config-key]',
      form,
    ],
    [
      'registry_aliases: {index.docker.io: docker.io}',
      '22: error: registry_aliases: index.docker.io is Docker Hub, whose names are known [config-key]',
      '  hint: for a mirror of Docker Hub, use pull_through',
    ],
    [
      'registry_aliases: {hub.example: registry-1.docker.io}',
      '22: error: registry_aliases: registry-1.docker.io is Docker Hub, whose names are known [config-key]',
      '  hint: for a mirror of Docker Hub, use pull_through',
    ],
    [
      'push_registry: "in.example/"',
      '18: error: push_registry is not the name of a registry [config-key]',
      form,
    ],
    [
      'registry_aliases: {in.example: In.Example}',
      '22: error: registry_aliases: in.example is an alias of itself [registry-aliases]',
      '  hint: remove it',
    ],
    [
      'push_registry: in.example',
      '18: error: push_registry in.example is not a name of the registry pub.example [registry-aliases]',
      '  hint: if it is, write registry_aliases: { "in.example": "pub.example" }',
    ],
  ] as const) {
    const found = refused({ 'config.yaml': yaml(line) });
    assert.deepEqual(
      found.map((one) => one.replace(/^config\.yaml:3:\d+: /, `${at} `)),
      [`${at} ${message.replace(/^\d+: /, '')}`, ...(hint === undefined ? [] : [hint])],
    );
  }
});

test('a key of the workspace file in one of its trees, and generate-bake in it, say where they belong', () => {
  const tree = '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n';
  const aboutAll = '  hint: move it before the first [[tree]]: it is about all trees';
  const themselves =
    '  hint: write what is in it without generate-bake: this file has those keys themselves';
  for (const [file, key, hint] of [
    [`${tree}pull_through = { "docker.io" = "mirror.example" }\n`, 'pull_through', aboutAll],
    [`${tree}registry_aliases = { "in.example" = "b.example" }\n`, 'registry_aliases', aboutAll],
    [`${tree}private_registries = ["in.example"]\n`, 'private_registries', aboutAll],
    [`${tree}stop_file = "STOP"\n`, 'stop_file', aboutAll],
    [`${tree}builders = ["near"]\n`, 'builders', aboutAll],
    [`${tree}staging = "b.example/staging"\n`, 'staging', aboutAll],
    [
      `${tree}[[tree.hold]]\nimages = ["a"]\nreason = "x"\n`,
      'hold',
      '  hint: write [[hold]] outside of [[tree]]: it is about all trees, and its images say which',
    ],
    [`${tree}generate-bake = { latest = "manual" }\n`, 'generate-bake', themselves],
    [`generate-bake = { latest = "manual" }\n${tree}`, 'generate-bake', themselves],
    ['generate-bake = { latest = "manual" }\n', 'generate-bake', themselves],
  ] as const) {
    const found = refused({ 'generate-bake.toml': file, 'config.yaml': 'registry: b.example\n' });
    assert.match(found[0] ?? '', new RegExp(`unknown key "${key}" here \\[workspace-file\\]$`));
    assert.equal(found[1], hint);
  }
  const word = refused({
    'generate-bake.toml': `[[hold]]\nimages = ["a"]\nreason = "x"\nunless = true\n${tree}`,
    'config.yaml': 'registry: b.example\n',
  });
  assert.equal(word[1], '  hint: write one of: security');
});

test('a hint is in the language of the file that has the fault', () => {
  const push = 'push_registry = "in.example"\n';
  const file = `[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n${push}`;
  assert.match(
    refused({ 'generate-bake.toml': file, 'config.yaml': 'registry: pub.example\n' }).join('\n'),
    /toml:4.*\n.*hint: if it is, write registry_aliases = \{ "in\.example" = "pub\.example" \}$/,
  );
  assert.match(
    refused({ 'config.yaml': 'registry: https://pub.example\n' }).join('\n'),
    /hint: write registry: pub\.example$/,
  );
  const toml = { 'config.toml': 'registry = "https://pub.example"\n', 'config.yaml': '' };
  const tree = '[[tree]]\ndirectory = "images"\nconfig = "config.toml"\n';
  assert.match(
    refused({ ...toml, 'generate-bake.toml': tree }).join('\n'),
    /config\.toml:1.*\n.*hint: write registry = "pub\.example"$/,
  );
  const whole = { 'config.yaml': '', 'generate-bake.yaml': 'tree: [{directory: images}]\n' };
  assert.match(
    refused(whole).join('\n'),
    /generate-bake\.yaml.*\n.*hint: write config: "config\.yaml", or config: \[\] for/,
  );
  assert.match(
    refused({ ...whole, 'generate-bake.yaml': 'tree: []\n' }).join('\n'),
    /hint: add an entry to tree with directory: "images" and config: "config\.yaml"$/,
  );
  const mirrors = { 'generate-bake.toml': `pull_through = { "docker.io" = "x/" }\n${twoTrees}` };
  const both = { 'config.yaml': '', 'more.yaml': '' };
  assert.match(
    refused({ ...mirrors, ...both }).join('\n'),
    /as in pull_through = \{ "docker\.io" = "mirror\.example\/hub" \}$/,
  );
  assert.match(
    refused({ 'config.yaml': yaml('pull_through: {docker.io: "x/"}') }).join('\n'),
    /as in pull_through: \{ "docker\.io": "mirror\.example\/hub" \}$/,
  );
});

test('a mirror of a registry is another place', () => {
  for (const [of, at] of [
    ['mirror.example/hub', 'mirror.example/hub'],
    ['docker.io', 'index.docker.io'],
    ['R.example', 'r.example'],
  ]) {
    const found = refused({ 'config.yaml': yaml(`pull_through: {${of}: ${at}}`) });
    assert.match(found[0] ?? '', new RegExp(`pull_through: ${of} is read through itself`));
    assert.match(found[1] ?? '', /hint: name the cache or mirror/);
    assert.equal(found.length, 2);
  }
});

test('an alias of an alias, either way round, and one of two registries are refused', () => {
  assert.deepEqual(
    refused({
      'config.yaml': yaml('registry_aliases: {a.example: b.example, b.example: pub.example}'),
    }),
    [
      'config.yaml:3:22: error: registry_aliases: a.example is an alias of b.example, which is an alias itself [registry-aliases]',
      '  hint: choose one name, and make all others aliases of that',
    ],
  );
  const cycle = refused({
    'config.yaml': yaml('registry_aliases: {a.example: b.example, b.example: a.example}'),
  });
  assert.equal(cycle.filter((line) => line.includes('which is an alias itself')).length, 2);
  assert.deepEqual(
    refused({
      'generate-bake.toml': twoTrees,
      'config.yaml': yaml('registry_aliases: {in.example: pub.example}'),
      'more.yaml': yaml('registry_aliases: {IN.example: other.example}'),
    }),
    [
      'more.yaml:3:22: error: registry_aliases: IN.example is an alias of other.example and of pub.example [registry-aliases]',
      '  hint: remove one of them',
    ],
  );
});

test('push_registry without registry, and in the wrong place of a workspace file', () => {
  assert.deepEqual(refused({ 'config.yaml': 'generate-bake:\n  push_registry: in.example\n' }), [
    'config.yaml:2:18: error: push_registry is set, and the tree has no registry [registry-aliases]',
    '  hint: set registry as well',
  ]);
  assert.deepEqual(
    refused({
      'generate-bake.toml': `push_registry = "in.example"\n${twoTrees}`,
      'config.yaml': '',
      'more.yaml': '',
    }),
    [
      'generate-bake.toml:1:1: error: push_registry is a key of a tree [workspace-file]',
      '  hint: move it into the [[tree]] that it is about',
    ],
  );
});

const reading = (files: Readonly<Record<string, ScratchFile>>) => {
  const { value, diagnostics } = open(files);
  assert.equal(explain(diagnostics), '');
  return value.trees.map(({ config }) => config.pullThrough?.read('debian:12'));
};

test('pull_through: for all trees of a workspace file, or for those of a configuration', () => {
  const mirrors = 'pull_through: {docker.io: harbor.example/hub}';
  const hub = 'harbor.example/hub/library/debian:12';
  assert.deepEqual(reading({ 'config.yaml': yaml(mirrors) }), [hub]);
  assert.deepEqual(
    reading({ 'generate-bake.toml': twoTrees, 'config.yaml': yaml(mirrors), 'more.yaml': '' }),
    [hub, undefined],
  );
  const file = `pull_through = { "index.docker.io" = "harbor.example/hub" }\n${twoTrees}`;
  assert.deepEqual(reading({ 'generate-bake.toml': file, 'config.yaml': '', 'more.yaml': '' }), [
    hub,
    hub,
  ]);
});

test('pull_through: names, two mirrors of one registry, a chain and a cycle are refused', () => {
  const at = 'config.yaml:3:';
  const form =
    '  hint: write registries, perhaps with a path, as in pull_through: { "docker.io": "mirror.example/hub" }';
  const hint = '  hint: name the place where images are really asked for';
  const chain = (of: string, through: string, next: string) =>
    `${at} error: pull_through: ${of} is read through ${through}, which is read through ${next} itself [pull-through]`;
  for (const [table, ...expected] of [
    [
      '{debian: harbor.example}',
      `${at} error: pull_through: "debian" is not the name of a registry: it has neither a dot nor a port [config-key]`,
      form,
    ],
    [
      '{docker.io: "https://harbor.example"}',
      `${at} error: pull_through: "https://harbor.example" is not the name of a registry [config-key]`,
      form,
    ],
    [
      '{docker.io: docker.io/cache}',
      chain('docker.io', 'docker.io/cache', 'docker.io/cache'),
      hint,
    ],
    [
      '{docker.io: quay.io/hub, quay.io: harbor.example/quay}',
      chain('docker.io', 'quay.io/hub', 'harbor.example/quay'),
      hint,
    ],
    [
      '{docker.io: QUAY.io/hub, quay.io: docker.io/quay}',
      chain('docker.io', 'QUAY.io/hub', 'docker.io/quay'),
      hint,
      chain('quay.io', 'docker.io/quay', 'QUAY.io/hub'),
      hint,
    ],
    [
      '{docker.io: a.example, index.docker.io: b.example}',
      `${at} error: pull_through: docker.io is read through a.example and through b.example [pull-through]`,
      '  hint: remove one of them',
    ],
  ] as const) {
    const found = refused({ 'config.yaml': yaml(`pull_through: ${table}`) });
    assert.deepEqual(
      found.map((one) => one.replace(/^config\.yaml:3:\d+: /, `${at} `)),
      expected,
    );
  }
});

test('a table of names has an end', () => {
  for (const key of ['registry_aliases', 'pull_through']) {
    const entries = (count: number) =>
      Array.from({ length: count }, (_, at) => `a${at}.example: pub.example`).join(', ');
    assert.deepEqual(refused({ 'config.yaml': yaml(`${key}: {${entries(100)}}`) }), []);
    assert.deepEqual(refused({ 'config.yaml': yaml(`${key}: {${entries(101)}}`) }), [
      `config.yaml:3:3: error: ${key} has more than 100 entries [config-key]`,
    ]);
  }
});
