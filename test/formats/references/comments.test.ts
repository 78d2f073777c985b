import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commentStyleOf, commentsOf } from '#formats/references/comments.js';

/** Whether the X of a text is in a comment. */
function isCommented(name: string, text: string): boolean {
  const offset = text.indexOf('X');
  return commentsOf(text, commentStyleOf(name))(offset);
}

test('comments by the kind of file', () => {
  const cases: readonly (readonly [name: string, text: string, expected: boolean])[] = [
    ['values.yaml', 'a: 1\n# image: X', true],
    ['values.yaml', 'a: 1 # was X', true],
    ['values.yaml', 'a: 1 # was\nb: X', false],
    ['values.yaml', 'a: "b # X"', false],
    ['values.yaml', "a: 'b # X'", false],
    ['values.yaml', 'a: b#X', false],
    ['Dockerfile', '# FROM X', true],
    ['README.md', '# The image X', false],
    ['main.go', '// X', true],
    ['main.go', '# X', false],
    ['Jenkinsfile', '  // X', true],
    ['docker-bake.hcl', '# X', true],
    ['a.json', '{"a": "# X"}', false],
    ['templates/a.tpl', '{{/* \n X \n*/}}', true],
    ['templates/a.tpl', '{{- /* old */ -}}\n X', false],
    ['templates/a.tpl', '{{/* never closed X', false],
  ];
  for (const [name, text, expected] of cases) {
    assert.equal(isCommented(name, text), expected, `${name}: ${text}`);
  }
});
