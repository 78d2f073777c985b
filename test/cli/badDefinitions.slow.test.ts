/** Definitions that are wrong: a clear error of the real command line, and nothing lost. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli.js';
import { lines } from '../support/explain.js';
import { type RunOptions, run } from '../support/process.js';
import { changelogOf, imageFiles, refused, sound } from '../support/refused.js';
import { scratchTree } from '../support/scratch.js';

test('a template without changelog and the reverse: warnings, the rest is planned', async () => {
  const tree = scratchTree({
    ...sound,
    'images/a/Dockerfile.template': 'FROM scratch\n',
    'images/b/changelog': changelogOf('b'),
  });
  const done = await runCli(['plan', 'images'], { cwd: tree.path });
  assert.equal(
    done.stderr,
    lines(`
      images/a: warning: ignored: it has a Dockerfile.template but no changelog [changelog-missing]
        hint: add a changelog, or remove the Dockerfile.template
      images/b: warning: ignored: it has a changelog but no Dockerfile.template [template-missing]
        hint: add a Dockerfile.template, or remove the changelog
      2 warnings
    `),
  );
  assert.equal(done.status, 0);
  const { target } = JSON.parse(done.stdout) as { target: object };
  assert.deepEqual(Object.keys(target), ['good']);
});

test('an empty changelog', () =>
  refused(
    { ...sound, ...imageFiles('e', 'FROM debian\n', { changelog: '' }) },
    lines(`
      images/e/changelog:1:1: error: the changelog has no block, so the image has no name and no version [changelog-empty]
          1 |${' '}
            | ^
        hint: start it with a line such as "name (1.2.3-1) wikimedia; urgency=medium", indented changes, and " -- Name <name@example.org>  Sun, 16 Aug 2026 06:00:34 +0000"
    `).replace('1 |\n', '1 | \n'),
  ));

test('malformed changelogs', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM debian\n', { changelog: 'hello world\n' }),
      ...imageFiles('b', 'FROM debian\n', {
        changelog: '\nb 1.0 unstable; urgency=low\n\n  * x\n',
      }),
      ...imageFiles('c', 'FROM debian\n', {
        changelog: `c (2) unstable; urgency=low\n\n  * x\n\n${changelogOf('c')}`,
      }),
    },
    lines(`
      images/a/changelog:1:1: error: the changelog's first line has no version in parentheses [changelog-heading]
          1 | hello world
            | ^^^^^^^^^^^
        hint: a changelog starts with a line such as: name (1.2.3-1) wikimedia; urgency=medium
      images/b/changelog:2:1: error: the changelog's first line has no version in parentheses [changelog-heading]
          2 | b 1.0 unstable; urgency=low
            | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: a changelog starts with a line such as: name (1.2.3-1) wikimedia; urgency=medium
      images/c/changelog:5:1: warning: the next block starts before the newest block has its trailer [changelog-trailer]
          5 | c (1) unstable; urgency=low
            | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: close the block with a line such as:  -- Name <name@example.org>  Sun, 16 Aug 2026 06:00:34 +0000
      2 errors, 1 warning
    `),
  ));

test('versions that are no legal tags: which character, and why', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM debian\n', { changelog: changelogOf('a', '1:2.0-1') }),
      ...imageFiles('b', 'FROM debian\n', { changelog: changelogOf('b', '2.0~rc1') }),
      ...imageFiles('c', 'FROM debian\n', { changelog: changelogOf('c', '2.0+git') }),
    },
    lines(`
      images/a/changelog:1:5: error: "1:2.0-1" is not a valid tag: it contains ":", which ends a Debian epoch [version-illegal]
          1 | a (1:2.0-1) unstable; urgency=low
            |     ^
        hint: a tag is made of letters, digits, "_", "." and "-", and begins with none of ".-"
      images/b/changelog:1:7: error: "2.0~rc1" is not a valid tag: it contains "~", which Debian sorts before the end of a version [version-illegal]
          1 | b (2.0~rc1) unstable; urgency=low
            |       ^
        hint: a tag is made of letters, digits, "_", "." and "-", and begins with none of ".-"
      images/c/changelog:1:7: error: "2.0+git" is not a valid tag: it contains "+", which Debian versions use for what is added to a release [version-illegal]
          1 | c (2.0+git) unstable; urgency=low
            |       ^
        hint: a tag is made of letters, digits, "_", "." and "-", and begins with none of ".-"
      3 errors
    `),
  ));

test('two images of one reference', () =>
  refused(
    { ...sound, ...imageFiles('more', 'FROM debian\n', { changelog: changelogOf('good') }) },
    lines(`
      images/more/changelog:1:1: error: images/good and images/more are both named r.example/good:1 [duplicate-image]
          1 | good (1) unstable; urgency=low
            | ^^^^
        hint: rename one of them in its changelog, or remove one of the directories
        images/good/changelog:1:1: the other definition
            1 | good (1) unstable; urgency=low
              | ^^^^
    `),
  ));

test('two targets of one tag: what Docker takes for the same name', () =>
  refused(
    {
      'a.yaml': 'registry: docker.io\nnamespace: library\n',
      'b.yaml': 'registry: ""\n',
      'generate-bake.toml':
        '[[tree]]\ndirectory = "images"\nconfig = "a.yaml"\n\n[[tree]]\ndirectory = "more"\nconfig = "b.yaml"\n',
      ...imageFiles('good', 'FROM debian\n'),
      'more/good/changelog': changelogOf('good'),
      'more/good/Dockerfile.template': 'FROM debian\n',
    },
    lines(`
      more/good/changelog:1:1: error: images/good and more/good are both named good [duplicate-image]
          1 | good (1) unstable; urgency=low
            | ^^^^
        hint: rename one of them in its changelog, or remove one of the directories
        images/good/changelog:1:1: the other definition
            1 | good (1) unstable; urgency=low
              | ^^^^
    `),
    [],
  ));

test('an image in image_tag that nobody knows', () =>
  refused(
    {
      ...sound,
      ...imageFiles('e', 'FROM debian\nCOPY --from={{ "goood" | image_tag }} /a /b\n'),
    },
    lines(`
      images/e/Dockerfile.template:2:26: error: ValueError: Image r.example/goood not found, or it has no tag; did you mean "good"? [template]
          2 | COPY --from={{ "goood" | image_tag }} /a /b
            |                          ^
    `),
  ));

test('rendered Dockerfiles that hold nothing', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', '{# nothing #}\n'),
      ...imageFiles('b', ''),
      ...imageFiles('c', '# nothing\n'),
    },
    lines(`
      images/a/Dockerfile.template: error: the Dockerfile has no instructions [dockerfile-empty]
        hint: begin it with FROM and the image to build on, or FROM scratch
      images/b/Dockerfile.template: error: the Dockerfile has no instructions [dockerfile-empty]
        hint: begin it with FROM and the image to build on, or FROM scratch
      images/c/Dockerfile.template:1:1: error: the Dockerfile has no instructions [dockerfile-empty]
          1 | # nothing
            | ^
        hint: begin it with FROM and the image to build on, or FROM scratch
      3 errors
    `),
  ));

test('Dockerfiles that do not parse', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'RUN x\nFROM\nRNU y\n'),
      ...imageFiles('b', 'FROM debian\nRUN <<EOT\nnever closed\n'),
      // That its FROM is missing follows from the first error.
      ...imageFiles('c', 'FRM debian\nRUN x\nUSER 1\n'),
    },
    lines(`
      images/a/Dockerfile.template:1:1: error: RUN is before the first FROM [dockerfile-no-from]
          1 | RUN x
            | ^^^
        hint: only ARG can: begin the Dockerfile with FROM and the image to build on
      images/a/Dockerfile.template:2:1: error: FROM takes an image, or an image, AS and a name, not "" [dockerfile-from]
          2 | FROM
            | ^^^^
      images/a/Dockerfile.template:3:1: error: "RNU" is not an instruction of a Dockerfile [dockerfile-unknown-instruction]
          3 | RNU y
            | ^^^
        hint: did you mean "RUN" or "ENV"?
      images/b/Dockerfile.template:2:5: error: the heredoc EOT is not closed [dockerfile-heredoc]
          2 | RUN <<EOT
            |     ^^
        hint: end it with a line that has only EOT
      images/c/Dockerfile.template:1:1: error: "FRM" is not an instruction of a Dockerfile [dockerfile-unknown-instruction]
          1 | FRM debian
            | ^^^
        hint: did you mean "FROM" or "ARG"?
      5 errors
    `),
  ));

test('templates that do not render', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM {{ regsitry }}/x\n'),
      ...imageFiles('b', 'FROM debian\n{% if x %}\n'),
    },
    lines(`
      images/a/Dockerfile.template:1:9: error: UndefinedError: 'regsitry' is undefined [template]
          1 | FROM {{ regsitry }}/x
            |         ^
        hint: did you mean "registry"?
      images/b/Dockerfile.template:2:9: error: TemplateSyntaxError: Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'. [template]
          2 | {% if x %}
            |         ^
        hint: 'if' is opened on line 2
      2 errors
    `),
  ));

test('a context key equal to the name of a stage', () =>
  refused(
    {
      ...sound,
      'config.yaml': 'registry: ""\n',
      ...imageFiles('e', 'FROM good\nRUN z\nFROM debian AS good\nRUN y\nCOPY --from=0 / /\n', {
        control: 'Depends: good\n',
      }),
    },
    lines(`
      images/e/Dockerfile.template:1:6: error: a stage is named good, like the image it would be linked to [stage-named-like-image]
          1 | FROM good
            |      ^^^^
        hint: rename the stage: BuildKit would use the image instead of it
    `),
  ));

test('a parent without a filesystem layer', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM scratch\nLABEL x=y\nENV a=b\n'),
      ...imageFiles('b', 'FROM {{ "a" | image_tag }}\nCOPY x /\n', { control: 'Depends: a\n' }),
    },
    lines(`
      images/b/Dockerfile.template:1:1: error: r.example/a:1 has no filesystem layer, and BuildKit cannot link to such an image [parent-without-layers]
          1 | FROM {{ "a" | image_tag }}
            | ^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: COPY or ADD at least one file in it
    `),
  ));

test('a cycle: the whole chain, each link with its file and line', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM {{ "b" | image_tag }}\n', { control: 'Depends: b\n' }),
      ...imageFiles('b', 'FROM {{ "c" | image_tag }}\n', { control: 'Depends: c\n' }),
      ...imageFiles('c', 'FROM debian\nCOPY --from=r.example/a / /\n', { control: 'Depends: a\n' }),
    },
    lines(`
      images/a/Dockerfile.template:1:1: error: dependency cycle: r.example/a:1 → r.example/b:1 → r.example/c:1 → r.example/a:1 [cycle]
          1 | FROM {{ "b" | image_tag }}
            | ^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: remove one of these links: an image cannot be built on itself
        images/a/Dockerfile.template:1:1: r.example/a:1 needs r.example/b:1
            1 | FROM {{ "b" | image_tag }}
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^
        images/b/Dockerfile.template:1:1: r.example/b:1 needs r.example/c:1
            1 | FROM {{ "c" | image_tag }}
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^
        images/c/Dockerfile.template:2:13: r.example/c:1 needs r.example/a:1
            2 | COPY --from=r.example/a / /
              |             ^^^^^^^^^^^
    `),
  ));

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('text that is not UTF-8, wherever it stands', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', latin1('FROM debian\nRUN echo café\n')),
      ...imageFiles('b', 'FROM debian\n', { changelog: latin1(changelogOf('é')) }),
      ...imageFiles('c', 'FROM debian\n', {
        control: latin1('Package: c\nSection: x\nMaintainer: é\n'),
      }),
    },
    lines(`
      images/a/Dockerfile.template:2:13: error: byte 0xe9 (number 25 of the file) is not UTF-8 [not-utf8]
          2 | RUN echo caf\ufffd
            |             ^
        hint: save the file as UTF-8, for example: iconv -f latin1 -t utf-8 images/a/Dockerfile.template
      images/b/changelog:1:1: error: byte 0xe9 (number 1 of the file) is not UTF-8 [not-utf8]
          1 | \ufffd (1) unstable; urgency=low
            | ^
        hint: save the file as UTF-8, for example: iconv -f latin1 -t utf-8 images/b/changelog
      images/c/control:3:13: warning: byte 0xe9 (number 35 of the file) is not UTF-8 [not-utf8]
          3 | Maintainer: \ufffd
            |             ^
        hint: save the file as UTF-8, for example: iconv -f latin1 -t utf-8 images/c/control
      2 errors, 1 warning
    `),
  ));

test('text that is not NFC: a Dockerfile goes to a file as it is, a directory is refused', async () => {
  const dockerfile = 'FROM debian\nRUN echo cafe\u0301';
  const tree = scratchTree({ ...sound, ...imageFiles('e', `${dockerfile}\n`) });
  const done = await runCli(['plan', '--select', 'e', 'images'], { cwd: tree.path });
  assert.deepEqual([done.stderr, done.status], ['', 0]);
  const { target } = JSON.parse(done.stdout) as { target: { e: { dockerfile: string } } };
  const path = target.e.dockerfile.replace(/^cwd:\/\//, '');
  assert.equal(readFileSync(tree.at(path), 'utf8'), dockerfile);

  await refused(
    { ...sound, ...imageFiles('cafe\u0301', 'FROM debian\n', { changelog: changelogOf('e') }) },
    lines(`
      images/cafe\u0301/changelog:1:1: error: the directory "images/cafe\u0301" of r.example/e:1 is not in Unicode normalisation form C, and bake would change it [unrepresentable]
          1 | e (1) unstable; urgency=low
            | ^
        hint: write it in normalisation form C (rename the directory, retype the value)
    `),
  );
});

/** As root, without root's right to read everything. */
function runUnprivileged(args: readonly string[], options: RunOptions): ReturnType<typeof runCli> {
  if (process.getuid?.() !== 0) {
    return runCli(args, options);
  }
  const caps = '-dac_override,-dac_read_search';
  const bin = new URL('../../bin/generate-bake.js', import.meta.url).pathname;
  const words = [`--inh-caps=${caps}`, `--bounding-set=${caps}`, process.execPath, bin];
  return run('setpriv', [...words, ...args], options);
}

