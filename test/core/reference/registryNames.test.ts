import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinNames, noNames, RegistryNames } from '#core/reference/registryNames.js';

const names = new RegistryNames([
  { alias: 'inside.example', canonical: 'public.example' },
  { alias: 'inside.example:5000', canonical: 'public.example:5000' },
  { alias: 'old.example/team', canonical: 'public.example' },
  { alias: '127.0.0.1:5000', canonical: 'localhost:5000' },
]);

test('a name of a registry is its canonical one, whatever is behind it', () => {
  for (const [written, canonical] of [
    ['inside.example', 'public.example'],
    ['inside.example/x', 'public.example/x'],
    ['INSIDE.example/x:1', 'public.example/x:1'],
    ['Public.Example/x', 'public.example/x'],
    ['inside.example:5000/x', 'public.example:5000/x'],
    ['old.example/team/x:1', 'public.example/x:1'],
    ['127.0.0.1:5000/a/b@sha256:0', 'localhost:5000/a/b@sha256:0'],
    // Another port, host or path is another registry.
    ['inside.example:5001/x', 'inside.example:5001/x'],
    ['inside.example.org/x', 'inside.example.org/x'],
    ['old.example/x', 'old.example/x'],
    ['old.example/teams/x', 'old.example/teams/x'],
    ['127.0.0.1:50001/x', '127.0.0.1:50001/x'],
    ['debian:12', 'debian:12'],
  ] as const) {
    assert.equal(names.canonical(written), canonical);
  }
});

test('all names of a repository, its own first', () => {
  assert.deepEqual(names.all('inside.example/x:1'), [
    'inside.example/x:1',
    'public.example/x:1',
    'old.example/team/x:1',
  ]);
  assert.deepEqual(names.all('debian'), ['debian']);
});

test('in a text every name of a registry is the canonical one, and nothing else is touched', () => {
  const text = [
    'FROM inside.example/a:1 AS x',
    'COPY --from=Inside.Example:5000/b / /',
    'RUN curl https://inside.example/v2/ "inside.example" && echo at inside.example.',
    'ARG R=old.example/team',
    'RUN echo not.inside.example/a inside.example:5001/a inside.example.org my-inside.example',
  ];
  assert.deepEqual(names.canonicalText(text.join('\n')).split('\n'), [
    'FROM public.example/a:1 AS x',
    'COPY --from=public.example:5000/b / /',
    'RUN curl https://public.example/v2/ "public.example" && echo at public.example.',
    'ARG R=public.example',
    text[4],
  ]);
});

test('what nothing is said of stays as it is, to the byte', () => {
  const text = 'FROM Public.Example/x\r\n\tRUN $& $1';
  assert.equal(noNames.canonicalText(text), text);
  assert.equal(noNames.canonical('Public.Example/x'), 'Public.Example/x');
  assert.equal(joinNames([undefined, noNames]), noNames);
  const joined = joinNames([undefined, names, new RegistryNames([{ alias: 'b', canonical: 'a' }])]);
  assert.deepEqual(joined.aliases.map(({ alias }) => alias).length, 5);
});
