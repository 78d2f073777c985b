/** `plan` over the fleet: whole plans of the real command line. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import {
  baseOf,
  type FleetImage,
  fleetFiles,
  fleetFolded,
  fleetImages,
  fleetTree,
  referenceOf,
  registry,
} from '../support/fleet.js';
import { scratchTree } from '../support/scratch.js';

const fleet = fleetTree();
const cwd = fleet.path;

interface BakeFile {
  readonly group: Readonly<Record<string, { description: string; targets: readonly string[] }>>;
  readonly target: Readonly<Record<string, BakeTarget>>;
}

interface BakeTarget {
  readonly description: string;
  readonly context: string;
  readonly 'dockerfile-inline': string;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
}

const definition = 'io.github.generate-bake.definition';

/** A definition's digest is tested by itself: here only that each has one. */
function withoutDigests(file: BakeFile): BakeFile {
  const target: Record<string, BakeTarget> = {};
  for (const [name, each] of Object.entries(file.target)) {
    // A link of atlas leads to a file beside it, and lens2.1 is built on atlas: recipe 2.
    const recipe = ['atlas', 'lens2_1'].includes(name) ? '2:' : '';
    assert.match(each.labels[definition] ?? '', new RegExp(`^${recipe}sha256:[0-9a-f]{64}$`), name);
    const { [definition]: _, ...labels } = each.labels;
    target[name] = { ...each, labels };
  }
  return { ...file, target };
}

const levelOf = (image: FleetImage): number =>
  1 +
  Math.max(
    -1,
    ...fleetImages
      .filter((other) =>
        image.edges.some(([, parent]) => referenceOf(other) === `${registry}/${parent}`),
      )
      .map(levelOf),
  );

/** In the order of a plan. */
const sorted = [...fleetImages].sort(
  (a, b) => levelOf(a) - levelOf(b) || (referenceOf(a) < referenceOf(b) ? -1 : 1),
);

/** The target that an image must have, its links only to images of `among`. */
function targetOf(image: FleetImage, atlas: string, among = fleetImages): BakeTarget {
  const reference = referenceOf(image);
  const contexts = new Map<string, string>();
  for (const [, parent, written] of image.edges) {
    const target = among.find((other) => referenceOf(other) === `${registry}/${parent}`)?.target;
    // Without a tag bake would take whatever `latest` is: the plan says which version is meant.
    const isFound = target === undefined && written === parent;
    if (!isFound) {
      const link =
        target === undefined ? `docker-image://${registry}/${parent}` : `target:${target}`;
      contexts.set(`${registry}/${written.replace(/:latest$/, '')}`, link);
    }
  }
  const key = createHash('sha256').update(`${reference}\0${image.version}\0`).digest('hex');
  return {
    description: reference,
    context: image.name === 'atlas' ? atlas : image.path,
    'dockerfile-inline': image.dockerfile.replaceAll('${', () => '$${').replaceAll('%{', '%%{'),
    ...(contexts.size === 0 ? {} : { contexts: Object.fromEntries(contexts) }),
    args: { BUILDKIT_SANDBOX_HOSTNAME: `gb-${key.slice(0, 12)}` },
    labels: {
      'org.opencontainers.image.title': image.name,
      'org.opencontainers.image.version': image.version,
      'org.opencontainers.image.created': image.created,
      'org.opencontainers.image.description': image.description ?? '',
      'org.opencontainers.image.authors': image.author ?? '',
      'org.opencontainers.image.base.name': baseOf(image),
      'org.opencontainers.image.base.digest': '',
    },
    tags: [reference],
  };
}

