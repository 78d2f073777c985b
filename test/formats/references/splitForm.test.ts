import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitReferencesIn } from '#formats/references/splitForm.js';

/** `REGISTRY|NAME|VERSION|DIGEST` of each, in order; every part is where it says. */
function read(text: string): string[] {
  return splitReferencesIn(text).references.map(({ repository, registry, version, digest }) => {
    for (const part of [repository, version, digest]) {
      if (part !== undefined) {
        assert.equal(text.slice(part.start, part.start + part.text.length), part.text);
      }
    }
    return [registry ?? '-', repository.text, version?.text ?? '-', digest?.text ?? '-'].join('|');
  });
}

test('the name and the version in two keys of one mapping', () => {
  const cases: readonly (readonly [string, ...string[]])[] = [
    ['a:\n  image: api\n  version: 1.2-3\n', '-|api|1.2-3|-'],
    ['a: {image: team/api, tag: "1.2"}\n', '-|team/api|1.2|-'],
    ["image:\n  registry: r.example\n  repository: 'api'\n  tag: '1.2'\n", 'r.example|api|1.2|-'],
    ['image: api\nimage_version: 2\nversion: 9\n', '-|api|2|-'],
    ['images:\n- name: r.example/api\n  newTag: "3"\n', '-|r.example/api|3|-'],
    ['images:\n- name: old\n  newName: api\n  newTag: "3"\n', '-|api|3|-'],
    ['image: api\n', '-|api|-|-'],
    ['image: api\ntag: ""\n', '-|api|-|-'],
    ['image: api\ntag: ~\n', '-|api|-|-'],
    ['image: api\ntag: null\nversion: 2\n', '-|api|2|-'],
    ['{"image": "api", "tag": "1"}', '-|api|1|-'],
    ['image: api\ntag: 1\n---\nimage: web\ntag: 2\n', '-|api|1|-', '-|web|2|-'],
    ['a: &a\n  image: api\n  tag: 1\nb:\n  <<: *a\n  tag: 2\n', '-|api|1|-', '-|api|2|-'],
    ['a: &a\n  image: api\n  tag: 1\nb:\n  <<: *a\n', '-|api|1|-'],
    ['v: &v 1.2\nimage: api\nversion: *v\n', '-|api|1.2|-'],
    ['image: api # web\r\ntag: 1\r\n', '-|api|1|-'],
    // A chart, and what is no text as it stands.
    ['name: api\nversion: 1.2\n'],
    ['image: "a\\x70i"\ntag: 1\n'],
    ['image: [api]\ntag: 1\n'],
  ];
  for (const [text, ...expected] of cases) {
    assert.deepEqual(read(text).sort(), expected, text);
    assert.equal(splitReferencesIn(text).isByLines, undefined, text);
  }
});

test('what is not valid YAML is read by its indentation', () => {
  const text = `{{- if .Values.x }}
api:
  image: api
  limits:
    cpu: 1
{{ include "more" . }}
  tag: "1.2" # newest
list:
- image: web
  version: 2
- image: {{ .Values.registry }}/db
  version: {{ .Values.v }}
{{- end }}
broken: [
]
other:
  version: 7
`;
  assert.equal(splitReferencesIn(text).isByLines, true);
  assert.deepEqual(read(text), [
    '-|api|1.2|-',
    '-|web|2|-',
    '-|{{ .Values.registry }}/db|{{ .Values.v }}|-',
  ]);
});

test('deep, wide and self-containing documents end', () => {
  const merges = Array.from(
    { length: 60 },
    (_, at) => `m${at}: &m${at}\n  <<: [*m${at - 1}, *m${at - 1}]\n`,
  );
  for (const text of [
    `${'['.repeat(5000)}`,
    `a: &a\n  <<: *a\n  image: api\n`,
    `m: &m-1 {tag: 1}\n${merges.join('')}z:\n  <<: *m59\n  image: api\n`,
    `${'- '.repeat(3000)}image: api`,
    `image:${' '.repeat(100_000)}[\n`,
  ]) {
    const started = performance.now();
    splitReferencesIn(text);
    assert.ok(performance.now() - started < 3000, text.slice(0, 40));
  }
});
