/** Images of frontends for tests, which cannot pull any. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../cli.js';
import { must, run } from '../process.js';
import { scratchTree } from '../scratch.js';
import { made } from './base.js';
import type { Engine } from './engine.js';

/** What a frontend says that it takes; empty: it has no such label. */
export type Takes = readonly ('contexts' | 'inputs')[];

/** The line of a Dockerfile for what a frontend takes. */
export function takesLabel(takes: Takes): string {
  const all = takes.map((one) => `moby.buildkit.frontend.${one}`).join(',');
  return all === '' ? '' : `LABEL moby.buildkit.frontend.caps="${all}"\n`;
}

/** Loads the fake of Blubber's frontend (../fakeFrontend.ts) under a name. */
export async function loadFakeFrontend(engine: Engine, name: string, takes: Takes): Promise<void> {
  const { env } = engine;
  const node = `generate-bake-test/node:${process.version.slice(1)}`;
  if ((await run('docker', ['image', 'inspect', node], { env })).status !== 0) {
    await must('docker', ['import', await nodeArchive(), node], { env });
  }
  const folder = scratchTree({
    Dockerfile: `FROM ${node}\nCOPY frontend.mjs /\nENTRYPOINT ["/node", "/frontend.mjs"]\n${takesLabel(takes)}`,
  });
  const program = join(root, '.test-build/support/fakeFrontend.js');
  copyFileSync(program, folder.at('frontend.mjs'));
  await engine.docker('build', '--quiet', '--tag', name, folder.path);
}

/** This machine's node with the libraries that it is linked to. */
function nodeArchive(): Promise<string> {
  return made(`node-${process.version}.tar`, async (file) => {
    const folder = `${file}.root`;
    const libraries = (await must('ldd', [process.execPath]))
      .split('\n')
      .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
    for (const library of libraries) {
      mkdirSync(join(folder, dirname(library)), { recursive: true });
      copyFileSync(library, join(folder, library));
    }
    copyFileSync(process.execPath, join(folder, 'node'));
    mkdirSync(join(folder, 'tmp'));
    writeFileSync(join(folder, 'tmp/.keep'), '');
    await must('tar', ['-C', folder, '--owner=0', '--group=0', '-cf', file, '.']);
    rmSync(folder, { recursive: true });
  });
}
