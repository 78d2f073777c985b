/** `why`, on a tree that is published in a real registry and then edited. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { sketchFiles } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { fleetFiles, registry as harbour } from '../support/fleet.js';
import { gitIn } from '../support/gitRepository.js';
import { ociIndex, putImage, putManifest } from '../support/images.js';
import { type ScratchFile, type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

const schema = JSON.parse(readFileSync(join(root, 'doc/why.schema.json'), 'utf8'));
const validate = new Ajv2020({ strict: true, allErrors: true, validateFormats: false }).compile(
  schema,
);

interface Explained {
  readonly reference: string;
  readonly asked: boolean;
  readonly state: string;
  readonly hint?: string;
  readonly reasons: readonly { readonly kind: string; readonly parent?: string }[];
  readonly evidence?: {
    readonly kind: string;
    readonly since: string;
    readonly commit?: string;
    readonly changedBy?: readonly { readonly commit: string }[];
    readonly reason?: string;
    readonly tried?: number;
    readonly changes?: Readonly<Record<string, unknown>>;
  };
}

suite('why', { skip }, () => {
  let real: Registry;
  before(async () => {
    real = await registry();
  });

  /** base ← mid ← top; side and tool stand alone; all published as the first commit has them. */
  async function published(prefix: string): Promise<ScratchTree> {
    const name = `${real.host}/${prefix}`;
    const config = (seed: string, tide: string) =>
      `registry: ${name}\nseed_image: ${seed}\ntide: ${tide}\nunused: ${tide}\n`;
    const tree = scratchTree({
      'home/': '',
      'work/generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
      'work/config.yaml': config(`${name}/bookworm:1`, 'neap'),
      ...sketchFiles('work/images', {
        base: {
          dockerfile: 'FROM {{ seed_image }}\nCOPY run.sh /\n',
          files: { 'run.sh': 'true\n' },
        },
        mid: {
          dockerfile: 'FROM {{ "base" | image_tag }}\n{% include "part.inc" %}\n',
          files: { 'part.inc': 'ENV PART=1\n' },
        },
        top: { dockerfile: 'FROM {{ "mid" | image_tag }}\nRUN true\n' },
        side: { dockerfile: 'FROM scratch\nENV TIDE={{ tide }}\n' },
        tool: { dockerfile: 'FROM scratch\nCOPY . /\n', files: { old: 'old\n' } },
      }),
    });
    gitIn(tree.at('work'), 'init', '--quiet', '--initial-branch=main');
    commit(tree, 'published');
    const plan = JSON.parse((await cli(tree, 'plan')).stdout) as {
      readonly target: Readonly<
        Record<string, { readonly tags: string[]; readonly labels: Record<string, string> }>
      >;
    };
    const layers: Readonly<Record<string, readonly string[]>> = {
      base: ['bookworm', 'base'],
      mid: ['bookworm', 'base', 'mid'],
      top: ['bookworm', 'base', 'mid', 'top'],
    };
    await putImage(real, `${prefix}/bookworm`, '1', { layers: ['bookworm'] });
    for (const [target, { labels }] of Object.entries(plan.target)) {
      const made = { labels, layers: layers[target] ?? [target] };
      await putImage(real, `${prefix}/${target}`, '1', made);
      await putImage(real, `${prefix}/${target}`, 'latest', made);
    }
    return tree;
  }

  function commit(tree: ScratchTree, message: string): string {
    gitIn(tree.at('work'), 'add', '--all');
    gitIn(tree.at('work'), 'commit', '--quiet', '--message', message);
    return gitIn(tree.at('work'), 'rev-parse', 'HEAD').trim();
  }

  const cli = (tree: ScratchTree, ...args: string[]) =>
    runCli(args, {
      cwd: tree.at('work'),
      env: { PATH: process.env.PATH, HOME: tree.at('home'), TZ: 'UTC' },
    });

  /** base again, as its definition is now. */
  async function republish(tree: ScratchTree, prefix: string, layers: string[]): Promise<void> {
    const { labels } = JSON.parse((await cli(tree, 'plan', 'base')).stdout).target.base;
    for (const tag of ['1', 'latest']) {
      await putImage(real, `${prefix}/base`, tag, { labels, layers });
    }
  }

  const all = ['base', 'mid', 'top', 'side', 'tool'];

  async function explained(tree: ScratchTree, ...names: string[]) {
    const { status, stdout, stderr } = await cli(tree, 'why', '--json', ...names);
    assert.equal(status, 0, stderr);
    const document = JSON.parse(stdout) as { readonly images: readonly Explained[] };
    assert.ok(validate(document), JSON.stringify(validate.errors));
    return new Map(document.images.map((one) => [one.reference.replace(/^.*\/|:1$/g, ''), one]));
  }

  /** What changed in each image by name; the others must be kept. */
  async function changes(tree: ScratchTree): Promise<Readonly<Record<string, unknown>>> {
    const found = await explained(tree, ...all);
    const entries = [...found].flatMap(([name, { state, reasons, evidence }]) => {
      if (state === 'published') {
        assert.deepEqual(
          reasons.map(({ kind }) => kind),
          ['kept'],
          name,
        );
        return [];
      }
      assert.equal(evidence?.kind, 'found', JSON.stringify(evidence));
      return [[name, evidence?.changes] as const];
    });
    return Object.fromEntries(entries);
  }

  const parent = (prefix: string, name: string) => ({
    parents: [{ parent: `${real.host}/${prefix}/${name}:1`, change: 'changed' }],
  });

  test('published and unchanged is kept; it says so, and why', async () => {
    const tree = await published('kept');
    assert.deepEqual(await changes(tree), {});
    const { stdout, status } = await cli(tree, 'why', 'top');
    assert.equal(status, 0);
    assert.equal(stdout, 'top:1: published, nothing to do\n└── kept: published and unchanged\n');
  });

  const cases: Readonly<
    Record<
      string,
      {
        readonly write: (prefix: string) => Readonly<Record<string, ScratchFile>>;
        readonly changes: (prefix: string) => Readonly<Record<string, unknown>>;
      }
    >
  > = {
    'one file': {
      write: () => ({ 'images/tool/new': 'new\n', 'images/tool/old': 'newer\n' }),
      changes: () => ({ tool: { files: { added: ['new'], removed: [], changed: ['old'] } } }),
    },
    'the mode of one file': {
      write: () => ({ 'images/tool/old': { text: 'old\n', mode: 0o755 } }),
      changes: () => ({
        tool: {
          files: {
            added: [],
            removed: [],
            changed: [],
            kinds: [{ path: 'old', from: 'file', to: 'executable' }],
          },
        },
      }),
    },
    'one control': {
      write: () => ({ 'images/top/control': 'Package: top\nBuild-Depends: mid\nDescription: x\n' }),
      changes: () => ({ top: { files: { added: [], removed: [], changed: ['control'] } } }),
    },
    'one parent': {
      write: () => ({ 'images/base/run.sh': 'false\n' }),
      changes: (prefix) => ({
        base: { files: { added: [], removed: [], changed: ['run.sh'] } },
        mid: parent(prefix, 'base'),
        top: parent(prefix, 'mid'),
      }),
    },
    'one base': {
      write: (prefix) => ({
        'config.yaml': `registry: ${real.host}/${prefix}\nseed_image: ${real.host}/${prefix}/trixie:1\ntide: neap\nunused: neap\n`,
      }),
      changes: (prefix) => ({
        base: {
          dockerfile: [
            '--- a/Dockerfile',
            '+++ b/Dockerfile',
            '@@ -1,2 +1,2 @@',
            `-FROM ${real.host}/${prefix}/bookworm:1`,
            `+FROM ${real.host}/${prefix}/trixie:1`,
            ' COPY run.sh /',
            '\\ No newline at end of file',
            '',
          ].join('\n'),
          settings: ['seed_image'],
        },
        mid: parent(prefix, 'base'),
        top: parent(prefix, 'mid'),
      }),
    },
    'one include': {
      write: () => ({ 'images/mid/part.inc': 'ENV PART=2\n' }),
      changes: (prefix) => ({
        mid: {
          dockerfile: [
            '--- a/Dockerfile',
            '+++ b/Dockerfile',
            '@@ -1,2 +1,2 @@',
            ` FROM ${real.host}/${prefix}/base:1`,
            '-ENV PART=1',
            '\\ No newline at end of file',
            '+ENV PART=2',
            '\\ No newline at end of file',
            '',
          ].join('\n'),
          files: { added: [], removed: [], changed: ['part.inc'] },
        },
        top: parent(prefix, 'mid'),
      }),
    },
    'one value of the configuration': {
      write: (prefix) => ({
        'config.yaml': `registry: ${real.host}/${prefix}\nseed_image: ${real.host}/${prefix}/bookworm:1\ntide: spring\nunused: neap\n`,
      }),
      changes: () => ({
        side: {
          dockerfile: [
            '--- a/Dockerfile',
            '+++ b/Dockerfile',
            '@@ -1,2 +1,2 @@',
            ' FROM scratch',
            '-ENV TIDE=neap',
            '\\ No newline at end of file',
            '+ENV TIDE=spring',
            '\\ No newline at end of file',
            '',
          ].join('\n'),
          settings: ['tide'],
        },
      }),
    },
  };

  suite('exactly the images that are concerned', () => {
    const prefix = 'edits';
    let tree: ScratchTree;
    let first = '';
    before(async () => {
      tree = await published(prefix);
      first = gitIn(tree.at('work'), 'rev-parse', 'HEAD').trim();
    });

    for (const [what, one] of Object.entries(cases)) {
      test(`what changed is ${what}`, async () => {
        gitIn(tree.at('work'), 'reset', '--quiet', '--hard', first);
        gitIn(tree.at('work'), 'clean', '--quiet', '-fd');
        const edits = Object.entries(one.write(prefix));
        tree.write(Object.fromEntries(edits.map(([file, text]) => [`work/${file}`, text])));
        // First as an edit that nobody committed, then as a commit with another one after it.
        assert.deepEqual(await changes(tree), one.changes(prefix), 'not committed');
        commit(tree, 'an edit');
        tree.write({ 'work/README': 'read me\n' });
        commit(tree, 'nothing of an image');
        assert.deepEqual(await changes(tree), one.changes(prefix), 'committed');
      });
    }
  });

  test('the chain, the evidence and the commits, for a person', async () => {
    const tree = await published('chain');
    const first = gitIn(tree.at('work'), 'rev-parse', 'HEAD').trim();
    tree.write({ 'work/images/base/run.sh': 'false\n' });
    const second = commit(tree, 'one');
    tree.write({ 'work/images/base/more.sh': 'true\n' });
    const third = commit(tree, 'two');
    const { stdout, stderr, status } = await cli(tree, 'why', 'top');
    assert.equal(status, 0, stderr);
    const day = gitIn(tree.at('work'), 'log', '-1', '--format=%cs').trim();
    const at = (id: string) => `${id.slice(0, 12)} (${day})`;
    assert.equal(
      stdout,
      `top:1: drifted, nothing to do
├── changed since it was published, without a new version
└── its parent mid:1 changed
    ├── changed since it was published, without a new version
    └── its parent base:1 changed
        └── changed since it was published, without a new version
hint: bump its version with generate-bake update top, or revert the change

changed in base:1 since commit ${at(first)}, whose definition is published:
  file changed: run.sh
  file added: more.sh
  changed by:
    ${at(third)} two
    ${at(second)} one

changed in mid:1 since commit ${at(first)}, whose definition is published:
  parent changed: base:1
  changed by:
    ${at(third)} two
    ${at(second)} one

changed in top:1 since commit ${at(first)}, whose definition is published:
  parent changed: mid:1
  changed by:
    ${at(third)} two
    ${at(second)} one
`,
    );
  });

  test('a new version and its parents lead to the root; a name that is misspelt is suggested', async () => {
    const tree = await published('new');
    tree.write({
      'work/images/base/changelog':
        'base (2) wikimedia; urgency=medium\n\n  * New.\n\n -- Test Er <test@example.org>  Mon, 01 Jun 2026 06:00:00 +0000\n',
    });
    const found = await explained(tree, 'base');
    const { reasons, evidence } = found.get('base:2') ?? assert.fail();
    assert.deepEqual(
      reasons.map(({ kind }) => kind),
      ['new-version'],
    );
    assert.deepEqual(
      [evidence?.since, evidence?.changes],
      ['1', { files: { added: [], removed: [], changed: ['changelog'] } }],
    );
    const wrong = await cli(tree, 'why', 'bsae');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /no image or directory "bsae" .*\n.*base/);
    const none = await cli(tree, 'why');
    assert.equal(none.status, 2);
    assert.match(none.stderr, /why needs an image/);
  });

  test('a base that moved, and a parent that was pushed again, are seen on what is kept', async () => {
    const tree = await published('moved');
    const digest = await putImage(real, 'moved/bookworm', '1', { layers: ['bookworm 12.9'] });
    const found = await explained(tree, 'base', 'top', 'tool');
    const base = `${real.host}/moved/bookworm:1`;
    const kept = { kind: 'kept', changed: 'no', text: 'kept: published and unchanged' };
    assert.deepEqual(found.get('base')?.reasons, [
      kept,
      {
        kind: 'base-moved',
        base,
        to: digest,
        text: `its base ${base} moved to ${digest.slice(0, 19)}…`,
      },
    ]);
    // What is not its own base is said with the image that starts from it, which has to be built first.
    assert.deepEqual(found.get('top')?.reasons, [
      kept,
      {
        kind: 'base-moved',
        base,
        to: digest,
        parent: `${real.host}/moved/base:1`,
        text: `the base ${base} of ${real.host}/moved/base:1 moved to ${digest.slice(0, 19)}…`,
      },
    ]);
    const hint = 'give a new version, which is built on the new base: generate-bake update base';
    assert.deepEqual([found.get('base')?.hint, found.get('top')?.hint], [hint, hint]);
    assert.deepEqual(found.get('tool')?.reasons, [kept]);
    assert.equal(found.get('tool')?.hint, undefined);
    // Its parent is on the new base, published again under its version: only the image itself is behind.
    await republish(tree, 'moved', ['bookworm 12.9', 'base']);
    const later = await explained(tree, 'base', 'top');
    assert.deepEqual(later.get('base')?.reasons, [kept]);
    assert.match(later.get('top')?.hint ?? '', /update top$/);
  });

  test('a base of several platforms is the same base, whichever of them is the first', async () => {
    const tree = await published('platforms');
    const one = (layers: string[]) => putImage(real, 'platforms/bookworm', 'one', { layers });
    const putBoth = async (architectures: readonly string[], ours: string): Promise<string> => {
      const manifests = [];
      for (const architecture of architectures) {
        const digest = await one([architecture === 'amd64' ? ours : architecture]);
        const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
        const answer = await fetch(
          `http://${real.host}/v2/platforms/bookworm/manifests/${digest}`,
          { headers: { accept: mediaType } },
        );
        const size = (await answer.arrayBuffer()).byteLength;
        manifests.push({ mediaType, digest, size, platform: { os: 'linux', architecture } });
      }
      const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests });
      return putManifest(real, 'platforms/bookworm', '1', ociIndex, index);
    };
    const kinds = async () =>
      (await explained(tree, 'base')).get('base')?.reasons.map(({ kind }) => kind);
    await putBoth(['arm64', 'amd64'], 'bookworm');
    assert.deepEqual(await kinds(), ['kept']);
    await putBoth(['arm64', 'amd64'], 'bookworm 12.9');
    assert.deepEqual(await kinds(), ['kept', 'base-moved']);
  });

  test('a base that cannot be asked for is said to be so, with the reason', async () => {
    const tree = await published('unasked');
    const config = `registry: ${real.host}/unasked\nseed_image: ${real.host}/unasked/gone:1\ntide: neap\nunused: neap\n`;
    tree.write({ 'work/config.yaml': config });
    await republish(tree, 'unasked', ['base']);
    const base = `${real.host}/unasked/gone:1`;
    assert.deepEqual((await explained(tree, 'base')).get('base')?.reasons.slice(1), [
      {
        kind: 'base-unknown',
        base,
        problem: 'the registry does not have it',
        text: `whether its base ${base} moved is not known: the registry does not have it`,
      },
    ]);
  });

  test('the published definition is found where the directory of its tree had another name', async () => {
    const tree = await published('renamed');
    const first = gitIn(tree.at('work'), 'rev-parse', 'HEAD').trim();
    gitIn(tree.at('work'), 'mv', 'images', 'definitions');
    tree.write({
      'work/generate-bake.toml': '[[tree]]\ndirectory = "definitions"\nconfig = "config.yaml"\n',
      'work/definitions/tool/old': 'newer\n',
    });
    const second = commit(tree, 'a better name');
    const { evidence } = (await explained(tree, 'tool')).get('tool') ?? assert.fail();
    assert.deepEqual(
      [evidence?.commit, evidence?.changedBy?.map((change) => change.commit)],
      [first, [second]],
      JSON.stringify(evidence),
    );
    assert.deepEqual(evidence?.changes, {
      files: { added: [], removed: [], changed: ['old'] },
    });
  });

  test('what is made of a submodule is in no commit, and that is the reason', async () => {
    const tree = await published('module');
    tree.write({ 'module/file': 'one\n' });
    gitIn(tree.at('module'), 'init', '--quiet', '--initial-branch=main');
    gitIn(tree.at('module'), 'add', '--all');
    gitIn(tree.at('module'), 'commit', '--quiet', '--message', 'one');
    const add = ['submodule', 'add', '--quiet', tree.at('module'), 'images/tool/module'];
    gitIn(tree.at('work'), '-c', 'protocol.file.allow=always', ...add);
    commit(tree, 'with a submodule');
    const { labels } = JSON.parse((await cli(tree, 'plan', 'tool')).stdout).target.tool;
    await putImage(real, 'module/tool', '1', { labels });
    tree.write({ 'work/images/tool/old': 'newer\n', 'work/images/top/new': 'new\n' });
    const found = await explained(tree, 'tool', 'top');
    assert.equal(
      found.get('tool')?.evidence?.reason,
      'it is made of the submodule images/tool/module, whose files are not in commits of this repository',
    );
    assert.equal(found.get('top')?.evidence?.kind, 'found');
  });

  test('what no commit has is said to be so, with the number of those that were compiled', async () => {
    const tree = await published('lost');
    tree.write({ 'work/images/tool/old': 'never committed\n' });
    const { labels } = JSON.parse((await cli(tree, 'plan', 'tool')).stdout).target.tool;
    await putImage(real, 'lost/tool', '1', { labels });
    tree.write({ 'work/images/tool/old': 'newer\n' });
    commit(tree, 'newer');
    const { evidence } = (await explained(tree, 'tool')).get('tool') ?? assert.fail();
    assert.deepEqual(evidence, {
      kind: 'not-found',
      since: '1',
      reason: 'no commit has the definition that is published',
      tried: 2,
    });
    const { stdout } = await cli(tree, 'why', 'tool');
    assert.match(
      stdout,
      /^what changed in tool:1 is not known: no commit has .* \(2 commits were compiled\)$/m,
    );
  });

  test('a report names the commit, and what failed; one that is no report is refused', async () => {
    const tree = await published('report');
    gitIn(tree.at('work'), 'checkout', '--quiet', '-b', 'side');
    tree.write({ 'work/images/tool/old': 'of a branch\n' });
    const branch = commit(tree, 'on a branch');
    const { labels } = JSON.parse((await cli(tree, 'plan', 'tool')).stdout).target.tool;
    await putImage(real, 'report/tool', '1', { labels });
    gitIn(tree.at('work'), 'checkout', '--quiet', 'main');
    const lost = (await explained(tree, 'tool')).get('tool')?.evidence;
    assert.equal(lost?.kind, 'not-found');
    const ignored = await cli(tree, 'why', 'tool', '--report', 'unknown.json');
    assert.equal(ignored.status, 2);
    const image = {
      reference: `${real.host}/report/tool:1`,
      ending: 'failed',
      during: 'verify',
      reason: 'test.sh ended with status 1',
    };
    const run = { schema: 1, ended: '2026-11-26T03:00:00Z', images: [image] };
    tree.write({
      'work/report.json': JSON.stringify({
        ...run,
        revision: { commit: branch, uncommitted: false },
      }),
      'work/older.json': JSON.stringify({ ...run, ended: '2026-11-20T03:00:00Z' }),
      'work/wrong.json': '[]',
    });
    const reports = ['--report', 'older.json', '--report', 'report.json'];
    const { reasons, evidence } =
      (await explained(tree, 'tool', ...reports)).get('tool') ?? assert.fail();
    assert.deepEqual(reasons.at(-1), {
      kind: 'failed-last-time',
      ended: '2026-11-26T03:00:00Z',
      during: 'verify',
      problem: 'test.sh ended with status 1',
      text: 'failed last time, in verify (2026-11-26T03:00:00Z): test.sh ended with status 1',
    });
    assert.deepEqual(evidence, {
      kind: 'found',
      since: '1',
      commit: branch,
      by: 'report',
      changedBy: [],
      changes: { files: { added: [], removed: [], changed: ['old'] } },
    });
    const status = await cli(tree, 'status', '--json', 'tool', ...reports);
    const [shown] = JSON.parse(status.stdout).images;
    assert.equal(shown.reasons.at(-1).kind, 'failed-last-time');
    const wrong = await cli(tree, 'why', 'tool', '--report', 'wrong.json');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /wrong\.json: error: not a report of schema 1 \[report-file\]/);
  });

  test('impact: what is built on an image, in levels, with what a report says', async () => {
    const tree = await published('impact');
    const name = (image: string) => `${real.host}/impact/${image}:1`;
    const image = { reference: name('mid'), ending: 'published', buildMs: 1500, verifyMs: 500 };
    tree.write({
      'work/images/top/Dockerfile.template': 'FROM {{ "mid" | image_tag }}\nRUN false\n',
      'work/report.json': JSON.stringify({
        schema: 1,
        ended: '2026-11-26T03:00:00Z',
        images: [image],
      }),
    });
    const { stdout, stderr, status } = await cli(tree, 'impact', 'base', '--report', 'report.json');
    assert.equal(status, 0, stderr);
    const width = name('mid').length;
    assert.equal(
      stdout,
      [
        `LEVEL  ${'IMAGE'.padEnd(width)}  STATE      LAST  OWNER`,
        `1      ${name('mid')}  published  2.0s  -`,
        `2      ${name('top')}  drifted    -     -`,
        '',
      ].join('\n'),
    );
    assert.equal(
      stderr,
      '2 images in 2 levels built on base:1, 2 published; they took 2.0s last time, the longest chain 2.0s\n',
    );
    const nothing = await cli(tree, 'impact', 'top', 'tool');
    assert.deepEqual([nothing.stdout, nothing.stderr], ['', 'nothing is built on tool:1, top:1\n']);
    const json = JSON.parse((await cli(tree, 'impact', '--json', 'mid')).stdout);
    assert.deepEqual([json.asked, json.images[0].reference], [[name('mid')], name('top')]);
    // A base from outside the trees reaches what starts from it, and what is built on that.
    const outside = JSON.parse((await cli(tree, 'impact', '--json', '--base', 'bookworm')).stdout);
    assert.deepEqual(
      [outside.asked, outside.images.map((each: { reference: string }) => each.reference)],
      [['bookworm'], ['base', 'mid', 'top'].map(name)],
    );
    const both = await cli(tree, 'impact', '--base', 'bookworm', 'base');
    assert.match(both.stderr, /^2 images in 2 levels built on base:1, bookworm, 2 published/m);
    for (const [base, problem] of [
      ['base', /--base base: it is an image of the trees \[usage\]/],
      ['bokworm', /no image is named "bokworm".*\[name-unknown\]\n {2}hint: did you mean/],
    ] as const) {
      const refused = await cli(tree, 'impact', '--base', base);
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, problem);
    }
    const wrong = await cli(tree, 'impact');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /impact needs an image/);
  });

  test('four trees: a file behind a link, and a value that one tree has for itself', async () => {
    const files = Object.entries(fleetFiles).map(([path, file]) => {
      const text = typeof file === 'string' ? file.replaceAll(harbour, real.host) : file;
      return [`work/${path}`, text] as const;
    });
    const tree = scratchTree({ 'home/': '', ...Object.fromEntries(files) });
    gitIn(tree.at('work'), 'init', '--quiet', '--initial-branch=main');
    commit(tree, 'published');
    const { target } = JSON.parse((await cli(tree, 'plan')).stdout) as {
      readonly target: Readonly<Record<string, { tags: string[]; labels: Record<string, string> }>>;
    };
    for (const [name, { tags, labels }] of Object.entries(target)) {
      const [, repository = '', tag = ''] = /^[^/]+\/(.*):([^:]+)$/.exec(tags[0] ?? '') ?? [];
      await putImage(real, repository, tag, { labels, layers: [name] });
    }
    const drifted = async () => {
      const { stdout, stderr } = await cli(tree, 'why', '--json', '--select', '*');
      const { images } = JSON.parse(stdout || assert.fail(stderr)) as { images: Explained[] };
      return Object.fromEntries(
        images
          .filter(({ state }) => state !== 'published')
          .map(({ reference, evidence }) => [
            reference.slice(real.host.length + 1),
            evidence?.changes,
          ]),
      );
    };
    const parentOf = (...parents: readonly string[]) => ({
      parents: parents.map((parent) => ({ parent: `${real.host}/${parent}`, change: 'changed' })),
    });
    tree.write({ 'work/shared/NOTICE': 'Drawn by machine.\n' });
    commit(tree, 'the notice');
    assert.deepEqual(await drifted(), {
      'atlas:0.9-1': { files: { added: [], removed: [], changed: ['NOTICE'] } },
      'lens2.1:2.1.2rocm6.1-1-20261101': parentOf('atlas:0.9-1'),
    });
    gitIn(tree.at('work'), 'reset', '--quiet', '--hard', 'HEAD^');
    tree.write({ 'work/optics.yaml': 'tide: ebb\nfocus: near\n' });
    const { 'lens2.1:2.1.2rocm6.1-1-20261101': lens, ...others } = await drifted();
    assert.deepEqual(others, {});
    assert.deepEqual(Object.keys(lens ?? {}), ['dockerfile', 'settings']);
    assert.deepEqual(lens?.settings, ['tide']);
  });

  test('a version that follows from the definition is compared with what latest is', async () => {
    const tree = scratchTree({
      'home/': '',
      'work/generate-bake.toml': `registry = "${real.host}/content"\n`,
      'work/api/Dockerfile': 'FROM scratch\nCOPY app.py lib /\n',
      'work/api/app.py': 'one\n',
      'work/api/lib/a': 'a\n',
      'work/api/README': 'not in the image\n',
    });
    gitIn(tree.at('work'), 'init', '--quiet', '--initial-branch=main');
    const first = commit(tree, 'published');
    const { target } = JSON.parse((await cli(tree, 'plan')).stdout);
    const { tags, labels } = target.api;
    const old = /:([0-9a-f]{12})$/.exec(tags[0])?.[1] ?? assert.fail(tags[0]);
    await putImage(real, 'content/api', old, { labels });
    await putImage(real, 'content/api', 'latest', { labels });
    tree.write({ 'work/api/app.py': 'two\n', 'work/api/README': 'read me\n' });
    commit(tree, 'another app');
    const { stdout, stderr } = await cli(tree, 'why', 'api');
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /^api:[0-9a-f]{12}: absent, to build$/, stderr);
    assert.match(lines[1] ?? '', /^└── new version [0-9a-f]{12}$/);
    assert.match(
      lines[3] ?? '',
      new RegExp(
        `^changed in api:\\w+ since commit ${first.slice(0, 12)} \\(.*\\), which has the definition of ${old}:$`,
      ),
    );
    assert.equal(lines[4], '  file changed: app.py');
  });

  test('Ctrl-C ends the search at once', async () => {
    const tree = await published('interrupted');
    const labels = { 'io.github.generate-bake.definition': `sha256:${'e'.repeat(64)}` };
    await putImage(real, 'interrupted/tool', '1', { labels });
    for (let at = 0; at < 60; at++) {
      tree.write({ 'work/images/tool/old': `${at}\n` });
      gitIn(tree.at('work'), 'commit', '--quiet', '--all', '--message', `edit ${at}`);
    }
    const bin = join(root, 'bin/generate-bake.js');
    const child = spawn(process.execPath, [bin, 'why', '--debug', 'tool'], {
      cwd: tree.at('work'),
      env: { PATH: process.env.PATH, HOME: tree.at('home') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      // Some fifty commits are left.
      if (said.includes('looking for the published definition')) {
        child.kill('SIGINT');
      }
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 130, said);
  });
});