test('the plan of all four trees, whole', async () => {
  const done = await runCli(['plan'], { cwd });
  assert.deepEqual([done.stderr, done.status], [fleetFolded, 0]);
  const plan = withoutDigests(JSON.parse(done.stdout) as BakeFile);
  const atlas = plan.target.atlas?.context ?? '';
  const all = sorted.map((image) => image.target);
  const ofTree = (tree: string) => ({
    description: `The images of ${tree}`,
    targets: sorted.filter((image) => image.tree === tree).map((image) => image.target),
  });
  assert.deepEqual(plan, {
    group: {
      default: { description: 'Everything', targets: all },
      all: { description: 'Everything', targets: all },
      'tree-docks': ofTree('docks'),
      'tree-mesh': ofTree('mesh'),
      'tree-optics': ofTree('optics'),
      'tree-press': ofTree('press'),
      'wave-001': {
        description: 'Wave 1 of 1: 14 images, all ancestors among them',
        targets: all,
      },
    },
    target: Object.fromEntries(sorted.map((image) => [image.target, targetOf(image, atlas)])),
  });
  assert.deepEqual(Object.keys(plan.target), all);

  // The context whose links lead out is a copy: links followed, modes kept, ignore rules applied.
  assert.match(atlas, /^\.generate-bake\/contexts\/[0-9a-f]{64}$/);
  const copied = readdirSync(fleet.at(atlas), { recursive: true, encoding: 'utf8' }).sort();
  assert.deepEqual(copied, [
    '.dockerignore',
    'Dockerfile.template',
    'NOTICE',
    'changelog',
    'chart.txt',
    'control',
    'draw.sh',
    'legal',
    'legal/more',
    'legal/more/small-print.txt',
    'legal/terms.txt',
    'newest.txt',
    'test.sh',
  ]);
  assert.equal(readFileSync(fleet.at(atlas, 'NOTICE'), 'utf8'), 'Drawn by hand.\n');
  assert.equal(readFileSync(fleet.at(atlas, 'newest.txt'), 'utf8'), 'Here be dragons.\n');
  assert.equal(statSync(fleet.at(atlas, 'draw.sh')).mode & 0o777, 0o755);
  assert.equal(readFileSync(fleet.at('.generate-bake/.gitignore'), 'utf8'), '*\n');
});

test('the same bytes twice, as JSON and as HCL, and from a copy elsewhere', async () => {
  const elsewhere = fleetTree();
  for (const format of ['json', 'hcl']) {
    const args = ['plan', '--format', format];
    const once = await runCli(args, { cwd });
    assert.deepEqual(await runCli(args, { cwd }), once);
    assert.deepEqual(await runCli(args, { cwd: elsewhere.path }), once);
    const env = { ...process.env, LC_ALL: 'C', TZ: 'Pacific/Auckland', HOME: '/nonexistent' };
    assert.deepEqual(await runCli(args, { cwd, env }), once);
  }
});

test('from a directory below, paths are relative to it and stderr says how bake is run', async () => {
  const done = await runCli(['plan', '..'], { cwd: fleet.at('docks') });
  assert.equal(done.status, 0);
  const { target } = JSON.parse(done.stdout) as BakeFile;
  assert.equal(target.ink?.context, 'ink');
  assert.equal(target.mesh__proxy?.context, '../mesh/proxy');
  assert.match(target.atlas?.context ?? '', /^\.generate-bake\/contexts\/[0-9a-f]{64}$/);
  assert.doesNotMatch(done.stderr, /workspace file/);
  assert.match(done.stderr, /\n.*docker buildx bake .*--allow=?\s*fs\.read=/);
});

test('an absolute directory, the working directory elsewhere, as docker-pkg is run', async () => {
  const elsewhere = scratchTree();
  const args = ['-c', fleet.at('docks.yaml'), '--select', '*ink*', fleet.at('docks')];
  const done = await runCli(args, { cwd: elsewhere.path });
  assert.equal(done.status, 0);
  const plan = JSON.parse(done.stdout) as BakeFile;
  assert.deepEqual(Object.keys(plan.target), ['ink']);
  assert.deepEqual(plan.group['tree-docks']?.targets, ['ink']);
  const ink = plan.target.ink;
  const slate = fleetImages.find(({ target }) => target === 'slate') ?? assert.fail();
  assert.deepEqual(ink?.contexts, {
    [`${registry}/slate`]: `docker-image://${referenceOf(slate)}`,
  });
  assert.ok(ink?.context.endsWith('/docks/ink'));
  assert.deepEqual(readdirSync(elsewhere.path), []);
});

