/** `check --format`: whole documents by their documented forms, and a hostile change that tries to garble them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../support/cli.js';
import { gitIn, gitRepository, noGit } from '../support/gitRepository.js';
import { plant } from '../support/plant.js';
import { scratchTree } from '../support/scratch.js';

const skip = { skip: noGit };
const block = (name: string, version = '1.0'): string =>
  `${name} (${version}) w; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n`;

const validate = new Ajv2020().compile(
  JSON.parse(readFileSync(join(root, 'doc/check.schema.json'), 'utf8')),
);

function documentOf(stdout: string) {
  const document = JSON.parse(stdout);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  return document as {
    readonly errors: number;
    readonly warnings: number;
    readonly findings: readonly { readonly fingerprint: string; readonly line?: number }[];
  };
}

const dockerfile = 'FROM debian:13.1\nRUN git clone https://a.example/a.git\n';

/** A repository whose trees are below `sub`, where the program runs: annotations need paths from its top. */
const small = scratchTree({
  'sub/config.yaml': 'registry: r.example\n',
  'sub/images/app/Dockerfile.template': dockerfile,
  'sub/images/app/changelog': block('app'),
  'sub/images/app/100% a,b:c.pem': '-----BEGIN PRIVATE KEY-----\nhunter2\n',
});

async function reported(format: string) {
  const cwd = small.at('sub');
  const words = ['check', '-c', 'config.yaml', '--format', format, 'images'];
  const { status, stdout, stderr } = await runCli(words, { cwd });
  assert.deepEqual([status, stderr], [1, '1 error, 1 warning\n']);
  assert.doesNotMatch(stdout, /hunter2/);
  return stdout;
}

const secretHint =
  'list it in .dockerignore, and mount it where it is needed: RUN --mount=type=secret';
const cloneHint = 'check out a commit: git checkout COMMIT; or clone a tag: --branch TAG';
const clone = 'git clone takes what the default branch is that day';

test('github, gitlab, sarif and json', skip, async () => {
  gitIn(small.path, 'init', '-q');
  assert.equal(
    await reported('github'),
    `::error file=sub/images/app/100%25 a%2Cb%3Ac.pem,title=generate-bake secret-in-context::a private key is in the context%0Ahint: ${secretHint}
::warning file=sub/images/app/Dockerfile.template,line=2,col=5,endColumn=8,title=generate-bake git-unpinned::${clone}%0Ahint: ${cloneHint}
`,
  );
  const document = documentOf(await reported('json'));
  const [secretPrint = '', clonePrint = ''] = document.findings.map(
    ({ fingerprint }) => fingerprint,
  );
  const secretFile = 'sub/images/app/100% a,b:c.pem';
  const template = 'sub/images/app/Dockerfile.template';
  assert.deepEqual(document, {
    schema: 1,
    images: 1,
    errors: 1,
    warnings: 1,
    findings: [
      {
        code: 'secret-in-context',
        level: 'error',
        message: 'a private key is in the context',
        hint: secretHint,
        file: secretFile,
        fingerprint: secretPrint,
      },
      {
        code: 'git-unpinned',
        level: 'warning',
        message: clone,
        hint: cloneHint,
        file: template,
        line: 2,
        column: 5,
        length: 3,
        fingerprint: clonePrint,
      },
    ],
  });
  assert.deepEqual(JSON.parse(await reported('gitlab')), [
    {
      description: `a private key is in the context [secret-in-context] (${secretHint})`,
      check_name: 'secret-in-context',
      fingerprint: secretPrint,
      severity: 'major',
      location: { path: secretFile, lines: { begin: 1 } },
    },
    {
      description: `${clone} [git-unpinned] (${cloneHint})`,
      check_name: 'git-unpinned',
      fingerprint: clonePrint,
      severity: 'minor',
      location: { path: template, lines: { begin: 2 } },
    },
  ]);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const base = (uri: string) => ({ uri, uriBaseId: '%SRCROOT%' });
  assert.deepEqual(JSON.parse(await reported('sarif')), {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'generate-bake',
            semanticVersion: version,
            rules: [
              { id: 'git-unpinned', defaultConfiguration: { level: 'warning' } },
              { id: 'secret-in-context', defaultConfiguration: { level: 'error' } },
            ],
          },
        },
        columnKind: 'utf16CodeUnits',
        results: [
          {
            ruleId: 'secret-in-context',
            ruleIndex: 1,
            level: 'error',
            message: { text: `a private key is in the context\nhint: ${secretHint}` },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: base('sub/images/app/100%25%20a%2Cb%3Ac.pem'),
                },
              },
            ],
            partialFingerprints: { 'generateBake/v1': secretPrint },
          },
          {
            ruleId: 'git-unpinned',
            ruleIndex: 0,
            level: 'warning',
            message: { text: `${clone}\nhint: ${cloneHint}` },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: base(template),
                  region: { startLine: 2, startColumn: 5, endColumn: 8 },
                },
              },
            ],
            partialFingerprints: { 'generateBake/v1': clonePrint },
          },
        ],
      },
    ],
  });

  // The same findings further down are the same.
  small.write({
    'sub/images/app/Dockerfile.template': dockerfile.replace('\n', '\n# A line.\n\n'),
  });
  const moved = documentOf(await reported('json'));
  assert.deepEqual(
    moved.findings.map(({ line, fingerprint }) => [line, fingerprint]),
    [
      [undefined, secretPrint],
      [4, clonePrint],
    ],
  );
});

