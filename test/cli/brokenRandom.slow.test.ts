/** Any sound tree, k of its images broken in random ways: what does not descend from them is as before. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { runCli } from '../support/cli.js';
import { changelogOf, imageFiles } from '../support/refused.js';
import { type ScratchFile, scratchTree } from '../support/scratch.js';

type Files = Readonly<Record<string, ScratchFile>>;

/** Each makes something wrong with an image that has this first line. */
const ways: readonly ((name: string, from: string) => Files)[] = [
  (name) => imageFiles(name, 'FROM {{ "gone" | image_tag }}\n'),
  (name, from) => imageFiles(name, `${from}\nRUN {{ nothing.at.all }}\n`),
  (name, from) => imageFiles(name, `${from}\n{% if x %}\n`),
  (name, from) => imageFiles(name, `${from}\n{% include "none" %}\n`),
  (name) => imageFiles(name, ''),
  (name, from) => imageFiles(name, `# ${from}\nRUN true\n`),
  (name, from) => imageFiles(name, `${from}\nRUN true &&\n  apt-get update\n`),
  (name) => imageFiles(name, 'FROM x:latest:latest\n'),
  (name, from) => imageFiles(name, Buffer.from(`${from}\n# caf\xe9\n`, 'latin1')),
  (name, from) => imageFiles(name, `${from}\nUSER www\n`),
  (name) => imageFiles(name, 'ARG VERSION\nFROM x:${VERSION}\n'),
  (name, from) => imageFiles(name, `${from}\n`, { changelog: 'what?\n' }),
  (name, from) => imageFiles(name, `${from}\n`, { changelog: changelogOf(name, '1~2') }),
  (name, from) => imageFiles(name, `${from}\nCOPY --from={{ "gone" | image_tag }} / /\n`),
];

/** By image: what of the earlier ones it is built on; none for a base of its own. */
const shapes = fc
  .integer({ min: 3, max: 10 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, at) =>
        fc.option(fc.nat({ max: Math.max(0, at - 1) }), { freq: 3 }),
      ),
    ),
  );

const broken = fc.uniqueArray(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: ways.length - 1 })), {
  minLength: 1,
  maxLength: 3,
  selector: ([image]) => image,
});

interface Entry {
  readonly name: string;
}
interface Listing {
  readonly images: readonly Entry[];
}
interface Plan {
  readonly target: Readonly<Record<string, unknown>>;
}

async function look(files: Files) {
  const tree = scratchTree({
    'config.yaml': 'registry: r.example\nforce_numeric_user: true\n',
    ...files,
  });
  const cli = (...words: string[]) => runCli([...words, 'images'], { cwd: tree.path });
  const [list, plan, render] = [
    await cli('list', '--json'),
    await cli('plan'),
    await cli('render', '-o', 'out'),
  ];
  const images = list.stdout === '' ? [] : (JSON.parse(list.stdout) as Listing).images;
  return {
    said: plan.stderr,
    statuses: [list.status, plan.status, render.status],
    listed: new Map(images.map((image) => [image.name, image])),
    targets: plan.stdout === '' ? {} : ((JSON.parse(plan.stdout) as Partial<Plan>).target ?? {}),
    rendered: (name: string) => {
      const file = tree.at(`out/images/${name}.Dockerfile`);
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    },
  };
}

test('broken images leave all but their descendants as they were', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, broken, async (parents, chosen) => {
      const nameOf = (at: number) => `i${at}`;
      const fromOf = (at: number) => {
        const parent = at === 0 ? null : parents[at];
        return typeof parent === 'number'
          ? `FROM {{ "${nameOf(parent)}" | image_tag }}`
          : 'FROM debian:13';
      };
      const faults = new Map(chosen.map(([at, way]) => [at % parents.length, way]));
      const soundFiles: Record<string, ScratchFile> = {};
      const brokenFiles: Record<string, ScratchFile> = {};
      for (const at of parents.keys()) {
        const name = nameOf(at);
        const files = imageFiles(name, `${fromOf(at)}\nRUN true\n`);
        Object.assign(soundFiles, files);
        const way = faults.get(at);
        Object.assign(brokenFiles, files, way === undefined ? {} : ways[way]?.(name, fromOf(at)));
      }
      const before = await look(soundFiles);
      assert.deepEqual(before.statuses, [0, 0, 0], before.said);
      const after = await look(brokenFiles);
      assert.deepEqual(after.statuses, [0, 1, 1], after.said);

      const touched = new Set(faults.keys());
      for (const [at, parent] of parents.entries()) {
        if (at > 0 && typeof parent === 'number' && touched.has(parent)) {
          touched.add(at);
        }
      }
      for (const at of parents.keys()) {
        const name = nameOf(at);
        const parent = at === 0 ? null : parents[at];
        if (typeof parent === 'number' && touched.has(parent)) {
          // Its own fault may wait until its parent is mended: a template without it cannot be read.
          assert.match(after.said, new RegExp(`\\b${name}\\b`));
        } else if (faults.has(at)) {
          assert.match(after.said, new RegExp(`^images/${name}/\\S+: error: `, 'm'));
        }
        if (touched.has(at)) {
          assert.equal(after.targets[name], undefined, `${name} is planned`);
        } else {
          assert.deepEqual(after.listed.get(name), before.listed.get(name));
          assert.deepEqual(after.targets[name], before.targets[name]);
          assert.equal(after.rendered(name), before.rendered(name));
          assert.notEqual(after.rendered(name), undefined);
        }
      }
    }),
    { numRuns: 8 },
  );
});
