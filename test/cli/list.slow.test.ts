/** `list` over the fleet: whole outputs of the real command line. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import {
  baseOf,
  fleetFolded,
  fleetImages,
  fleetTree,
  referenceOf,
  registry,
} from '../support/fleet.js';

const { path: cwd } = fleetTree();
const summary = '14 images in 4 levels, 16 links to parents, 4 of them not declared in control\n';
const stderr = fleetFolded + summary;

test('a table of all images, what control does not declare marked', async () => {
  const stdout = lines(`
    TREE    NAME      VERSION                  PATH             BASE                                      PARENTS
    docks   atlas     0.9-1                    docks/atlas      slate                                     slate
    docks   binder    0.1-20261101             docks/binder     slate                                     quill1.5 slate quill1.4*
    docks   calendar  3.2-1-s2-20261101        docks/calendar   slate                                     slate
    docks   gloss     5.1-1                    docks/gloss      ink                                       ink
    docks   ink       1.0.0                    docks/ink        slate                                     slate*
    docks   ledger    v20261103-3              docks/ledger     ink                                       ink
    docks   quill1.4  1.4-2-20261101           docks/quill/1.4  slate                                     slate
    docks   quill1.5  1.5-20261101             docks/quill/1.5  slate                                     slate*
    docks   slate     2.0.1-3-20261101         docks/slate      registry.harbour.example/trixie:latest    -
    mesh    build     1.29-1-20261101          mesh/build       quill1.4                                  quill1.4
    mesh    proxy     1.29-1-20261101          mesh/proxy       registry.harbour.example/bookworm:latest  mesh/build
    optics  lens2.1   2.1.2rocm6.1-1-20261101  optics/lens      atlas                                     atlas
    press   build     0.4.0-1                  press/build      slate                                     slate*
    press   folio     0.4.0-1                  press/folio      gloss                                     press/build gloss
  `);
  assert.deepEqual(await runCli(['list'], { cwd }), { stdout, stderr, status: 0 });
});

test('--tree: each image once, below what it starts from', async () => {
  const stdout = lines(`
    slate:2.0.1-3-20261101
    ├── atlas:0.9-1
    │   └── lens2.1:2.1.2rocm6.1-1-20261101
    ├── calendar:3.2-1-s2-20261101
    ├── ink:1.0.0
    │   ├── gloss:5.1-1
    │   │   └── press/folio:0.4.0-1  (also press/build:0.4.0-1)
    │   └── ledger:v20261103-3
    ├── press/build:0.4.0-1
    ├── quill1.4:1.4-2-20261101
    │   └── mesh/build:1.29-1-20261101
    │       └── mesh/proxy:1.29-1-20261101
    ├── quill1.5:1.5-20261101
    └── binder:0.1-20261101  (also quill1.5:1.5-20261101, quill1.4:1.4-2-20261101)
  `);
  assert.deepEqual(await runCli(['list', '--tree'], { cwd }), { stdout, stderr, status: 0 });
});

test('--json: everything, as the schema in doc/ says', async () => {
  const listed = await runCli(['list', '--json'], { cwd });
  assert.deepEqual([listed.stderr, listed.status], [stderr, 0]);
  const document: unknown = JSON.parse(listed.stdout);
  const schema = JSON.parse(readFileSync(`${root}/doc/list.schema.json`, 'utf8')) as object;
  const validate = new Ajv2020({ strict: true }).compile(schema);
  assert.equal(validate(document), true, JSON.stringify(validate.errors));

  const levels = new Map<string, number>();
  const images = fleetImages.map((image) => {
    const file = `${image.path}/Dockerfile.template`;
    const above = image.edges.map(([, parent]) => levels.get(`${registry}/${parent}`) ?? NaN);
    const level = Math.max(-1, ...above) + 1;
    levels.set(referenceOf(image), level);
    return {
      definition: 'sound',
      name: image.name,
      version: image.version,
      repository: `${registry}/${image.repository}`,
      reference: referenceOf(image),
      tree: image.tree,
      path: image.path,
      level,
      base: baseOf(image),
      declared: image.declared.map(([name, line]) => ({
        name,
        file: `${image.path}/control`,
        line,
      })),
      edges: image.edges.map(([kind, parent, written, declared, line]) => ({
        kind,
        parent: `${registry}/${parent}`,
        written: `${registry}/${written}`,
        declared,
        file,
        line,
      })),
      external: image.external.map(([kind, written, line]) => ({ kind, written, file, line })),
      dockerfile: image.dockerfile,
      ...ownerIn(`${cwd}/${image.path}/control`),
      // The usual verify_command, and no inside tests.
      tests: existsSync(`${cwd}/${image.path}/test.sh`) ? 'own' : 'none',
      lastChange: {
        from: 'changelog',
        date: image.created,
        version: image.version,
        ...(image.author === undefined ? {} : { author: image.author }),
      },
    };
  });
  images.sort((a, b) => a.level - b.level || (a.reference < b.reference ? -1 : 1));
  assert.deepEqual(document, { schema: 1, images, unnamed: [], excluded: [] });
});

function ownerIn(control: string) {
  const text = existsSync(control) ? readFileSync(control, 'utf8') : '';
  const owner = /^Maintainer: (.*)$/m.exec(text)?.[1];
  return owner === undefined ? {} : { owner, ownerFrom: 'control' };
}

test('a selection lists what was selected, links to the rest included', async () => {
  const stdout = lines(`
    TREE   NAME      VERSION          PATH             BASE                                      PARENTS
    docks  quill1.4  1.4-2-20261101   docks/quill/1.4  slate                                     slate
    mesh   build     1.29-1-20261101  mesh/build       quill1.4                                  quill1.4
    mesh   proxy     1.29-1-20261101  mesh/proxy       registry.harbour.example/bookworm:latest  mesh/build
  `);
  const args = ['list', '--select', 'quill1.4', '--with-children', '--exclude', 'binder'];
  const listed = await runCli(args, { cwd });
  assert.deepEqual([listed.stdout, listed.status], [stdout, 0]);
  assert.match(listed.stderr, /^3 images in 3 levels, 3 links to parents\n$/);
});