test('files that cannot be read, of a definition and of a context', async () => {
  const locked = { text: 'x\n', mode: 0 };
  await refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM debian\n', { 'Dockerfile.template': locked }),
      ...imageFiles('b', 'FROM debian\n', { control: locked }),
      ...imageFiles('c', 'FROM debian\n', { changelog: locked }),
    },
    lines(`
      images/a/Dockerfile.template: error: the file cannot be accessed: permission denied [file-unreadable]
        hint: make it readable
      images/b/control: error: the file cannot be accessed: permission denied [file-unreadable]
        hint: make it readable
      images/c/changelog: error: the file cannot be accessed: permission denied [file-unreadable]
        hint: make it readable
      3 errors
    `),
    ['images'],
    runUnprivileged,
  );
  await refused(
    { ...sound, ...imageFiles('a', 'FROM debian\nCOPY . /\n', { 'data/secret': locked }) },
    lines(`
      images/a/data/secret: error: the file cannot be accessed: permission denied [unreadable]
        hint: make it readable
    `),
    ['images'],
    runUnprivileged,
  );
});

test('a directory that cannot be read', async () => {
  const tree = scratchTree({ ...sound, 'images/c/': '' });
  chmodSync(tree.at('images/c'), 0);
  const done = await runUnprivileged(['plan', '--strict', 'images'], { cwd: tree.path });
  chmodSync(tree.at('images/c'), 0o755);
  const stderr = lines(`
    images/c: error: the directory cannot be accessed: permission denied [directory-unreadable]
      hint: make it readable, or move it out of the tree
  `);
  assert.deepEqual(done, { stdout: '', stderr, status: 2 });
});

