import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCodeowners } from '#formats/codeowners/codeowners.js';
import { pathMatcher } from '#formats/codeowners/pattern.js';
import { explain, lines } from '../../support/explain.js';

function owners(text: string) {
  const read = readCodeowners(text, 'CODEOWNERS');
  assert.equal(explain(read.diagnostics), '');
  return (path: string) => read.value.of(path).join(' ');
}

/** The example of GitHub's documentation ("About code owners"), with what its comments say. */
const example = lines(`
  # This is a comment.
  *       @global-owner1 @global-owner2
  *.js    @js-owner #This is an inline comment.
  *.go docs@example.com
  *.txt @octo-org/octocats
  /build/logs/ @doctocat
  docs/* docs@example.com
  apps/ @octocat
  /docs/ @doctocat
  /scripts/ @doctocat @octocat
  **/logs @octocat
  /apps/ @octocat
  /apps/github
`);

test("the example of GitHub's documentation means what it says", () => {
  const of = owners(example);
  assert.equal(of('README'), '@global-owner1 @global-owner2');
  assert.equal(of('src/a.js'), '@js-owner');
  assert.equal(of('main.go'), 'docs@example.com');
  assert.equal(of('deep/down/a.txt'), '@octo-org/octocats');
  assert.equal(of('build/logs/one'), '@octocat');
  assert.equal(of('deeply/nested/logs/one'), '@octocat');
  assert.equal(of('logs'), '@octocat');
  assert.equal(of('x/apps/any'), '@octocat');
  assert.equal(of('docs/any/thing'), '@doctocat');
  assert.equal(of('x/docs/any'), '@global-owner1 @global-owner2');
  assert.equal(of('scripts/a/b'), '@doctocat @octocat');
  assert.equal(of('apps/other'), '@octocat');
  assert.equal(of('apps/github'), '');
  assert.equal(of('apps/github/x'), '');
});

test('patterns: anchors, levels, wildcards, spaces and case', () => {
  const table: readonly (readonly [pattern: string, yes: string, no: string])[] = [
    ['*', 'a a/b', ''],
    ['/*', 'a', 'a/b'],
    ['docs/*', 'docs/a', 'docs/a/b x/docs/a docs'],
    ['docs/**', 'docs/a docs/a/b', 'docs x/docs/a'],
    ['docs/', 'docs/a x/docs/a/b', 'docs mydocs/a'],
    ['/docs', 'docs docs/a/b', 'x/docs docs2'],
    ['docs', 'docs docs/a x/docs x/docs/y', 'mydocs docs2'],
    ['a/b', 'a/b a/b/c', 'x/a/b'],
    ['a/**/b', 'a/b a/x/b a/x/y/b/c', 'a/xb x/a/b'],
    ['**/b', 'b a/b a/x/b/c', 'ab'],
    ['*.tar.gz', 'x.tar.gz a/x.tar.gz', 'x.tar.gzip'],
    ['/images/*/Dockerfile*', 'images/web/Dockerfile.template', 'images/a/b/Dockerfile'],
    ['fo?', 'foo x/fo1/y', 'fo fooo'],
    ['Docs', 'Docs', 'docs'],
    ['a.b', 'a.b', 'axb'],
    ['/a//b/', 'a/b/c', 'a/b'],
  ];
  for (const [pattern, yes, no] of table) {
    const matches = pathMatcher(pattern);
    assert.ok(typeof matches === 'function', pattern);
    for (const path of yes.split(' ').filter((one) => one !== '')) {
      assert.ok(matches(path), `${pattern} is about ${path}`);
    }
    for (const path of no.split(' ').filter((one) => one !== '')) {
      assert.ok(!matches(path), `${pattern} is not about ${path}`);
    }
  }
  assert.equal(owners('a\\ b/ @x')('a b/c'), '@x');
});

test('sections of GitLab: default owners, the last pattern of each, exclusions', () => {
  // After GitLab's documentation ("Code Owners": sections, default owners, exclusions).
  const of = owners(
    lines(`
      * @everyone
      [Documentation][2] @docs-team
      docs/
      README.md @readme
      !docs/generated/
      ^[Database] @@maintainer
      model/db/
      config/db/ @dba
      [documentation]
      docs/special/ @special @group/sub/team
    `),
  );
  assert.equal(of('x'), '@everyone');
  assert.equal(of('docs/x'), '@everyone @docs-team');
  assert.equal(of('docs/generated/x'), '@everyone');
  assert.equal(of('README.md'), '@everyone @readme');
  assert.equal(of('model/db/x'), '@everyone @@maintainer');
  assert.equal(of('config/db/x'), '@everyone @dba');
  assert.equal(of('docs/special/x'), '@everyone @special @group/sub/team');
});

test('a line that GitHub does not understand is passed over, with its place', () => {
  const { value, diagnostics } = readCodeowners(
    lines(`
      * @all
      /a/ somebody
      !/b/ @b
      \\#c @c
      /d[12]/ @d
      / @e
      /f/ @ok @
    `),
    'docs/CODEOWNERS',
  );
  assert.equal(value.of('a/x').join(), '@all');
  assert.equal(value.of('f/x').join(), '@all');
  assert.deepEqual(
    diagnostics.map(({ severity, code, message, place }) => [
      severity,
      code,
      message,
      `${place?.file}:${place?.line}:${place?.column}`,
    ]),
    [
      ['"somebody" is not an owner', '2:5'],
      ['CODEOWNERS has no exceptions with "!"', '3:1'],
      ['a "#" at its start cannot be escaped', '4:1'],
      ['CODEOWNERS has no sets of characters in [ ]', '5:1'],
      ['it names nothing', '6:1'],
      ['"@" is not an owner', '7:9'],
    ].map(([what, at]) => [
      'warning',
      'codeowners-line',
      `the line is not used: ${what}`,
      `docs/CODEOWNERS:${at}`,
    ]),
  );
});

test('line ends, a byte order mark and stars do not matter', () => {
  const of = owners('\ufeff# c\r\n/a/ @x\r\n\r\n  /b/   @y  \r\n');
  assert.equal(of('a/1'), '@x');
  assert.equal(of('b/1'), '@y');
  const stars = owners(`${'*a'.repeat(200)}* @x`);
  const start = performance.now();
  assert.equal(stars('a'.repeat(4000)), '@x');
  assert.ok(performance.now() - start < 2000);
});
