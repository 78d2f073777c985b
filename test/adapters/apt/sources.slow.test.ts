import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { sourcesText } from '#adapters/apt/configuration.js';
import { readSources } from '#adapters/apt/sources.js';
import { aptArchiveMissing } from '../../support/aptArchive.js';
import { run } from '../../support/process.js';
import { scratchTree } from '../../support/scratch.js';

const skip = aptArchiveMissing() ?? false;

/** The Release files that this machine's apt would ask for; undefined: it cannot read it. */
async function askedByApt(name: string, text: string): Promise<string[] | undefined> {
  const { path } = scratchTree();
  for (const each of ['etc/apt/sources.list.d', 'var/lib/apt/lists/partial', 'var/lib/dpkg']) {
    mkdirSync(`${path}/${each}`, { recursive: true });
  }
  writeFileSync(`${path}/var/lib/dpkg/status`, '');
  writeFileSync(`${path}/etc/apt/sources.list.d/${name}`, text);
  const options = [
    ...['-o', `Dir=${path}`, '-o', `Dir::State::status=${path}/var/lib/dpkg/status`],
    ...['-o', 'APT::Architecture=amd64', '-o', 'Acquire::Languages=none'],
  ];
  const said = await run('apt-get', [...options, 'update', '--print-uris']);
  return said.status === 0
    ? said.stdout
        .split('\n')
        .flatMap((line) => /^'([^']*)'/.exec(line)?.[1] ?? [])
        .sort()
    : undefined;
}

/** The same of what is written for apt in place of an image's sources; a reason where nothing is. */
async function askedByUs(name: string, text: string): Promise<string[] | string | undefined> {
  const read = readSources(new Map([[`etc/apt/sources.list.d/${name}`, Buffer.from(text)]]));
  return read.kind === 'unknown'
    ? read.reason
    : await askedByApt('ours.sources', sourcesText(read.sources, new Map()));
}

const lines = [
  'deb http://a.example/debian bookworm main\n',
  'deb-src http://a.example/debian bookworm main\ndeb http://b.example/debian bookworm main\n',
  'deb\thttp://a.example/debian\tbookworm\tmain\n   deb http://b.example/debian  sid  main\r\n',
  'deb [arch-=i386] http://a.example/debian bookworm main\n',
  'deb [ arch="amd64,i386" by-hash=no ] http://a.example/debian bookworm main contrib\n',
  'deb [lang-=de arch+=i386] http://a.example/debian bookworm main\n',
  'deb [target=Packages] http://a.example/debian bookworm main\n',
  'deb [target+=Contents-deb] http://a.example/debian bookworm main\n',
  'deb http://a.example/debian bookworm main#contrib\n',
  'deb [arch=amd64] http://a.example/debian bookworm main # [not] "closed\n',
  'deb "http://a.example/debian" "bookworm" "main"\n',
  'deb http://a.example/deb"ian" book"worm" main\n',
  'deb http://a.example/de%62ian book%77orm main\n',
  'deb http://a.example/$(ARCH)/debian bookworm/$(ARCH)/\n',
  'deb http://a.example/debian ./\n',
];

const stanzas = [
  'Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n',
  'types: deb\nuris: http://a.example/debian\nSUITES: bookworm\nComponents: main\n',
  'Types: deb\r\nURIs: http://a.example/debian\r\nSuites: bookworm\r\nComponents: main\r\n\r\nTypes: deb\r\nURIs: http://b.example/debian\r\nSuites: sid\r\nComponents: main\r\n',
  'Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\n# comment\n sid\nComponents: main\n',
  'Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nSuites: sid\nComponents: main\n',
  'Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n   \nTypes: deb\nURIs: http://b.example/debian\nSuites: sid\nComponents: main\n',
  'Types: deb\nTargets: Packages\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n',
  'Types: deb\nURIs: http://a.example/de%62ian\n  http://b.example/debian\nSuites: bookworm sid\nComponents: main\nArchitectures-Remove: i386\n',
  'Types: deb\nEnabled: no\nURIs: http://a.example/debian\nSuites: sid\nComponents: main\n\nTypes: deb\nURIs: http://b.example/debian\nSuites: sid\nComponents: main\n',
];

test('the sources of an image are as apt reads them, in both forms', { skip }, async () => {
  for (const [name, texts] of [
    ['a.list', lines],
    ['a.sources', stanzas],
  ] as const) {
    for (const text of texts) {
      const expected = await askedByApt(name, text);
      assert.ok(expected !== undefined && expected.length > 0, text);
      // Sources of source packages are asked for nowhere here.
      const binary = expected.filter((uri) => !text.includes('deb-src') || uri.includes('b.'));
      assert.deepEqual(await askedByUs(name, text), binary, text);
    }
  }
});

test('what apt cannot read is unknown', { skip }, async () => {
  for (const [name, text] of [
    ['a.list', 'deb [arch=amd64]http://a.example/debian bookworm main\n'],
    ['a.list', 'deb "http://a.example/debian bookworm main\n'],
    ['a.list', 'deb [arch=amd64 http://a.example/debian bookworm main\n'],
    ['a.list', 'deb http://a.example/debian\n'],
    ['a.list', 'rpm http://a.example/debian bookworm main\n'],
    ['a.list', 'nonsense\n'],
    ['a.sources', 'Types: deb\nURIs: http://a.example/debian\nSuites\n'],
    ['a.sources', 'Types: deb\nURIs: http://a.example/debian\n\nSuites: bookworm\n'],
  ] as const) {
    assert.equal(await askedByApt(name, text), undefined, text);
    const path = `/etc/apt/sources.list.d/${name}`;
    assert.match(String(await askedByUs(name, text)), new RegExp(`^${path}:\\d `), text);
  }
});

test('a word that a field cannot hold is unknown', () => {
  for (const text of [
    'deb "http://a.example/de bian" bookworm main\n',
    'deb http://a.example/de%20bian bookworm main\n',
    'deb http://a.example/debian bookworm "main contrib"\n',
    'deb http://a.example/debian bookworm main%0aTrusted:%20yes\n',
  ]) {
    assert.deepEqual(readSources(new Map([['etc/apt/sources.list', Buffer.from(text)]])), {
      kind: 'unknown',
      reason: '/etc/apt/sources.list:1 is not a source that apt reads',
    });
  }
  const option = 'deb [arch=amd64%0aTrusted:%20yes] http://a.example/debian bookworm main\n';
  assert.deepEqual(readSources(new Map([['etc/apt/sources.list', Buffer.from(option)]])), {
    kind: 'unknown',
    reason: '/etc/apt/sources.list:1 has an option that is not known: arch',
  });
});

test('options of one line are the fields of a stanza', () => {
  const text = `deb [arch=amd64,i386 arch-=i386 arch+=arm64 target=Packages signed-by="/a.gpg" trusted=no] http://a.example/debian bookworm main\n`;
  assert.deepEqual(readSources(new Map([['etc/apt/sources.list', Buffer.from(text)]])), {
    kind: 'read',
    sources: [
      {
        uris: ['http://a.example/debian'],
        suites: ['bookworm'],
        components: ['main'],
        fields: new Map([
          ['architectures', 'amd64 i386'],
          ['architectures-remove', 'i386'],
          ['architectures-add', 'arm64'],
          ['targets', 'Packages'],
        ]),
        signedBy: { kind: 'named', names: ['/a.gpg'] },
      },
    ],
  });
});
