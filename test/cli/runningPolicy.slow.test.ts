/** `running --policy`: what runs, by the policy of the workspace file. No engine. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { sketchFiles } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { registry } from '../support/engine/registry.js';
import { scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(root, 'doc/running.schema.json'), 'utf8')),
);

const exception = (images: string, rule: string, until: string): string =>
  `[[policy.exception]]\nimages = "${images}"\nrule = "${rule}"\nreason = "moves"\nuntil = "${until}"\n`;

suite('running --policy', { skip }, () => {
  test('registries, base images that are deployed, exceptions and the status', async (t) => {
    const store = await registry();
    t.after(() => store.stop());
    const { host } = store;
    const policy = `[policy]\nregistries = ["${host}", "ok.example/team"]\n[policy.base]\nimages = ["root", "trixie"]\n[policy.service]\nimages = ["app", "both"]\n[policy.production]\nimages = ["both", "tool"]\n`;
    const trees = '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n';
    const tree = scratchTree({
      'home/': '',
      'work/config.yaml': `registry: ${host}\n`,
      'work/generate-bake.toml': policy + trees,
      ...sketchFiles(
        'work/images',
        Object.fromEntries(
          ['root', 'app', 'both', 'new'].map((name) => [name, { dockerfile: 'FROM scratch\n' }]),
        ),
      ),
      'work/ps.txt': [
        `${host}/root:1 a`,
        `${host}/app:1 b`,
        `${host}/both:1 c`,
        `${host}/new:1 d`,
        'ok.example/team/trixie:13 e',
        'ok.example/team/other:1 f',
        'ok.example/teams/other:1 g',
        'nginx:1.27 h',
        `evil.example/${host.replace(':', '/')}/app:1 i`,
        '',
      ].join('\n'),
      'work/fine.txt': `${host}/app:1 b\nok.example/team/other:1 f\n`,
    });
    const running = (...args: readonly string[]) =>
      runCli(['running', '--no-packages', ...args], {
        cwd: tree.at('work'),
        env: { PATH: process.env.PATH, HOME: tree.at('home') },
      });
    const breachesOf = async (): Promise<Record<string, string>> => {
      const { status, stdout, stderr } = await running('ps.txt', '--policy', '--json');
      assert.equal(status, 0, stderr);
      const document = JSON.parse(stdout);
      const isRight: boolean = validate(document);
      assert.ok(isRight, JSON.stringify(validate.errors));
      const images: readonly {
        readonly workloads: readonly { readonly name: string }[];
        readonly policy: readonly { rule: string; level: string; reason: string }[];
      }[] = document.images;
      return Object.fromEntries(
        images
          .map(({ workloads: [first], policy: found }) => [
            first?.name ?? '',
            found.map(({ rule, level, reason }) => `${level} ${rule}: ${reason}`).join(', '),
          ])
          .toSorted(),
      );
    };
    const unknownRegistry = 'error policy-registry: its registry is not allowed';
    const deployed = 'error policy-kind: it is a base image, which is never deployed';
    assert.deepEqual(await breachesOf(), {
      a: deployed,
      b: '',
      c: 'error policy-kind: it is production and service',
      d: 'error policy-kind: the policy does not say what it is',
      e: deployed,
      f: '',
      g: unknownRegistry,
      h: unknownRegistry,
      i: unknownRegistry,
    });

    const table = await running('ps.txt', '--policy', '--columns', 'image,where,policy');
    assert.equal(table.status, 0);
    const [head, ...rows] = table.stdout.trimEnd().split('\n');
    assert.match(head ?? '', /^IMAGE +RUNS IN +POLICY$/);
    assert.equal(rows.length, 9);
    assert.ok(
      rows.slice(-2).every((row) => / -$/.test(row)),
      table.stdout,
    );
    assert.match(
      table.stdout,
      /^docker\.io\/library\/nginx:1\.27 +h +its registry is not allowed$/m,
    );
    assert.match(
      table.stderr,
      new RegExp(
        `^7 images break the policy; allowed: ${host}, ok\\.example/team \\(generate-bake\\.toml:2\\)$`,
        'm',
      ),
    );

    assert.equal((await running('ps.txt', '--policy', '--exit-code')).status, 1);
    // Of these nobody knows more, since nothing is published.
    const fine = await running('fine.txt', '--policy', '--exit-code');
    assert.equal(fine.status, 3, fine.stderr);
    assert.match(fine.stderr, /^no image breaks the policy$/m);

    tree.write({
      'work/generate-bake.toml': `${policy}${exception('nginx', 'policy-registry', '2999-01-01')}${exception('evil.*', 'policy-registry', '2999-01-01')}${exception('app', 'policy-registry', '2999-01-01')}${exception('root', 'policy-kind', '2999-01-01')}${exception('trixie', 'policy-kind', '2020-01-01')}[check]\npolicy-registry = "warning"\n${trees}`,
    });
    const found = await breachesOf();
    assert.deepEqual(
      [found.a, found.e, found.g, found.h],
      [
        '',
        deployed,
        unknownRegistry.replace('error', 'warning'),
        unknownRegistry.replace('error', 'warning'),
      ],
    );
    assert.equal(found.i, unknownRegistry.replace('error', 'warning'));
    // By its name an exception is about images of the trees; of others it names the registry.
    tree.write({
      'work/generate-bake.toml': `${policy}${exception('docker.io/nginx', 'policy-registry', '2999-01-01')}${exception('trixie', 'policy-kind', '2020-01-01')}${trees}`,
    });
    const named = await breachesOf();
    assert.deepEqual([named.h, named.i], ['', unknownRegistry]);
    const ended = await running('ps.txt', '--policy');
    assert.match(
      ended.stderr,
      /the exception of policy-kind for trixie ended: 2020-01-01 \(moves\) \[policy-exception-ended\]/,
    );
  });

  test('without a policy, and a column that is not there', async () => {
    const tree = scratchTree({
      'home/': '',
      'config.yaml': 'registry: 127.0.0.1:9\n',
      'generate-bake.toml': '[[tree]]\ndirectory = "images"\nconfig = "config.yaml"\n',
      ...sketchFiles('images', { app: { dockerfile: 'FROM scratch\n' } }),
      'ps.txt': 'nginx\n',
    });
    const running = (...args: readonly string[]) =>
      runCli(['running', 'ps.txt', '--no-packages', ...args], {
        cwd: tree.path,
        env: { PATH: process.env.PATH, HOME: tree.at('home') },
      });
    const { status, stdout, stderr } = await running('--policy');
    assert.deepEqual(
      [status, stdout, stderr],
      [
        2,
        '',
        'error: --policy: generate-bake.toml has no policy [usage]\n  hint: write [policy] into the workspace file: doc/policy.md\n',
      ],
    );
    const column = await running('--columns', 'image,policy');
    assert.equal(column.status, 2);
    assert.match(column.stderr, /--columns: the column policy needs --policy/);
  });
});