for (const [what, args, selected] of [
  ['a bare name', ['--select', 'quill1.4'], ['quill1_4']],
  ['a name with its namespace', ['--select', 'press/build'], ['press__build']],
  ['a name that two trees have', ['--select', 'build'], ['press__build', 'mesh__build']],
  ['a glob', ['--select', '*/mesh/*'], ['mesh__build', 'mesh__proxy']],
  [
    'two globs',
    ['--select', '*:0.4.0-1', '--select', 'ink'],
    ['ink', 'press__build', 'press__folio'],
  ],
  [
    'all but some',
    ['--exclude', '*:*-20261101', '--exclude', '*/press/*'],
    ['atlas', 'ink', 'gloss', 'ledger'],
  ],
  [
    'with parents',
    ['--select', 'mesh/proxy', '--with-parents'],
    ['slate', 'quill1_4', 'mesh__build', 'mesh__proxy'],
  ],
  [
    'with children',
    ['--select', 'ink', '--with-children'],
    ['ink', 'gloss', 'ledger', 'press__folio'],
  ],
  [
    'with children and parents',
    ['--select', 'ink', '--with-children', '--with-parents'],
    ['slate', 'ink', 'press__build', 'gloss', 'ledger', 'press__folio'],
  ],
] as const) {
  test(`selection: ${what}`, async () => {
    const done = await runCli(['plan', ...args], { cwd });
    assert.equal(done.status, 0);
    const plan = withoutDigests(JSON.parse(done.stdout) as BakeFile);
    const among = sorted.filter((image) => selected.some((name) => name === image.target));
    const atlas = plan.target.atlas?.context ?? '';
    assert.deepEqual(
      plan.target,
      Object.fromEntries(among.map((image) => [image.target, targetOf(image, atlas, among)])),
    );
    assert.deepEqual(plan.group.all?.targets, selected);
  });
}

test('--nightly and --snapshot: the selected images get the suffix, their parents keep their version', async () => {
  for (const [option, shape] of [
    ['--nightly', /^-\d{8}$/],
    ['--snapshot', /^-\d{8}-\d{6}$/],
  ] as const) {
    const before = new Date();
    const args = ['plan', option, '--select', 'gloss', '--with-children'];
    const done = await runCli(args, { cwd, env: { ...process.env, TZ: 'UTC' } });
    const after = new Date();
    assert.equal(done.status, 0);
    const { target } = JSON.parse(done.stdout) as BakeFile;
    assert.deepEqual(Object.keys(target), ['gloss', 'press__folio']);
    const suffix = target.gloss?.tags[0]?.slice(`${registry}/gloss:5.1-1`.length) ?? '';
    assert.match(suffix, shape);
    const stamps = [before, after].map(
      (at) =>
        `-${at
          .toISOString()
          .replace(/[-:]|\..*/g, '')
          .replace('T', '-')}`,
    );
    const [least = '', most = ''] = stamps.map((stamp) => stamp.slice(0, suffix.length));
    assert.ok(least <= suffix && suffix <= most, `${least} ${suffix} ${most}`);
    assert.deepEqual(target.press__folio?.tags, [`${registry}/press/folio:0.4.0-1${suffix}`]);
    // The child is built on the dated parent; both start from what is not selected, as it is.
    assert.deepEqual(target.press__folio?.contexts, {
      [`${registry}/gloss:5.1-1${suffix}`]: 'target:gloss',
    });
    assert.equal(
      target.press__folio?.['dockerfile-inline'].split('\n')[0],
      `FROM ${registry}/press/build:0.4.0-1 AS build`,
    );
    const ink = fleetImages.find(({ target: name }) => name === 'ink') ?? assert.fail();
    assert.deepEqual(target.gloss?.contexts, {
      [`${registry}/ink`]: `docker-image://${referenceOf(ink)}`,
    });
  }
});

