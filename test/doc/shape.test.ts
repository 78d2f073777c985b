/** What ARCHITECTURE.md promises of `src` and no linter checks. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** The files that it imports, types included. */
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const path = join('src', file);
    const text = readFileSync(path, 'utf8');
    return { path, text, imports: importsOf(path, text) };
  });

function importsOf(path: string, text: string): string[] {
  const specifiers = text.matchAll(/(?:from |import\()'([#.][^']+)'/g);
  return Array.from(specifiers, ([, specifier = '']) =>
    (specifier.startsWith('#')
      ? `src/${specifier.slice(1)}`
      : normalize(join(dirname(path), specifier))
    ).replace(/\.js$/, '.ts'),
  );
}

/** `src/compiler/plan` of `src/compiler/plan/links.ts`; a file of a group stands for itself. */
function roomOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}

function offenders(pattern: RegExp, allowed: RegExp): string[] {
  return files
    .filter(({ path, text }) => pattern.test(text) && !allowed.test(path))
    .map(({ path }) => path);
}

test('imports across groups are subpaths, those inside a group relative', () => {
  const crossing = files.flatMap(({ path, imports, text }) =>
    imports.filter((to) => {
      const inside = to.split('/')[1] === path.split('/')[1];
      const asSubpath = text.includes(`'#${to.slice('src/'.length).replace(/\.ts$/, '.js')}'`);
      return inside === asSubpath;
    }),
  );
  assert.deepEqual(crossing, []);
});

test('no two rooms of a group import each other, but in the core of jinja', () => {
  const uses = new Map<string, Set<string>>();
  for (const { path, imports } of files) {
    const from = roomOf(path);
    for (const to of imports.map(roomOf)) {
      if (to !== from && !from.startsWith('src/jinja/')) {
        uses.set(from, (uses.get(from) ?? new Set()).add(to));
      }
    }
  }
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(uses.get(from) ?? [])].some((next) => {
      if (next === to) {
        return true;
      }
      if (seen.has(next)) {
        return false;
      }
      seen.add(next);
      return reaches(next, to, seen);
    });
  assert.deepEqual(
    [...uses.keys()].filter((room) => reaches(room, room)),
    [],
  );
});

test('only cli prints, and only one module starts programs asynchronously, another synchronously', () => {
  assert.deepEqual(offenders(/\bprocess\.(?:stdout|stderr)\b|\bconsole\./, /^src\/cli\//), []);
  const starters = offenders(/'(?:node:child_process|execa)'/, /^$/).sort();
  assert.deepEqual(starters, ['src/adapters/git/ask.ts', 'src/adapters/process/process.ts']);
});

test('private members are #members; only a constructor may be `private`', () => {
  assert.deepEqual(offenders(/^\s+private (?!constructor)/m, /^$/), []);
});
