/** Columns of `list` and `status`, on a tree whose images are in a real registry. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { sketchFiles } from '../support/buildTree.js';
import { root, runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { lines } from '../support/explain.js';
import { gitIn } from '../support/gitRepository.js';
import { putImage } from '../support/images.js';
import { type ScratchTree, scratchTree } from '../support/scratch.js';

const skip = registryProgram() === undefined && 'no docker-registry on this machine';

function validator(name: string) {
  const schema = JSON.parse(readFileSync(join(root, 'doc', `${name}.schema.json`), 'utf8'));
  return new Ajv2020({ strict: true, allErrors: true }).compile(schema);
}

interface Listed {
  readonly name: string;
  readonly owner?: string;
  readonly ownerFrom?: string;
  readonly tests?: string;
  readonly lastChange?: { readonly date?: string };
  readonly lastBuilt?: string;
  readonly size?: { readonly of: string; readonly total: number; readonly own?: number };
}

suite('columns', { skip }, () => {
  let real: Registry;
  let tree: ScratchTree;

  const cli = (...args: string[]) =>
    runCli(args, {
      cwd: tree.at('work'),
      env: {
        PATH: process.env.PATH,
        HOME: tree.at('home'),
        TZ: 'UTC',
        DOCKER_HOST: 'unix:///none',
      },
    });

  /** base ← app, both published; new is not. */
  before(async () => {
    real = await registry();
    tree = scratchTree({
      'home/': '',
      'work/config.yaml': `registry: ${real.host}/columns\n`,
      'work/.github/CODEOWNERS': '/images/app/ @org/web\n/images/new/ nobody\n',
      ...sketchFiles('work/images', {
        base: { dockerfile: 'FROM scratch\nENV A=1\n' },
        app: { dockerfile: 'FROM {{ "base" | image_tag }}\n', test: 'true' },
        new: { dockerfile: 'FROM {{ "base" | image_tag }}\nENV B=1\n' },
      }),
      'work/images/base/control': 'Package: base\nMaintainer: Ann Lee <ann@example.org>\n',
    });
    gitIn(tree.at('work'), 'init', '--quiet');
    gitIn(tree.at('work'), 'add', '--all');
    const plan = JSON.parse((await cli('plan', '-c', 'config.yaml', 'images')).stdout) as {
      readonly target: Readonly<Record<string, { readonly labels: Record<string, string> }>>;
    };
    for (const [name, layers] of [
      ['base', ['x'.repeat(3000)]],
      ['app', ['x'.repeat(3000), 'y'.repeat(40)]],
    ] as const) {
      const labels = plan.target[name]?.labels ?? {};
      const made = { labels, layers, created: '2026-07-01T08:00:00Z' };
      await putImage(real, `columns/${name}`, '1', made);
      await putImage(real, `columns/${name}`, 'latest', made);
    }
  });

  test('list --wide has what the repository says, and of registries nothing that no run saw', async () => {
    const { stdout, stderr, status } = await cli('list', '-c', 'config.yaml', 'images', '--wide');
    assert.equal(
      stdout,
      lines(`
        TREE    NAME  VERSION  PATH         BASE     PARENTS  OWNER                      CHANGED     TESTS  BUILT  SIZE  OWN
        images  app   1        images/app   base     base     @org/web                   2026-06-01  own    -      -     -
        images  base  1        images/base  scratch  -        Ann Lee <ann@example.org>  2026-06-01  none   -      -     -
        images  new   1        images/new   base     base     -                          2026-06-01  none   -      -     -
      `),
    );
    assert.match(
      stderr,
      /warning: the line is not used: "nobody" is not an owner \[codeowners-line\]/,
    );
    assert.match(stderr, /\.github\/CODEOWNERS:2:14/);
    assert.equal(status, 0);
  });

  test('status --columns has what the registry says; list has it from then on', async () => {
    const columns = 'image,state,owner,tests,built,size,own';
    const asked = await cli(
      ...['status', '-c', 'config.yaml', 'images', '--all'],
      ...['--columns', columns, '--sort', 'own'],
    );
    assert.equal(
      asked.stdout.replaceAll(real.host, 'HOST'),
      lines(`
        IMAGE                STATE      OWNER                      TESTS  BUILT       SIZE    OWN
        HOST/columns/base:1  published  Ann Lee <ann@example.org>  none   2026-07-01  3.0 kB  3.0 kB
        HOST/columns/app:1   published  @org/web                   own    2026-07-01  3.0 kB  40 B
        HOST/columns/new:1   absent     -                          none   -           -       -
      `).replace(/^IMAGE {15}/, `IMAGE${' '.repeat(real.host.length + 11)}`),
    );
    const listed = await cli(
      ...['list', '-c', 'config.yaml', 'images', '--columns', 'name,size,own', '--sort', 'size'],
    );
    assert.equal(
      listed.stdout,
      lines(`
        NAME  SIZE    OWN
        app   3.0 kB  40 B
        base  3.0 kB  3.0 kB
        new   -       -
      `),
    );
  });

  test('what an older program kept without sizes is asked for where they are wanted', async () => {
    const file = tree.at('home/.cache/generate-bake/registry-images.json');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as {
      entries: [string, { sizes?: unknown }][];
    };
    for (const [, config] of kept.entries) {
      delete config.sizes;
    }
    writeFileSync(file, JSON.stringify(kept));
    const words = ['status', '-c', 'config.yaml', 'images', '--all', '--columns'];
    assert.match((await cli(...words, 'image,built')).stdout, /2026-07-01/);
    assert.match((await cli(...words, 'image,own')).stdout, /app:1 +40 B/);
  });

  test('JSON has all of it, as the schemas say', async () => {
    const images = async (command: string): Promise<readonly Listed[]> => {
      const { stdout } = await cli(command, '-c', 'config.yaml', 'images', '--json');
      const document = JSON.parse(stdout) as { readonly images: readonly Listed[] };
      const validate = validator(command);
      assert.ok(validate(document), JSON.stringify(validate.errors));
      return document.images;
    };
    for (const command of ['status', 'list']) {
      const found = await images(command);
      const facts = found.map(({ name, owner, ownerFrom, tests, lastChange, lastBuilt, size }) => [
        name,
        [owner, ownerFrom, tests, lastChange?.date, lastBuilt],
        size,
      ]);
      const date = '2026-06-01T06:00:00Z';
      const built = '2026-07-01T08:00:00.000Z';
      assert.deepEqual(
        new Map(facts.map(([name, ...rest]) => [name, rest])),
        new Map([
          [
            'base',
            [
              ['Ann Lee <ann@example.org>', 'control', 'none', date, built],
              { of: 'published', total: 3000, own: 3000 },
            ],
          ],
          [
            'app',
            [
              ['@org/web', 'codeowners', 'own', date, built],
              { of: 'published', total: 3040, own: 40 },
            ],
          ],
          ['new', [[undefined, undefined, 'none', date, undefined], undefined]],
        ]),
        command,
      );
    }
    rmSync(tree.at('home/.cache'), { recursive: true });
    assert.equal((await images('list'))[0]?.size, undefined);
  });

  test('columns that are not there, and options that do not go together, are refused', async () => {
    const told = async (...args: string[]) => {
      const { stderr, status, stdout } = await cli('list', '-c', 'config.yaml', 'images', ...args);
      assert.deepEqual([status, stdout], [2, '']);
      return stderr;
    };
    assert.match(
      await told('--columns', 'name,onwer'),
      /no column "onwer".*\n.*did you mean "owner"\?/,
    );
    assert.match(await told('--columns', ''), /no column ""/);
    assert.match(await told('--columns', 'name,name'), /--columns has name twice/);
    assert.match(await told('--wide', '--columns', 'name'), /--wide/);
    assert.match(await told('--wide', '--json'), /--wide/);
    assert.match(await told('--sort', 'nosuch'), /--sort/);
    assert.match(await told('--owner', 'web2'), /no image matches --owner web2/);
  });

  test('--owner and --untested choose the rows', async () => {
    const names = async (...args: string[]) => {
      const words = ['list', '-c', 'config.yaml', 'images', '--columns', 'name'];
      const { stdout, status, stderr } = await cli(...words, ...args);
      assert.equal(status, 0, stderr);
      return stdout.split('\n').slice(1, -1);
    };
    assert.deepEqual(await names('--owner', 'WEB'), ['app']);
    assert.deepEqual(await names('--owner', '*@example.org', '--with-children'), [
      'app',
      'base',
      'new',
    ]);
    assert.deepEqual(await names('--owner', '-'), ['new']);
    assert.deepEqual(await names('--untested'), ['base', 'new']);
    assert.deepEqual(await names('--untested', '--owner', 'web'), []);
  });
});
