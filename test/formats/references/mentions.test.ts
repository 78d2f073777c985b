import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Mention, mentionOf, mentionsIn } from '#formats/references/mentions.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** `HOST|PATH|TAG|DIGEST` of each; `{}` where a template is, `-` where nothing is. */
function read(text: string): string[] {
  return [...mentionsIn(text)].map((mention) => shape(mention, text));
}

function shape({ written, host, path, tag, digest: pinned }: Mention, text: string): string {
  assert.equal(text.slice(written.start, written.start + written.text.length), written.text);
  for (const part of [tag, pinned]) {
    if (part !== undefined && 'text' in part) {
      assert.equal(text.slice(part.start, part.start + part.text.length), part.text);
    }
  }
  const shownHost = host === undefined ? '-' : typeof host === 'string' ? host : '{}';
  const shownTag = tag === undefined ? '-' : 'text' in tag ? tag.text : '{}';
  return [shownHost, path, shownTag, pinned?.text ?? '-'].join('|');
}

test('references as files of all kinds have them', () => {
  const cases: readonly (readonly [string, ...string[]])[] = [
    ['image: r.example/team/api:1.2-3', 'r.example|team/api|1.2-3|-'],
    ['image: "r.example:5000/api:1.2"', 'r.example:5000|api|1.2|-'],
    [`FROM r.example/api:1.2@${digest} AS x`, `r.example|api|1.2|${digest}`],
    [`r.example/api@${digest}`, `r.example|api|-|${digest}`],
    ['FROM R.Example/api', 'R.Example|api|-|-'],
    ['localhost/api:1', 'localhost|api|1|-'],
    ['image: api:1.2\r\n', '-|api|1.2|-'],
    ['\timage:\tapi:1.2', '-|api|1.2|-'],
    ['image:r.example:5000/api:1', 'r.example:5000|api|1|-'],
    ['docker run docker://r.example/api:1', 'r.example|api|1|-'],
    ['{"image":"r.example/api:1","x":"y"}', 'r.example|api|1|-'],
    ['API=r.example/api:1,r.example/web:2', 'r.example|api|1|-', 'r.example|web|2|-'],
    ['we use r.example/api:1.2. And', 'r.example|api|1.2|-'],
    ['(api:1.2-1)', '-|api|1.2-1|-'],
  ];
  for (const [text, ...expected] of cases) {
    assert.deepEqual(read(text), expected, text);
  }
});

test('templates and variables in the place of the registry or the version', () => {
  const cases: readonly (readonly [string, ...string[]])[] = [
    ['{{ .Values.docker.registry }}/api:{{ .Values.v }}', '{}|api|{}|-'],
    ['{{ registry }}/team/api:1.2', '{}|team/api|1.2|-'],
    ['${REGISTRY}/api:1.2', '{}|api|1.2|-'],
    ['$REGISTRY/api:$VERSION', '{}|api|{}|-'],
    ['%{registry}/api:1', '{}|api|1|-'],
    ['<%= @registry %>/api:1', '{}|api|1|-'],
    ['r.example/api:{{ v }}', 'r.example|api|{}|-'],
    ['r.example/api:1.2-{{ date }}', 'r.example|api|{}|-'],
    ['r.example/api:${V}', 'r.example|api|{}|-'],
    ['r.example/api:%s', 'r.example|api|{}|-'],
    ['r.example/api:1.2@sha256:{{ d }}', 'r.example|api|{}|-'],
    ['"r.example/api:" + version', 'r.example|api|{}|-'],
    ['registry + "/api:1.2"', '{}|api|1.2|-'],
    // Which image it is, is not written.
    ['r.example/api-{{ flavour }}'],
    ['{{ prefix }}api:1'],
    ['r.example/{{ name }}:1'],
  ];
  for (const [text, ...expected] of cases) {
    assert.deepEqual(read(text), expected, text);
  }
});

test('what is longer than a reference, or something else, is none', () => {
  for (const text of [
    'https://r.example/api:1',
    'git@github.example:team/api.git',
    'see /srv/api:1',
    '~/api:1',
    '+api:1',
    'api:1.2~rc1',
    'api:1.2+dfsg',
    'éapi:1',
    'r.example/api@sha256:1234',
    'r.example/API:1',
    '::::////',
    `${'a'.repeat(2000)}:1`,
  ]) {
    assert.deepEqual(read(text), [], text);
  }
  // Exactly bounded: longer names are other names.
  assert.deepEqual(read('my-api:1 api1.2:1 api.x:1'), [
    '-|my-api|1|-',
    '-|api1.2|1|-',
    '-|api.x|1|-',
  ]);
});

test('a value that is a name alone', () => {
  const shown = (value: string) => {
    const mention = mentionOf(value, 0);
    return mention && shape(mention, value);
  };
  assert.equal(shown('api'), '-|api|-|-');
  assert.equal(shown('r.example/team/api'), 'r.example|team/api|-|-');
  assert.equal(shown('api:1'), '-|api|1|-');
  assert.equal(mentionOf('two words', 0), undefined);
  assert.equal(mentionOf('', 0), undefined);
  assert.equal(mentionOf('{{ .Values.r }}/api', 100)?.written.start, 116);
});

test('hostile texts are read in time that grows with their length', () => {
  for (const unit of [':', '/', 'a:', '{{/*', 'r.example/a:{{', '@sha256:', '$', 'a/']) {
    const started = performance.now();
    assert.ok([...mentionsIn(unit.repeat(2 ** 20 / unit.length))].length >= 0);
    assert.ok(performance.now() - started < 5000, unit);
  }
});
