import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readControl } from '#formats/debian/control.js';
import { noPythonDebian, pythonProgram } from './oracles.js';

function names(text: string): string[] {
  return readControl('f', text).value.depends.map((dependency) => dependency.name);
}

test('dependencies of every paragraph are read, each with its place', () => {
  const text = `# a comment
Package: x
Depends: run-time
build-depends: golang1.24,
# between
 openjdk-8-jdk ,node-20\t
Description: one line
 more about it

Package: y
Maintainer: Ann <ann@example.org>
Homepage: https://example.org/
Depends:
 last
`;
  const { value, diagnostics } = readControl('i/control', text);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    value.depends.map(({ name, place }) => [name, place.line, place.column, place.length]),
    [
      ['golang1.24', 4, 16, 10],
      ['openjdk-8-jdk', 6, 2, 13],
      ['node-20', 6, 17, 7],
      ['run-time', 3, 10, 8],
      ['last', 14, 2, 4],
    ],
  );
  assert.equal(value.depends[1]?.place.lineText, ' openjdk-8-jdk ,node-20\t');
  assert.equal(value.description, 'one line');
  assert.equal(value.maintainer, 'Ann <ann@example.org>');
  assert.equal(value.homepage, 'https://example.org/');
});

test('a file with nothing in it declares nothing', () => {
  for (const text of ['', '\n \n', '# only this', 'Depends:\n', 'Description:\n']) {
    assert.deepEqual(readControl('f', text), { value: { depends: [] }, diagnostics: [] }, text);
  }
});

test('CRLF and a missing final newline change nothing', () => {
  assert.deepEqual(names('Depends: a,\r\n b\r\n\r\nDepends: c'), ['a', 'b', 'c']);
});

test('what docker-pkg would look up under a wrong name is a warning, and the name is used', () => {
  const cases: [string, string[], string, number][] = [
    ['Depends: a (>= 1), b\n', ['a', 'b'], 'control-dependency', 10],
    ['Depends: a [amd64]\n', ['a'], 'control-dependency', 10],
    ['Depends: a | b\n', ['a'], 'control-dependency', 10],
    ['Depends: a, \n', ['a'], 'control-dependency', 11],
    ['Depends: ,a\n', ['a'], 'control-dependency', 9],
    ['Depends: a b\n', ['a', 'b'], 'control-dependency', 10],
    ['Depends: ${misc:Depends}\n', [], 'control-dependency', 10],
    ['Depends: a\nDepends: b\n', ['b'], 'control-field-twice', 1],
    ['Depends: a\njunk\n', ['a'], 'control-line', 1],
    [' early\nDepends: a\n', ['a'], 'control-line', 1],
  ];
  for (const [text, expected, code, column] of cases) {
    const { value, diagnostics } = readControl('f', text);
    assert.deepEqual(
      value.depends.map(({ name }) => name),
      expected,
      text,
    );
    assert.deepEqual(
      diagnostics.map((found) => [found.severity, found.code, found.place?.column]),
      [['warning', code, column]],
      text,
    );
    assert.ok(diagnostics[0]?.hint !== undefined);
  }
});

test('python-debian finds the same names', { skip: noPythonDebian }, () => {
  const program = `
import json, re, sys
from debian.deb822 import Packages
found = []
for paragraph in Packages.iter_paragraphs(sys.stdin.buffer, use_apt_pkg=False):
    for key in ("Build-Depends", "Depends"):
        if paragraph.get(key, ""):
            found += re.split(r"\\s*,[\\s\\n]*", paragraph[key])
print(json.dumps(found))`;
  const texts = [
    'Package: x\nBuild-Depends: a ,b,\n c\nDepends: d\n\n# no\nPackage: y\nDEPENDS: e\n',
    'Depends: a,\n# b,\n c\n  \nBuild-Depends: d\n\n\n\nDepends: e',
    'Depends : a\t,\tb  \r\n\r\nDepends: c\r\n',
  ];
  for (const text of texts) {
    const result = spawnSync(pythonProgram, ['-c', program], { input: text, encoding: 'utf8' });
    assert.deepEqual(names(text), JSON.parse(result.stdout), text);
  }
});
