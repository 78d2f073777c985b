/** Private images, from the command line: who is private, what is refused, and where no name of them appears. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../support/cli.js';
import { gitIn } from '../support/gitRepository.js';
import { type ScratchFile, type ScratchTree, scratchTree } from '../support/scratch.js';

const workspace = [
  'registry_aliases = { "push.example" = "r.example" }',
  'private_registries = ["r.example/secret"]',
  'pull_through = { "r.example" = "mirror.example/r" }',
  '[[tree]]',
  'directory = "public"',
  'config = "public.yaml"',
  '[[tree]]',
  'directory = "private"',
  'config = "private.yaml"',
  'private = true',
  '',
].join('\n');

function changelog(name: string): string {
  return `${name} (1) wikimedia; urgency=medium\n\n  * Made for a test.\n\n -- T <t@x.example>  Mon, 01 Jun 2026 06:00:00 +0000\n`;
}

function image(path: string, name: string, dockerfile: string): Record<string, ScratchFile> {
  return {
    [`${path}/Dockerfile.template`]: dockerfile,
    [`${path}/changelog`]: changelog(name),
  };
}

const files: Readonly<Record<string, ScratchFile>> = {
  'home/': '',
  'generate-bake.toml': workspace,
  'public.yaml': 'registry: r.example\nnamespace: open\n',
  'private.yaml': 'registry: r.example\nnamespace: secret\n',
  ...image('public/base', 'base', 'FROM scratch\nCOPY . /\n'),
  ...image('private/patched', 'patched', 'FROM {{ "base" | image_tag }}\nCOPY . /\n'),
  ...image('private/onpatched', 'onpatched', 'FROM {{ "patched" | image_tag }}\nCOPY . /\n'),
};

function cliIn(tree: ScratchTree) {
  const env = { PATH: process.env.PATH, HOME: tree.at('home') };
  return (...args: string[]) => runCli(args, { cwd: tree.path, env });
}

interface Listed {
  readonly images: readonly {
    readonly name: string;
    readonly private?: boolean;
    readonly definition: 'sound' | 'broken';
    readonly diagnostics: readonly Readonly<Record<string, string>>[];
  }[];
}

/** The images that are private, and what is broken of them with its message. */
async function listed(more: Readonly<Record<string, ScratchFile>> = {}) {
  const tree = scratchTree({ ...files, ...more });
  const { stdout, stderr } = await cliIn(tree)('list', '--json');
  const document: Listed = JSON.parse(stdout || assert.fail(stderr));
  const schema = JSON.parse(readFileSync(join(root, 'doc/list.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  const privates: string[] = [];
  const broken: Record<string, string> = {};
  for (const each of document.images) {
    if (each.private === true) {
      privates.push(each.name);
    }
    if (each.definition === 'broken') {
      const fault = each.diagnostics.find(({ severity }) => severity === 'error');
      broken[each.name] = `${fault?.file}:${fault?.line}: ${fault?.message} [${fault?.code}]`;
    }
  }
  return { privates: privates.sort(), broken };
}

suite('private images', () => {
  test('a tree is private, and so is all that is built on its images', async () => {
    assert.deepEqual(await listed(), { privates: ['onpatched', 'patched'], broken: {} });
  });

  test('what is built on one in a public namespace is refused, with the place', async () => {
    for (const dockerfile of [
      'FROM {{ "patched" | image_tag }}\nCOPY . /\n',
      'FROM scratch\nCOPY --from=r.example/secret/patched:1 / /\n',
      'FROM scratch\nRUN --mount=type=bind,from=push.example/secret/patched:1 true\n',
      // Another version is no link, and private all the same.
      'FROM r.example/secret/patched:0.9\nCOPY . /\n',
      'FROM mirror.example/r/secret/patched:0.9\nCOPY . /\n',
      `FROM push.example/secret/patched@sha256:${'a'.repeat(64)}\nCOPY . /\n`,
    ]) {
      const found = await listed(image('public/app', 'app', dockerfile));
      assert.deepEqual(found.privates, ['app', 'onpatched', 'patched'], dockerfile);
      assert.deepEqual(
        found.broken,
        {
          app: `public/app/Dockerfile.template:${dockerfile.startsWith('FROM scratch') ? 2 : 1}: app is built on r.example/secret/patched:1, which is private, and would be published as r.example/open/app, which is not in private_registries [private-registry]`,
        },
        dockerfile,
      );
    }
  });

  test('the whole message; the rest is planned, with status 1', async () => {
    const tree = scratchTree({
      ...files,
      ...image('public/mid', 'mid', 'FROM {{ "patched" | image_tag }}\nCOPY . /\n'),
      ...image('public/app', 'app', 'FROM {{ "mid" | image_tag }}\nCOPY . /\n'),
    });
    const { stdout, stderr, status } = await cliIn(tree)('plan');
    assert.equal(status, 1);
    assert.deepEqual(Object.keys(JSON.parse(stdout).target).sort(), [
      'open__base',
      'secret__onpatched',
      'secret__patched',
    ]);
    const said = stderr.slice(stderr.indexOf('public/app/Dockerfile'));
    assert.match(
      said,
      /^public\/app\/Dockerfile\.template:1:\d+: error: app is built on r\.example\/open\/mid:1, which is private as it is built on r\.example\/secret\/patched:1, and would be published/,
    );
    assert.match(said, /generate-bake\.toml:10:11: it is private by this/);
    assert.match(
      said,
      /hint: publish it to one of private_registries \(r\.example\/secret\) by its registry and namespace, or do not build on r\.example\/open\/mid:1/,
    );
    // Nothing of the namespace for everybody is to be declared private.
    assert.doesNotMatch(stderr, /private_registries = /);
  });

  test('a public image on one of a private place that no tree defines is refused, with its place', async () => {
    const plain = { 'generate-bake.toml': workspace.replace('private = true\n', '') };
    const pinned = `FROM push.example/secret/gone@sha256:${'a'.repeat(64)}\nCOPY . /\n`;
    for (const [line, from, dockerfile] of [
      [1, 'r.example/secret/gone:1', 'FROM r.example/secret/gone:1\nCOPY . /\n'],
      [2, 'r.example/secret/gone', 'FROM scratch\nCOPY --from=r.example/secret/gone / /\n'],
      [
        2,
        'r.example/secret/a/gone:1',
        'FROM scratch\nRUN --mount=type=bind,from=r.example/secret/a/gone:1 true\n',
      ],
      [1, 'mirror.example/r/secret/gone:1', 'FROM mirror.example/r/secret/gone:1\nCOPY . /\n'],
      [1, `push.example/secret/gone@sha256:${'a'.repeat(64)}`, pinned],
    ] as const) {
      // Whether or not any image is private.
      for (const more of [{}, plain]) {
        const found = await listed({ ...more, ...image('public/app', 'app', dockerfile) });
        assert.deepEqual(
          found.broken,
          {
            app: `public/app/Dockerfile.template:${line}: app is not private and is built on ${from}, which no tree defines and which is in r.example/secret of private_registries [private-parent]`,
          },
          dockerfile,
        );
      }
    }
    const tree = scratchTree({
      ...files,
      ...image('public/app', 'app', 'FROM r.example/secret/gone:1\nCOPY . /\n'),
    });
    assert.match(
      (await cliIn(tree)('plan')).stderr,
      /hint: do not build on r\.example\/secret\/gone:1; or set private = true, and publish it to one of private_registries \(r\.example\/secret\) by/,
    );
  });

  test('what is on such an image and stays in the private place is private; other names are no such image', async () => {
    const onGone = 'FROM r.example/secret/gone:1\nCOPY . /\n';
    const open = { 'generate-bake.toml': workspace.replace('private = true\n', '') };
    assert.deepEqual(await listed({ ...open, ...image('private/own', 'own', onGone) }), {
      privates: ['own'],
      broken: {},
    });
    const above = await listed({
      ...open,
      ...image('private/own', 'own', onGone),
      ...image('public/app', 'app', 'FROM {{ "own" | image_tag }}\nCOPY . /\n'),
    });
    assert.match(
      above.broken.app ?? '',
      /app is built on r\.example\/secret\/own:1, which is private as it is built on r\.example\/secret\/gone:1, and would be published .*\[private-registry\]$/,
    );
    // Another version of what is there and not private; a name that only begins the same; a mirror there.
    for (const from of ['r.example/secret/patched:0.9', 'r.example/secrets/gone:1', 'bookworm']) {
      const found = await listed({
        ...open,
        ...image('public/app', 'app', `FROM ${from}\nCOPY . /\n`),
      });
      assert.deepEqual(found, { privates: [], broken: {} }, from);
    }
    const cache = workspace.replace(
      '{ "r.example" = "mirror.example/r" }',
      '{ "docker.io" = "r.example/secret/hub" }',
    );
    const hub = image(
      'public/app',
      'app',
      'FROM r.example/secret/hub/library/debian:13\nCOPY . /\n',
    );
    assert.deepEqual((await listed({ 'generate-bake.toml': cache, ...hub })).broken, {});
  });

  test('private = false on what is built on one is refused, with both places', async () => {
    const found = await listed({
      'generate-bake.toml': workspace.replace(
        'config = "public.yaml"\n',
        'config = "public.yaml"\nprivate = false\n',
      ),
      ...image('public/app', 'app', 'FROM {{ "patched" | image_tag }}\nCOPY . /\n'),
    });
    assert.deepEqual(found.broken, {
      app: 'generate-bake.toml:7: app is not private and is built on r.example/secret/patched:1, which is private [private-parent]',
    });
  });

  test('an image.toml says it of one image, and an exception of a tree that is private', async () => {
    const plain = {
      'private/open/Dockerfile': 'FROM scratch\nCOPY . /\n',
      'private/open/image.toml': 'version = "1"\nprivate = false\n',
      'public/closed/Dockerfile': 'FROM scratch\nCOPY . /\n',
      'public/closed/image.toml': 'version = "1"\nprivate = true\n',
    };
    const found = await listed(plain);
    assert.deepEqual(found.privates, ['closed', 'onpatched', 'patched']);
    assert.deepEqual(found.broken, {
      closed:
        'public/closed/image.toml:2: closed is private, and would be published as r.example/open/closed, which is not in private_registries [private-registry]',
    });
  });

  test('a private image that cannot be read stays private, and what may be private is taken for it', async () => {
    const onBroken = (name: string) =>
      image('public/app', 'app', `FROM r.example/open/${name}:1\nCOPY . /\n`);
    const unread = await listed({
      'public/closed/image.toml': 'version = "1"\nprivate = true\n',
      ...onBroken('closed'),
    });
    assert.match(unread.broken.app ?? '', /closed:1, which is private, and would be published/);
    const torn = await listed({
      ...image('public/torn', 'torn', ''),
      'public/torn/Dockerfile.template': { symlink: 'nowhere' },
      ...onBroken('torn'),
    });
    assert.match(
      torn.broken.app ?? '',
      /torn:1, which is broken: whether it is private cannot be known, and would/,
    );
  });

  test('private_registries are compared by name, under every name of a registry', async () => {
    const only = (registries: string, config = 'registry: r.example\nnamespace: secret\n') =>
      listed({
        'generate-bake.toml': workspace.replace('["r.example/secret"]', registries),
        'private.yaml': config,
      });
    for (const registries of [
      '["r.example"]',
      '["push.example/secret"]',
      '["R.Example/secret"]',
      '["x.example", "r.example/secret/patched", "r.example/secret/onpatched"]',
    ]) {
      assert.deepEqual((await only(registries)).broken, {}, registries);
    }
    for (const registries of [
      '[]',
      '["r.example/sec"]',
      '["r.example/secret/more"]',
      '["other.example/secret"]',
      '["r.example:5000/secret"]',
    ]) {
      assert.deepEqual(
        Object.keys((await only(registries)).broken).sort(),
        ['onpatched', 'patched'],
        registries,
      );
    }
    // The name that is pushed to counts.
    const pushed =
      'registry: r.example\nnamespace: secret\ngenerate-bake: {push_registry: push.example}\n';
    assert.deepEqual((await only('["push.example"]', pushed)).broken, {});
    // What has no registry is never published.
    assert.deepEqual((await only('[]', 'namespace: secret\n')).broken, {});
  });

  test('wrong values are refused where they are', async () => {
    for (const [from, to, said] of [
      [
        'private = true',
        'private = "yes"',
        /generate-bake\.toml:10:11: error: private must be true or false, not a string/,
      ],
      [
        '["r.example/secret"]',
        '["secret"]',
        /generate-bake\.toml:2:\d+: error: private_registries: "secret" is not the name of a registry: it has neither/,
      ],
      [
        '["r.example/secret"]',
        '["r.example/secret:1"]',
        /private_registries: "r\.example\/secret:1" is not the name of a registry/,
      ],
      ['["r.example/secret"]', '[1]', /generate-bake\.toml:2:\d+: error: private_registries/],
    ] as const) {
      const tree = scratchTree({ ...files, 'generate-bake.toml': workspace.replace(from, to) });
      const { status, stderr } = await cliIn(tree)('plan');
      assert.equal(status, 2, to);
      assert.match(stderr, said, to);
    }
    const yaml = 'registry: r.example\ngenerate-bake:\n  private: 1\n';
    const tree = scratchTree({ ...files, 'private.yaml': yaml });
    assert.match(
      (await cliIn(tree)('plan')).stderr,
      /private\.yaml:3:12: error: private must be true or false/,
    );
  });

  test('a commit names no private image', async () => {
    const tree = scratchTree(files);
    gitIn(tree.path, 'init', '--quiet', '--initial-branch=main');
    gitIn(tree.path, 'config', 'user.name', 'T');
    gitIn(tree.path, 'config', 'user.email', 't@x.example');
    gitIn(tree.path, 'add', '--all');
    gitIn(tree.path, 'commit', '--quiet', '--message', 'one');
    const cli = cliIn(tree);
    const log = (): string => readFileSync(tree.at('.git/COMMIT_EDITMSG'), 'utf8').trim();
    const both = await cli(
      'update',
      'base',
      '--also',
      'patched',
      '--reason',
      'Embargo',
      '--commit',
    );
    assert.equal(both.status, 0, both.stderr);
    assert.equal(log(), 'Update base, one private image: new versions of 3 images\n\nEmbargo');
    const one = await cli('update', 'private/patched', '--reason', 'Again', '--commit');
    assert.equal(one.status, 0, one.stderr);
    assert.equal(log(), 'Update one private image: new versions of 2 images\n\nAgain');
  });
});
