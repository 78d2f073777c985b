import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { dockerfilesIn } from '#compiler/render/dockerfilesIn.js';
import { temporaryDirectory } from '../../support/temporary.js';

function directoryOf(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'images'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

const names = ['images/a.Dockerfile', 'images/b.Dockerfile'];

test('what is there is read to the byte, what is not has no entry', (t) => {
  const directory = directoryOf(t, { 'images/a.Dockerfile': '\ufeffFROM a\r\n\n' });
  assert.deepEqual(dockerfilesIn(directory, 'out', { names, all: true }), {
    value: new Map([['images/a.Dockerfile', '\ufeffFROM a\r\n\n']]),
    diagnostics: [],
  });
});

test('a Dockerfile without an image counts, unless only some images are compared', (t) => {
  const directory = directoryOf(t, {
    'images/a.Dockerfile': 'a',
    'images/gone.Dockerfile': 'gone',
    'images/notes.txt': 'no Dockerfile',
  });
  const read = (all: boolean) => [...dockerfilesIn(directory, 'out', { names, all }).value.keys()];
  assert.deepEqual(read(true), ['images/a.Dockerfile', 'images/gone.Dockerfile']);
  assert.deepEqual(read(false), ['images/a.Dockerfile']);
});

test('a directory of something else is refused', (t) => {
  const directory = directoryOf(t, { 'images/changelog': '' });
  const { diagnostics } = dockerfilesIn(directory, 'images', { names, all: true });
  assert.equal(diagnostics.length, 1);
  assert.equal(diagnostics[0]?.message, 'images has none of the Dockerfiles to compare with');
  assert.match(diagnostics[0]?.hint ?? '', / images\/images\/a\.Dockerfile, /);
});

test('what cannot be read is an error, not a difference', (t) => {
  const directory = directoryOf(t, { 'images/b.Dockerfile': Buffer.from([0x61, 0xff]) });
  mkdirSync(join(directory, 'images', 'a.Dockerfile'));
  const { diagnostics } = dockerfilesIn(directory, 'out', { names, all: false });
  assert.deepEqual(
    diagnostics.map(({ code, place }) => [code, place?.file, place?.column]),
    [
      ['unreadable', 'out/images/a.Dockerfile', undefined],
      ['not-utf8', 'out/images/b.Dockerfile', 2],
    ],
  );
});