test('-o FILE: the format of its ending, nothing on stdout, the same bytes as printed', async () => {
  for (const [file, format] of [
    ['bake.json', 'json'],
    ['bake.hcl', 'hcl'],
  ] as const) {
    const printed = await runCli(['plan', '--format', format], { cwd });
    const written = await runCli(['plan', '-o', file], { cwd });
    assert.deepEqual(written, { ...printed, stdout: '' });
    assert.equal(readFileSync(fleet.at(file), 'utf8'), printed.stdout);
  }
});

test('--wave-size and --split-waves: one self-contained plan per wave', async () => {
  const printed = await runCli(['plan', '--wave-size', '6'], { cwd });
  const whole = JSON.parse(printed.stdout) as BakeFile;
  const waves = Object.keys(whole.group).filter((name) => name.startsWith('wave-'));
  assert.ok(waves.length >= 3);
  const covered = new Set(waves.flatMap((wave) => whole.group[wave]?.targets ?? []));
  assert.equal(covered.size, fleetImages.length);

  const args = ['plan', '--wave-size', '6', '--split-waves', 'waves'];
  const done = await runCli(args, { cwd });
  assert.deepEqual([done.stdout, done.status], ['', 0]);
  assert.equal(
    done.stderr,
    `${fleetFolded}${waves.length} plans in waves: run them one by one with docker buildx bake -f FILE\n`,
  );
  assert.deepEqual(
    readdirSync(fleet.at('waves')).sort(),
    waves.map((wave) => `${wave}.json`),
  );
  for (const wave of waves) {
    const { target, group } = JSON.parse(
      readFileSync(fleet.at('waves', `${wave}.json`), 'utf8'),
    ) as BakeFile;
    const names = whole.group[wave]?.targets ?? [];
    assert.ok(names.length <= 6);
    assert.deepEqual(group, { default: whole.group[wave] });
    assert.deepEqual(target, Object.fromEntries(names.map((name) => [name, whole.target[name]])));
    for (const { contexts = {} } of Object.values(target)) {
      for (const link of Object.values(contexts)) {
        assert.ok(`target:${link.slice(7)}` === link && link.slice(7) in target);
      }
    }
  }
});

test('--split-waves tells of waves that an earlier plan left there, and touches nothing of others', async () => {
  const tree = fleetTree({
    'waves/wave-002.json': 'old\n',
    'waves/wave-001.hcl': 'old\n',
    'waves/README': '',
  });
  const args = ['plan', '--select', 'ink', '--split-waves', 'waves'];
  const done = await runCli(args, { cwd: tree.path });
  assert.equal(done.status, 0);
  assert.equal(
    done.stderr.slice(done.stderr.indexOf('waves/')),
    lines(`
      waves/wave-001.hcl: warning: this wave is of an earlier plan [wave-left-over]
        hint: remove it: it would build older definitions
      waves/wave-002.json: warning: this wave is of an earlier plan [wave-left-over]
        hint: remove it: it would build older definitions
      2 warnings
      1 plan in waves: run it with docker buildx bake -f FILE
    `),
  );
  assert.equal(readFileSync(tree.at('waves/wave-002.json'), 'utf8'), 'old\n');
});

