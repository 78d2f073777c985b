/** Expected values checked with moby/patternmatcher in BuildKit 0.32's walk of a context. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDockerIgnore, type Verdict } from '#compiler/context/dockerIgnore.js';

/** Which of the files, each given with its directories, are left out. */
function ignored(text: string, paths: readonly string[]): string[] {
  const { value, diagnostics } = readDockerIgnore(text, '.dockerignore');
  assert.deepEqual(diagnostics, []);
  return paths.filter((path) => {
    let verdict: Verdict | undefined;
    const parts = path.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      verdict = value.judge(parts.slice(0, depth).join('/'), verdict);
    }
    return verdict?.isIgnored;
  });
}

const cases: readonly {
  readonly rules: string;
  readonly ignored: readonly string[];
  readonly kept: readonly string[];
}[] = [
  { rules: 'a', ignored: ['a', 'a/b', 'a/b/c'], kept: ['b/a', 'ab'] },
  { rules: '/a/', ignored: ['a', 'a/b'], kept: ['b/a'] },
  { rules: './a/../b', ignored: ['b'], kept: ['a'] },
  { rules: '*.md', ignored: ['x.md', '.md'], kept: ['a/x.md', 'xmd'] },
  { rules: '*/*.md', ignored: ['a/x.md'], kept: ['x.md', 'a/b/x.md'] },
  { rules: '**/*.md', ignored: ['x.md', 'a/x.md', 'a/b/x.md'], kept: ['x'] },
  { rules: '**/a', ignored: ['a', 'b/a', 'b/a/c'], kept: ['ba'] },
  { rules: '**a', ignored: ['a', 'ba', 'b/a'], kept: ['b'] },
  { rules: 'a/**', ignored: ['a/b', 'a/b/c'], kept: ['a', 'b'] },
  { rules: 'a/**/c', ignored: ['a/c', 'a/b/c', 'a/b/b/c'], kept: ['ac', 'a/b'] },
  { rules: '**', ignored: ['a', 'a/b'], kept: [] },
  { rules: '?', ignored: ['a', 'é', '😀'], kept: ['ab', '.h1'] },
  { rules: '[ab]c', ignored: ['ac', 'bc'], kept: ['cc'] },
  { rules: '[^a]c', ignored: ['bc'], kept: ['ac'] },
  { rules: '[a-c]1', ignored: ['b1'], kept: ['d1'] },
  { rules: '\\*', ignored: ['*'], kept: ['a'] },
  { rules: 'a.b', ignored: ['a.b'], kept: ['axb'] },
  { rules: '(a)*', ignored: ['(a)b'], kept: ['ab'] },
  { rules: '*.md\n!README.md', ignored: ['x.md'], kept: ['README.md'] },
  { rules: '!README.md\n*.md', ignored: ['README.md'], kept: [] },
  { rules: 'a\n!a/b', ignored: ['a/c'], kept: ['a/b', 'a/b/c'] },
  { rules: '**\n!a', ignored: ['b'], kept: ['a', 'a/b'] },
  // What is taken back of a directory as a whole is not, for a file a later rule names.
  { rules: '*/x\n!a', ignored: ['a/x'], kept: ['a/y'] },
  { rules: '*\n./!a', ignored: ['b'], kept: ['a'] },
  { rules: '# a\n\n  b  \r\n #c', ignored: ['b', '#c'], kept: ['a'] },
  { rules: '\ufeffa', ignored: ['a'], kept: [] },
];

for (const { rules, ignored: out, kept } of cases) {
  test(`${JSON.stringify(rules)} leaves out ${out.join(' ')}`, () => {
    assert.deepEqual(ignored(rules, [...out, ...kept]), out);
  });
}

const refused = ['!', '[a', '[]a]', '[a-]', '[b-a]', 'a\\', '[[:alpha:]]', '\\d', 'a|b*', 'a{2}*'];

for (const pattern of refused) {
  test(`${JSON.stringify(pattern)} is refused at its place`, () => {
    const { diagnostics } = readDockerIgnore(`a\n ${pattern}`, 'x/.dockerignore');
    assert.deepEqual(
      diagnostics.map(({ code, place }) => [code, place?.file, place?.line, place?.column]),
      [['dockerignore-pattern', 'x/.dockerignore', 2, 2]],
    );
  });
}

/** `*` and `**` tried in every way there is, as the documentation of Docker says it. */
function matchesSlowly(pattern: string, path: string): boolean {
  if (pattern === '') {
    return path === '';
  }
  if (pattern.startsWith('**/')) {
    const rest = pattern.slice(3);
    const starts = [...path].flatMap((character, at) => (character === '/' ? [at + 1] : []));
    return [0, ...starts].some((at) => matchesSlowly(rest, path.slice(at)));
  }
  if (pattern.startsWith('*')) {
    const rest = pattern.slice(1);
    const most = path.indexOf('/') < 0 ? path.length : path.indexOf('/');
    return Array.from({ length: most + 1 }).some((_, at) => matchesSlowly(rest, path.slice(at)));
  }
  return path.startsWith(pattern.charAt(0)) && matchesSlowly(pattern.slice(1), path.slice(1));
}

test('patterns with several wildcards match what a slow reading of them matches', () => {
  const texts = (signs: readonly string[], length: number): string[] =>
    length === 0
      ? ['']
      : texts(signs, length - 1).flatMap((text) => signs.map((sign) => text + sign));
  // Whether `**` is the first or last sign, Docker has rules of its own, which the cases have.
  const patterns = texts(['a', 'b', '*', '/**/', '/'], 5).filter(
    (pattern) => /^a.*[ab]$/.test(pattern) && !/[^/]\*\*|\*\*[^/]|\/\//.test(pattern),
  );
  const paths = texts(['a', 'b', '/'], 6).filter((path) => !/^\/|\/$|\/\//.test(path));
  assert.ok(patterns.length > 50 && paths.length > 200);
  for (const pattern of patterns) {
    const { value } = readDockerIgnore(pattern, '.dockerignore');
    for (const path of paths) {
      const found = value.judge(path).isIgnored;
      assert.equal(found, matchesSlowly(pattern, path), `${pattern} and ${path}`);
    }
  }
});

test('what a hundred usual patterns take on 100,000 files is far from the limit', () => {
  const text = Array.from({ length: 50 }, (_, at) => `**/*.ext${at}\n**/dir${at}/**`).join('\n');
  const { value } = readDockerIgnore(text, '.dockerignore');
  for (let file = 0; file < 100_000; file++) {
    value.judge(`services/some/where/deep/in/it/file-of-usual-length-${file}.ts`);
  }
  assert.ok(!value.isExhausted);
});
