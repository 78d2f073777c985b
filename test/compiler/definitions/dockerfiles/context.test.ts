import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDefinitions } from '#compiler/definitions/read.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain, lines } from '../../../support/explain.js';
import { scratchTree } from '../../../support/scratch.js';

/** Reads a tree that has these Dockerfiles, and empty files beside them. */
function read(dockerfiles: Readonly<Record<string, string>>, files: readonly string[], from = '') {
  const tree = scratchTree({
    ...Object.fromEntries(files.map((file) => [file, ''])),
    ...Object.fromEntries(
      Object.entries(dockerfiles).map(([file, text]) => [file, `FROM scratch\n${text}\n`]),
    ),
    '.git/HEAD': '',
  });
  const cwd = tree.at(from);
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: '/none' });
  return readDefinitions(opened.value.trees);
}

/** The context of `services/api/Dockerfile`, which has these instructions, as shown. */
function contextOf(text: string, files: readonly string[], file = 'services/api/Dockerfile') {
  const { images, broken } = read({ [file]: text }, files);
  assert.equal(explain(broken.flatMap(({ diagnostics }) => diagnostics)), '');
  return images[0]?.context;
}

test('its own directory, where that has all that it copies', () => {
  assert.equal(contextOf('COPY app.js /', ['services/api/app.js', 'app.js']), 'services/api');
  assert.equal(contextOf('COPY . /', ['services/api/app.js']), 'services/api');
  assert.equal(contextOf('RUN true', ['app.js']), 'services/api');
  assert.equal(contextOf('COPY dist /', []), 'services/api', 'what is not there yet says nothing');
  assert.equal(contextOf('COPY --from=x /go.mod /', ['go.mod']), 'services/api');
});

test('the nearest directory above that has it', () => {
  assert.equal(contextOf('COPY go.mod /', ['go.mod']), '.');
  assert.equal(contextOf('COPY services/api /\nCOPY go.* /', ['go.sum']), '.');
  assert.equal(contextOf('ADD lib/x.tar /', ['services/lib/x.tar', 'lib/x.tar']), 'services');
  assert.equal(contextOf('RUN --mount=type=bind,source=tools,target=/t true', ['tools/x']), '.');
  assert.equal(contextOf('COPY dist lib /', ['lib/x']), '.', 'dist is made later');
});

test('all of a project out of its docker or build directory', () => {
  const files = ['app.js', 'services/api/app.js'];
  assert.equal(contextOf('COPY . /', files, 'services/api/docker/Dockerfile'), 'services/api');
  assert.equal(contextOf('COPY . /', files, 'build/docker/Dockerfile'), '.');
  const more = [...files, 'docker/entrypoint.sh'];
  assert.equal(contextOf('COPY . /', more, 'docker/Dockerfile'), 'docker');
});

test('seen from a directory below', () => {
  const { images } = read(
    { 'services/api/Dockerfile': 'COPY go.mod /' },
    ['go.mod'],
    'services/api',
  );
  assert.deepEqual([images[0]?.context, images[0]?.definedIn], ['../..', '../../services/api']);
});

test('some only here and some only there: no guess', () => {
  const { broken } = read({ 'api/Dockerfile': 'COPY app.js /\nCOPY shared /' }, [
    'api/app.js',
    'shared/x',
  ]);
  assert.equal(
    explain(broken.flatMap(({ diagnostics }) => diagnostics)),
    lines(`
      api/Dockerfile:3:6: error: no directory has all that is copied: app.js is in api, shared is in . [context-unclear]
          3 | COPY shared /
            |      ^^^^^^
        hint: say which: [[image]] with path = "api/Dockerfile" and context = "/" in generate-bake.toml
    `),
  );
});