test('a plan too large for one call says how it is run; a chain longer than a wave says so', async () => {
  const files: Record<string, string> = { 'config.yaml': 'registry: r.example\n' };
  for (let at = 0; at < 81; at++) {
    const name = `i${String(at).padStart(2, '0')}`;
    const parent = `i${String(at - 1).padStart(2, '0')}`;
    files[`images/${name}/changelog`] =
      `${name} (1) u; urgency=low\n\n  * x\n\n -- A B <a@b.example>  Mon, 02 Nov 2026 09:00:00 +0000\n`;
    // One chain of five, and images of their own.
    const chained = at >= 1 && at <= 4;
    files[`images/${name}/Dockerfile.template`] =
      `FROM ${chained ? `{{ "${parent}" | image_tag }}` : 'scratch'}\nCOPY . /\n`;
    if (chained) {
      files[`images/${name}/control`] = `Depends: ${parent}\n`;
    }
  }
  const { path } = scratchTree(files);
  const large = await runCli(['images'], { cwd: path });
  assert.equal(
    large.stderr,
    '81 images are more than one call of a stock Docker takes: run `generate-bake build`,\nor the 3 waves one by one: docker buildx bake -f FILE wave-001, and so on\n',
  );
  const { group } = JSON.parse(large.stdout) as BakeFile;
  assert.equal(group.default, undefined);
  const whole = await runCli(['--wave-size', '0', 'images'], { cwd: path });
  assert.equal(whole.stderr, '');
  const groups = Object.keys((JSON.parse(whole.stdout) as BakeFile).group);
  assert.deepEqual(groups, ['default', 'all', 'tree-images']);

  const deep = await runCli(['--wave-size', '3', '--select', 'i00', '--with-children', 'images'], {
    cwd: path,
  });
  assert.equal(deep.status, 0);
  assert.equal(
    deep.stderr,
    lines(`
      warning: wave-001 has 5 images, more than the limit of 3 for a wave: an image links to all its ancestors, and r.example/i04:1 has too many [wave-oversized]
        hint: generate-bake build builds such images in several calls
    `),
  );
});

test('behind a proxy: build arguments and Dockerfiles name it, the definitions’ digests do not change', async () => {
  const behind = fleetTree({
    'docks.yaml': `${fleetFiles['docks.yaml']}http_proxy: http://proxy.example:8080\napt_options: -o A::B=1\n`,
  });
  const targets = async (at: string) =>
    (JSON.parse((await runCli(['plan'], { cwd: at })).stdout) as BakeFile).target;
  const [stock, proxied] = [await targets(cwd), await targets(behind.path)];
  for (const [name, target] of Object.entries(proxied)) {
    assert.equal(target.labels[definition], stock[name]?.labels[definition], name);
    const ofDocks = !/^(?:mesh|press)__/.test(name);
    const proxy = ofDocks ? 'http://proxy.example:8080' : undefined;
    for (const key of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) {
      assert.equal(target.args[key], proxy, name);
    }
  }
  assert.equal(
    proxied.ink?.['dockerfile-inline'],
    `FROM ${registry}/slate\n` +
      `RUN echo 'Acquire::http::Proxy "http://proxy.example:8080";' > /etc/apt/apt.conf.d/80_proxy \\\n` +
      '    && apt-get update -o A::B=1 \\\n    && DEBIAN_FRONTEND=noninteractive \\\n' +
      '    apt-get install -o A::B=1 --yes gcc make --no-install-recommends \\\n' +
      '    && rm -f /etc/apt/apt.conf.d/80_proxy \\\n' +
      '    && apt-get clean && rm -rf /var/lib/apt/lists/*  \\\n    && true',
  );
});

test('--use-cache leaves the rebuild key out, --rebuild-key changes it', async () => {
  const hosts = async (...args: string[]) => {
    const done = await runCli(['plan', '--select', 'ink', ...args], { cwd });
    const { target } = JSON.parse(done.stdout) as BakeFile;
    return target.ink?.args?.BUILDKIT_SANDBOX_HOSTNAME;
  };
  assert.equal(await hosts('--use-cache'), undefined);
  const key = (text: string) =>
    `gb-${createHash('sha256').update(`${registry}/ink:1.0.0\x001.0.0\0${text}`).digest('hex').slice(0, 12)}`;
  assert.equal(await hosts(), key(''));
  assert.equal(await hosts('--rebuild-key', 'today'), key('today'));
});