test('what is wrong with the whole is in the document, too', async () => {
  const { path: cwd } = scratchTree({ 'config.yaml': 'registry: 1\n' });
  const words = ['check', '-c', 'config.yaml', '--format', 'github', '.'];
  const { status, stdout, stderr } = await runCli(words, { cwd });
  assert.deepEqual([status, stderr], [2, '']);
  assert.match(
    stdout,
    /^::error file=config\.yaml,line=1,col=11,endColumn=12,title=generate-bake config-type::[^\n]*\n$/,
  );
  const unknown = await runCli(['check', '--format', 'sarf'], { cwd });
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /sarif/);
});

const evil =
  '\n::error file=x,line=1::forged\r::warning::y %0A::z \u001b[31m##[error]\u202e{0} [a](https://evil.example)';

test(
  'a hostile change runs nothing, shows nothing from outside, and garbles no annotation',
  skip,
  async (t) => {
    const outside = scratchTree({ 'secret.txt': 'TOPSECRET=hunter2\n' });
    const ran = outside.at('ran');
    const run = `touch ${ran}`;
    const name = (text: string) => text.replaceAll('/', '_');
    const tree = gitRepository(t, {
      'config.yaml': `registry: "127.0.0.1:1"\nverify_command: ${run}\n"${'evil\\n::error::x'}": 1\n`,
      '.gitattributes': '* filter=evil diff=evil\n',
      [`images/${name(evil)}/Dockerfile.template`]: `# syntax=127.0.0.1:1/evil\nFROM debian\nCOPY . /\nRUN curl https://a.example/${evil}\n`,
      [`images/${name(evil)}/changelog`]: block('one'),
      [`images/${name(evil)}/id_rsa${name(evil)}.pem`]: '-----BEGIN PRIVATE KEY-----\nhunter2\n',
      [`images/${name(evil)}/id_rsa`]: 'hunter2',
      [`images/${name(evil)}/test.sh`]: `#!/bin/sh\n${run}\n`,
      'images/two/Dockerfile.template': `{{ ''.__class__ }}${evil}\n`,
      'images/two/changelog': block('two'),
      'images/three/Dockerfile.template': `{% include "../../../../${outside.path}/secret.txt" %}\n`,
      'images/three/changelog': block('three'),
      'images/four/changelog': block('four', '1.0::error::x%0A'),
      'images/four/Dockerfile.template': `FROM x\n`,
      'images/five/image.toml': `version = "1${evil.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\u001b', '\\u001b')}"\n`,
      'images/five/Dockerfile': 'FROM scratch\n',
    });
    const links = scratchTree();
    links.write({
      link: { symlink: outside.at('secret.txt') },
    });
    for (const [key, value] of [
      ['core.fsmonitor', run],
      ['core.hooksPath', 'images/one'],
      ['filter.evil.clean', run],
      ['diff.external', run],
    ] as const) {
      gitIn(tree, 'config', key, value);
    }
    plant(tree, {
      'images/six/changelog': block('six'),
      'images/six/Dockerfile.template': { to: outside.at('secret.txt') },
      'images/eight/changelog': block('eight'),
      'images/eight/Dockerfile.template': 'FROM debian\nCOPY . /\n',
      [`images/eight/${name(evil)}/id_rsa`]: 'hunter2',
      [`images/eight/${name(evil)}.pem`]: '-----BEGIN PRIVATE KEY-----\nhunter2\n',
      'images/seven/changelog': block('seven'),
      'images/seven/Dockerfile.template': 'FROM debian:13.1\nCOPY . /\n',
      'images/seven/server.pem': { to: '/proc/self/environ' },
    });

    const env = { ...process.env, REGISTRY_PASSWORD: 'hunter2' };
    const outputs = new Map<string, string>();
    for (const format of ['text', 'json', 'sarif', 'github', 'gitlab']) {
      const words = ['check', '-c', 'config.yaml', '--format', format, 'images'];
      const { status, stdout, stderr } = await runCli(words, { cwd: tree, env });
      assert.equal(status, 1, stderr);
      const all = stdout + stderr;
      assert.doesNotMatch(all, /hunter2|TOPSECRET/);
      assert.doesNotMatch(all, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      assert.equal(existsSync(ran), false, format);
      outputs.set(format, stdout);
    }
    const { findings, errors, warnings } = documentOf(outputs.get('json') ?? '');
    assert.equal(findings.length, errors + warnings);
    assert.ok(findings.length >= 12, JSON.stringify(findings));
    const lines = (outputs.get('github') ?? '').split('\n');
    assert.equal(lines.pop(), '');
    // One command for each finding, whose properties and text have nothing that would end them.
    for (const line of lines) {
      assert.match(
        line,
        /^::(?:error|warning) (?:(?:file|line|col|endColumn)=[^:,]*,)*title=[^:,]*::[^\r\n]*$/,
      );
    }
    assert.equal(lines.length, findings.length);
    assert.equal(JSON.parse(outputs.get('gitlab') ?? '').length, findings.length);
    const { runs } = JSON.parse(outputs.get('sarif') ?? '') as {
      readonly runs: readonly {
        readonly results: readonly { readonly message: { readonly text: string } }[];
      }[];
    };
    const results = runs[0]?.results ?? [];
    assert.equal(results.length, findings.length);
    for (const { message } of results) {
      assert.doesNotMatch(message.text.replaceAll(/\\[\\[\]]|\{\{|\}\}/g, ''), /[[\]{}]/);
    }
  },
);
