/** `references`: whole outputs of the real command line. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root, runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { gitIn } from '../support/gitRepository.js';
import { imagesAndCharts } from '../support/references.js';

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(join(root, 'doc/references.schema.json'), 'utf8')),
);

const charts = {
  'api/values.yaml': 'main:\n  image: api\n  version: 2-1 # pinned\nsidecar: golang:latest\n',
  'api/templates/deploy.yaml': 'image: "{{ .Values.registry }}/api:{{ .Values.main.version }}"\n',
  Dockerfile: 'FROM r.example/golang:1.2-1\n# FROM r.example/golang:1.2-2\n',
  'compose.yaml':
    'services:\n  a: {image: "r.example/golang:1.2-1"}\n  b: {image: r.example/apo:1}\n',
  'other.txt': 'r.example/istio/build:1 other.example/api:1\n',
};

test('a row for each version that is used, and a line about the whole', async () => {
  const tree = imagesAndCharts(charts);
  const at = { cwd: tree.at('images') };
  const { stdout, stderr, status } = await runCli(['references', '../charts'], at);
  assert.equal(
    stdout.replace(/ +/g, ' '),
    lines(`
      IMAGE USED CURRENT BEHIND WHERE
      r.example/api 2-1 2.10 1 version ../charts/api/values.yaml:2
      r.example/api (template) 2.10 templated ../charts/api/templates/deploy.yaml:1
      r.example/golang 1.2-1 1.2-3 2 versions ../charts/Dockerfile:1 and 1 more
      r.example/golang latest 1.2-3 not pinned ? ../charts/api/values.yaml:4
      r.example/istio/build 1 1 current ../charts/other.txt:1
      r.example/apo 1 - not defined here; did you mean "api"? ../charts/compose.yaml:3
    `),
  );
  assert.equal(status, 0);
  assert.equal(
    stderr,
    lines(`
      1 reference names an image of the trees in another registry: other.example; if it is the same one, write registry_aliases into the workspace file
      7 references to 3 images in 5 files: 3 behind, 1 current, 1 not pinned, 1 templated, 1 not defined here; 1 in comments, which do not count
      ?: 1 of them without a registry, and of no version that is known: an image from elsewhere may be meant
    `),
  );
});

interface Document {
  readonly references: readonly {
    readonly state: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
  }[];
}

async function json(cwd: string, ...args: string[]): Promise<Document> {
  const { stdout, stderr, status } = await runCli(['references', '--json', ...args], { cwd });
  assert.equal(status, 0, stderr);
  const document: Document = JSON.parse(stdout);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  return document;
}

test('--json has every place; selections, --behind, --all and --exit-code', async () => {
  const tree = imagesAndCharts(charts);
  const cwd = tree.at('images');
  const whole = await json(cwd, '../charts');
  assert.equal(whole.references.length, 8);
  for (const { file, line, column, state } of whole.references) {
    const text = readFileSync(join(cwd, file), 'utf8').split('\n')[line - 1] ?? '';
    assert.match(
      text.slice(column - 1),
      /^(?:r\.example\/|other\.example\/)?(?:golang|ap[io]|istio)/,
      state,
    );
  }
  const golang = await json(cwd, '../charts', '--select', 'golang');
  assert.deepEqual(
    golang.references.map(({ state }) => state),
    ['behind', 'moving', 'behind'],
  );
  const behind = await json(cwd, '../charts', '--behind', '--exclude', 'golang');
  assert.deepEqual(
    behind.references.map(({ file, line }) => `${file}:${line}`),
    ['../charts/api/values.yaml:2'],
  );
  const rows = await runCli(['references', '--all', '--behind', '--exit-code', '../charts'], {
    cwd,
  });
  assert.equal(rows.stdout.match(/r\.example\/golang .* 2 versions/g)?.length, 2);
  assert.equal(rows.status, 1);
  const current = await runCli(['references', '--exit-code', '../charts/other.txt'], { cwd });
  assert.equal(current.status, 0);
  const none = await runCli(['references', '../charts/Dockerfile', '--select', 'base'], { cwd });
  assert.deepEqual([none.status, none.stdout], [0, '']);
  assert.match(none.stderr, /^no references to these images in 1 file; 1 in comments/m);
});

test('trees of docker-pkg are named with --tree', async () => {
  const tree = imagesAndCharts(charts);
  const args = ['references', '-c', 'config.yaml', '--tree', 'images', '../charts/Dockerfile'];
  const { stdout, status, stderr } = await runCli(args, { cwd: tree.at('images') });
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^r\.example\/golang +1\.2-1 +1\.2-3 +2 versions +\.\.\/charts\/Dockerfile:1$/m,
  );
});

test('which files are searched: what git ignores, links, binaries and node_modules are not', async () => {
  const reference = 'r.example/golang:1.2-1\n';
  const tree = imagesAndCharts({
    'a.txt': reference,
    'new.txt': reference,
    'ignored.txt': reference,
    '.gitignore': 'ignored.txt\n',
    'node_modules/x.txt': reference,
    'bin.dat': `\0${reference}`,
    'utf16.txt': Buffer.from(reference, 'utf16le'),
    'latin1.txt': Buffer.concat([Buffer.from([0xe9, 0x20]), Buffer.from(reference)]),
    'crlf.txt': `x\r\n\t${reference.trim()}\r\n`,
    'link.txt': { symlink: 'a.txt' },
    linked: { symlink: '/' },
    'x\u001b[2J.txt': reference,
  });
  const cwd = tree.at('images');
  const shown = async (...paths: string[]) =>
    (await json(cwd, ...paths)).references.map(
      ({ file, line, column }) => `${file.replace('../charts/', '')}:${line}:${column}`,
    );
  const outside = [
    'a.txt:1:1',
    'crlf.txt:2:2',
    'ignored.txt:1:1',
    'latin1.txt:1:3',
    'new.txt:1:1',
    'x\u001b[2J.txt:1:1',
  ];
  assert.deepEqual(await shown('../charts'), outside);
  gitIn(tree.at('charts'), 'init', '--quiet');
  gitIn(tree.at('charts'), 'add', 'a.txt', '.gitignore', 'link.txt', 'linked');
  assert.deepEqual(
    await shown('../charts'),
    outside.filter((file) => !file.startsWith('ignored')),
  );
  // What is named is searched, once.
  assert.deepEqual(await shown('../charts/ignored.txt', '../charts/../charts/ignored.txt'), [
    'ignored.txt:1:1',
  ]);
  assert.deepEqual(await shown('../charts/link.txt'), ['a.txt:1:1']);
  const table = await runCli(['references', '../charts'], { cwd });
  assert.ok(!table.stdout.includes('\u001b'));
  assert.match(table.stdout, /\\x1b\[2J\.txt|and \d more/);
});

test('paths that are not there, what cannot be read, and bad command lines', async () => {
  const tree = imagesAndCharts({
    'a.txt': 'r.example/golang:1.2-1\n',
    'large.txt': 'x'.repeat(17 * 1024 * 1024),
  });
  const cwd = tree.at('images');
  const missing = await runCli(['references', 'nowhere', '../charts/a.txt'], { cwd });
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /^nowhere: error: nowhere does not exist \[references-path\]$/m);
  assert.match(missing.stdout, /golang/);
  const large = await runCli(['references', '../charts'], { cwd });
  assert.equal(large.status, 0);
  assert.match(
    large.stderr,
    /^\.\.\/charts\/large\.txt is not searched: it is too large: more than 16 MiB$/m,
  );
  if (process.getuid?.() !== 0) {
    chmodSync(tree.at('charts', 'a.txt'), 0);
    const unreadable = await runCli(['references', '../charts'], { cwd });
    assert.equal(unreadable.status, 2);
  }
  const usage: readonly (readonly [string[], RegExp])[] = [
    [['references'], /missing required argument/],
    [['references', ''], /empty PATH argument/],
    [['references', '.', '--dry-run'], /--dry-run needs --apply/],
    [['references', '.', '--json', '--apply'], /cannot be used with/],
  ];
  for (const [args, message] of usage) {
    const { status, stderr, stdout } = await runCli(args, { cwd });
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, message);
  }
});
