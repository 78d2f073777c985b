/** BuildKit is the authority: with nothing but what is taken, a build makes the same. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { contextUse } from '#formats/dockerfile/sources.js';
import { TakenPaths } from '#formats/dockerfile/takenPaths.js';
import { loadBase } from '../../support/engine/base.js';
import { type Engine, engines } from '../../support/engine/engine.js';
import { firstUnlessLong } from '../../support/long.js';
import { must } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

const files = ['a', 'a.b', 'c.b', 'd/e/f', 'd/e/g', 'd/x.go', 'd/y.go', 'd/sub/x.go', 'd/amd64/x']
  .concat(['w1/in', 'w2/in', 'w2/other', 'x y', 'README.md', '.hidden', 'z/only'])
  .map((path) => [path, `${path}\n`] as const);

/** What each takes and nothing else has: the number of files that are left. */
const dockerfiles: readonly (readonly [left: number, lines: readonly string[]])[] = [
  [1, ['FROM scratch', 'COPY a /o/']],
  [4, ['FROM scratch', 'COPY /d/e ../../a ./w1/../w2/in /o/']],
  [4, ['FROM scratch', 'COPY *.b d/*.go /o/']],
  [2, ['FROM scratch', 'COPY d/?.go d/[x-y].go /o/']],
  [2, ['FROM scratch', 'COPY w*/in /o/']],
  [1, ['FROM scratch', 'ARG P=d/e', 'COPY ${P}/f /o/']],
  [2, ['ARG Q=d', 'FROM scratch', 'ARG Q', 'ENV R=e S=$Q', 'COPY $S/$R /o/']],
  [1, ['FROM scratch AS s', 'ARG A=a', 'FROM s', 'COPY ${A}.b /o/']],
  [2, ['FROM base:1 AS s', 'RUN --mount=source=d/e,target=/m cp -r /m /o', 'FROM s']],
  [7, ['FROM scratch', 'ADD a d /o/']],
  [1, ['FROM scratch', 'COPY ["x y", "/o/"]']],
  [2, ['FROM scratch AS s', 'ONBUILD COPY w2 /o/', 'FROM s']],
  [1, ['FROM scratch', 'COPY <<EOF a /o/', 'COPY README.md /', 'EOF']],
  [1, ['FROM scratch', 'ARG TARGETARCH', 'COPY d/$TARGETARCH /o/']],
  [1, ['FROM scratch AS s', 'COPY z /z', 'FROM scratch', 'COPY --from=s /z /o/']],
  [1, ['FROM scratch AS s', 'COPY z /z', 'FROM scratch', 'COPY a /o/']],
  [1, ['# escape=`', 'FROM scratch', 'COPY `', '# a comment', '  a `', '  /o/']],
];

async function build(engine: Engine, context: string, dockerfile: string, out: string) {
  const words = ['--platform', 'linux/amd64', '--output', `type=local,dest=${out}`];
  await must('docker', ['buildx', 'build', '-f', dockerfile, ...words, context], {
    env: engine.env,
  });
  return contentOf(join(out, 'o'));
}

function contentOf(directory: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      found[path.slice(directory.length + 1)] = readFileSync(path, 'utf8');
    }
  }
  return found;
}

for (const engine of firstUnlessLong(await engines())) {
  test(`${engine.name}: nothing else than what is taken is needed`, async () => {
    await loadBase(engine, 'base:1');
    const platform = parsePlatform('linux/amd64');
    assert.ok(platform);
    for (const [at, [left, lines]] of dockerfiles.entries()) {
      const text = `${lines.join('\n')}\n`;
      const tree = scratchTree({ Dockerfile: text });
      tree.write(Object.fromEntries(files.map(([path, content]) => [`full/${path}`, content])));
      const { everything, sources } = contextUse(text, { platform });
      assert.equal(everything, false, text);
      const taken = new TakenPaths(sources);
      const kept = files.filter(([path]) => taken.takes(path));
      assert.equal(kept.length, left, text);
      for (const [path] of kept) {
        mkdirSync(dirname(tree.at('part', path)), { recursive: true });
        cpSync(tree.at('full', path), tree.at('part', path));
      }
      const dockerfile = tree.at('Dockerfile');
      const full = await build(engine, tree.at('full'), dockerfile, tree.at('out/full'));
      assert.ok(existsSync(tree.at('out/full/o')) && Object.keys(full).length > 0, text);
      const part = await build(engine, tree.at('part'), dockerfile, tree.at('out/part'));
      assert.deepEqual(part, full, `${at}: ${text}`);
      tree.remove();
    }
  });
}