test('symlinks to nothing', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM debian\n', { control: { symlink: 'nowhere' } }),
      ...imageFiles('b', 'FROM debian\n', { 'Dockerfile.template': { symlink: '../nowhere' } }),
    },
    lines(`
      images/a/control: error: the file is a broken symbolic link [file-unreadable]
        hint: make the link point to a file, or remove it
      images/b/Dockerfile.template: error: the file is a broken symbolic link [file-unreadable]
        hint: make the link point to a file, or remove it
      2 errors
    `),
  ));

test('symlinks to nothing in a context', () =>
  refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM debian\nCOPY . /\n', {
        data: { symlink: '/nowhere/at/all' },
        more: { symlink: 'nowhere' },
      }),
    },
    lines(`
      images/a/data: error: the symlink points to /nowhere/at/all, which does not exist [broken-symlink]
        hint: fix or remove the link, or list it in .dockerignore
      images/a/more: error: the symlink points to nowhere, which does not exist [broken-symlink]
        hint: fix or remove the link, or list it in .dockerignore
      2 errors
    `),
  ));

test('symlinks that lead back to themselves', async () => {
  await refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM debian\n', {
        'Dockerfile.template': { symlink: 'Dockerfile.template' },
      }),
    },
    lines(`
      images/a/Dockerfile.template: error: the file is a symbolic link that points back to itself [file-unreadable]
        hint: make the link point to a file
    `),
  );
  await refused(
    {
      ...sound,
      ...imageFiles('a', 'FROM debian\nCOPY . /\n', {
        here: { symlink: 'there' },
        there: { symlink: 'here' },
        up: { symlink: '..' },
      }),
    },
    lines(`
      images/a/here: error: the symlink points back to itself [symlink-loop]
        hint: fix or remove the link, or list it in .dockerignore
      images/a/there: error: the symlink points back to itself [symlink-loop]
        hint: fix or remove the link, or list it in .dockerignore
      images/a/up: error: the symlink points to .., a directory that contains the link [symlink-loop]
        hint: fix or remove the link, or list it in .dockerignore
      3 errors
    `),
  );
});
