import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDockerfile } from '#formats/dockerfile/read.js';

const bases = (text: string) => readDockerfile(text).stages.map((stage) => stage.base.text);
const codes = (text: string) =>
  readDockerfile(text).problems.map(
    ({ severity, code, span }) => `${severity} ${code} ${span.line}:${span.column}`,
  );

test('a stage: its base, name, sources, user and places', () => {
  const text = [
    'ARG TAG=1',
    'FROM --platform=linux/amd64 debian:$TAG AS Build',
    'USER root',
    'COPY --chown=0:0 --from=other /a /b',
    'RUN --mount=type=cache,target=/c \\',
    '    --mount=type=bind,from=r.example/x:1,target=/m make',
    'USER 1000:1000',
  ].join('\n');
  const { args, stages, problems } = readDockerfile(text);
  assert.deepEqual(problems, []);
  assert.deepEqual(args, [{ name: 'TAG', default: '1', span: { line: 1, column: 5, length: 5 } }]);
  assert.deepEqual(stages, [
    {
      base: { text: 'debian:$TAG', span: { line: 2, column: 29, length: 11 } },
      platform: 'linux/amd64',
      name: 'build',
      sources: [
        { kind: 'copy', from: { text: 'other', span: { line: 4, column: 25, length: 5 } } },
        // A mount without from= is scratch.
        {
          kind: 'mount',
          from: { text: 'scratch', span: { line: 5, column: 5, length: 28 } },
        },
        {
          kind: 'mount',
          from: { text: 'r.example/x:1', span: { line: 6, column: 28, length: 13 } },
        },
      ],
      triggers: [],
      user: { text: '1000:1000', span: { line: 7, column: 6, length: 9 } },
      makesLayers: true,
    },
  ]);
});

test('ONBUILD links in children, not here', () => {
  const text =
    'FROM a\nONBUILD COPY --from=b / /\nONBUILD run --mount=from=c,target=/m x\nONBUILD USER 1\n';
  const [stage] = readDockerfile(text).stages;
  assert.deepEqual(stage?.sources, []);
  assert.equal(stage?.makesLayers, false);
  assert.deepEqual(
    stage?.triggers.map(({ sources, makesLayers }) => [makesLayers, sources.map((s) => s.from)]),
    [
      [true, [{ text: 'b', span: { line: 2, column: 21, length: 1 } }]],
      [true, [{ text: 'c', span: { line: 3, column: 26, length: 1 } }]],
    ],
  );
});

test('directives', () => {
  const syntax = readDockerfile('# syntax = docker/dockerfile:1.7\nFROM a').syntax;
  assert.deepEqual(syntax, {
    text: 'docker/dockerfile:1.7',
    span: { line: 1, column: 12, length: 21 },
  });
  const escaped = readDockerfile('# ESCAPE=`\nFROM a\nRUN x `\n  COPY --from=b / /\n');
  assert.equal(escaped.escape, '`');
  assert.deepEqual(escaped.stages[0]?.sources, []);
  // A comment or an empty line ends the directives.
  assert.equal(readDockerfile('# hello\n# escape=`\nFROM a').escape, '\\');
  assert.equal(readDockerfile('\n# escape=`\nFROM a').escape, '\\');
  assert.deepEqual(codes('# escape=x\nFROM a'), ['error dockerfile-directive 1:10']);
  assert.deepEqual(codes('# escape= \nFROM a'), ['error dockerfile-directive 1:10']);
  assert.deepEqual(codes('# escape=\nFROM a'), []);
  assert.deepEqual(codes('# check=a\n# check=b\nFROM a'), ['error dockerfile-directive 2:9']);
});

test('behind a shebang the frontend is found, and nothing that the parser itself keeps to', () => {
  const behind = (...lines: string[]) => readDockerfile([...lines, 'FROM a', ''].join('\n'));
  assert.deepEqual(behind('#!/usr/bin/env x', '# syntax=b').syntax, {
    text: 'b',
    span: { line: 2, column: 10, length: 1 },
  });
  assert.equal(behind('\ufeff#!\r', '#syntax=b\r').syntax?.text, 'b');
  assert.equal(behind('#!x', '# escape=`', '# syntax=b', '# syntax=c').syntax?.text, 'b');
  assert.equal(behind('#!x', '# escape=`').escape, '\\');
  assert.deepEqual(codes('#!x\n# escape=y\n# check=a\n# check=b\nFROM a'), []);
  // Only the first line is one.
  assert.equal(behind('#!x', '#!y', '# syntax=b').syntax, undefined);
  assert.equal(behind('', '#!x', '# syntax=b').syntax, undefined);
  assert.equal(behind(' #!x', '# syntax=b').syntax, undefined);
});

test('continued lines skip comments and empty lines, and stop at a doubled escape character', () => {
  assert.deepEqual(bases('FR\\\nOM \\\n# FROM x\n\n  a\nFROM b'), ['a', 'b']);
  assert.deepEqual(bases('FROM a\nRUN x \\\n  # FROM x \\\n  y\nFROM b'), ['a', 'b']);
  assert.deepEqual(bases('FROM a\nRUN x \\  \n  FROM b'), ['a']);
  assert.deepEqual(bases('FROM a\r\nRUN x \\\r\n  FROM b\r\nFROM c\r\n'), ['a', 'c']);
  assert.deepEqual(bases('FROM a\nRUN x \\\\\nFROM b'), ['a', 'b']);
  assert.deepEqual(bases('FROM a\nRUN x \\'), ['a']);
  assert.deepEqual(bases('\ufeffFROM a'), ['a']);
});

test('heredocs are read over', () => {
  const file = (open: string, ...lines: string[]) => bases(['FROM a', open, ...lines].join('\n'));
  assert.deepEqual(file('RUN <<EOT', 'FROM b', 'EOT', 'FROM c'), ['a', 'c']);
  assert.deepEqual(file("COPY <<'A' <<-B /d/", 'FROM b', 'A', 'FROM c', '\tB', 'FROM d'), [
    'a',
    'd',
  ]);
  assert.deepEqual(file('RUN x \\', '  <<EOT', 'FROM b', 'EOT'), ['a']);
  assert.deepEqual(file('RUN x <\\', '<EOT', 'FROM b', 'EOT'), ['a']);
  assert.deepEqual(file('ONBUILD RUN <<EOT', 'FROM b', 'EOT'), ['a']);
  // None of these opens one.
  assert.deepEqual(file('RUN ["cat", "<<EOT"]', 'FROM b'), ['a', 'b']);
  assert.deepEqual(file('RUN echo "<<EOT"', 'FROM b'), ['a', 'b']);
  assert.deepEqual(file('RUN echo $((1<<3))', 'FROM b'), ['a', 'b']);
  assert.deepEqual(file('CMD cat <<EOT', 'FROM b'), ['a', 'b']);
});

const problems: readonly (readonly [what: string, text: string, ...expected: string[]])[] = [
  ['empty', '', 'error dockerfile-empty 1:1'],
  ['only comments', '# FROM a\n\n', 'error dockerfile-empty 1:1'],
  ['only ARG', 'ARG A=1\n', 'error dockerfile-no-from 1:1'],
  ['an instruction before FROM, told once', 'RUN x\nRUN y\nFROM a', 'error dockerfile-no-from 1:1'],
  ['unknown instruction', 'FROM a\n  COPPY a b', 'error dockerfile-unknown-instruction 2:3'],
  [
    'a text of something else, told once',
    'some\nother\ntext\n',
    'error dockerfile-unknown-instruction 1:1',
    'error dockerfile-no-from 1:1',
  ],
  ['a template', '{{ x }}\nFROM a\n{{ y }}', 'error dockerfile-unknown-instruction 1:1'],
  [
    'a slip at the start, and one later',
    'FRMO a\nRNU y',
    'error dockerfile-unknown-instruction 1:1',
    'error dockerfile-unknown-instruction 2:1',
  ],
  [
    'unknown in a trigger',
    'FROM a\nONBUILD COPPY a b',
    'warning dockerfile-unknown-instruction 2:9',
  ],
  ['chained ONBUILD', 'FROM a\nONBUILD ONBUILD RUN x', 'error dockerfile-onbuild 2:1'],
  ['FROM without image', 'FROM', 'error dockerfile-from 1:1'],
  ['FROM with too much', 'FROM a b', 'error dockerfile-from 1:6'],
  ['stage name', 'FROM a AS 1st', 'error dockerfile-stage-name 1:11'],
  ['stage name that no context has', 'FROM a AS b.', 'error dockerfile-stage-name 1:11'],
  ['variable in --from', 'FROM a\nCOPY --from=$B / /', 'error dockerfile-from-variable 2:13'],
  [
    'variable in mount',
    'FROM a\nRUN --mount=from=$B,target=/m x',
    'error dockerfile-from-variable 2:18',
  ],
  ['flag twice', 'FROM a\nCOPY --from=b --from=c / /', 'error dockerfile-flag 2:15'],
  ['flag without value', 'FROM a\nCOPY --from / /', 'error dockerfile-flag 2:6'],
  ['boolean flag', 'FROM a\nCOPY --link=maybe / /', 'error dockerfile-flag 2:6'],
  ['unknown flag', 'FROM a\nCOPY --form=b / /', 'warning dockerfile-unknown-flag 2:6'],
  ['no destination', 'FROM a\nCOPY a', 'error dockerfile-arguments 2:6'],
  ['heredoc as destination', 'FROM a\nCOPY x <<EOT\nEOT', 'error dockerfile-arguments 2:6'],
  ['numbers in JSON', 'FROM a\nCMD ["a", 1]', 'error dockerfile-json 2:5'],
  ['SHELL without JSON', 'FROM a\nSHELL sh', 'error dockerfile-arguments 2:7'],
  ['ENV without value', 'FROM a\nENV A', 'error dockerfile-arguments 2:5'],
  ['ENV with a lost word', 'FROM a\nENV A="x" B', 'error dockerfile-arguments 2:5'],
  ['HEALTHCHECK', 'FROM a\nHEALTHCHECK x', 'error dockerfile-arguments 2:13'],
  ['open heredoc', 'FROM a\nRUN <<EOT\nx', 'error dockerfile-heredoc 2:5'],
  ['blanks in a heredoc', 'FROM a\nRUN x << EOT\nEOT', 'warning dockerfile-heredoc 2:7'],
  ['comment behind JSON', 'FROM a\nENTRYPOINT [] # none', 'warning dockerfile-comment 2:12'],
  ['comment behind JSON, 2', 'FROM a\nCMD ["a", "b"] #x', 'warning dockerfile-comment 2:5'],
];

for (const [what, text, ...expected] of problems) {
  test(`problem: ${what}`, () => assert.deepEqual(codes(text), expected));
}

const fine = [
  'FROM a\nCMD [ "$x" = 1 ] # a test in shell form',
  'FROM a\nENV old form of it',
  'FROM a\nENV A="x y" B=\'z w\' C=d\\ e',
  'FROM a\nHEALTHCHECK --interval=3s CMD x',
  'FROM a\nHEALTHCHECK NONE',
  'FROM a\nVOLUME ["/a"]',
  'FROM a\nCOPY ["a b", "/c"]',
  'FROM a\nRUN --network=none --security=sandbox x',
  'FROM a\nEXPOSE 80\nLABEL a=b\nSTOPSIGNAL 9\nMAINTAINER me\nWORKDIR /x',
];

for (const text of fine) {
  test(`no problem: ${JSON.stringify(text)}`, () => assert.deepEqual(codes(text), []));
}

test('an unknown instruction names the nearest ones', () => {
  const [problem] = readDockerfile('FROM a\nCOPPY a b').problems;
  assert.equal(problem?.hint, 'did you mean "COPY"?');
});

test('what makes a layer', () => {
  const layers = (line: string) => readDockerfile(`FROM a\n${line}`).stages[0]?.makesLayers;
  for (const line of ['RUN x', 'RUN --network=none x', 'COPY a b', 'ADD a b', 'WORKDIR /x']) {
    assert.equal(layers(line), true, line);
  }
  for (const line of ['ENV A=b', 'LABEL a=b', 'USER x', 'WORKDIR /', 'CMD x', 'ONBUILD RUN x']) {
    assert.equal(layers(line), false, line);
  }
});

test('a line longer than Docker reads is refused, counted in bytes', () => {
  const line = (length: number) => `FROM a\nRUN ${'x'.repeat(length - 4)}\n`;
  assert.deepEqual(codes(line(65_535)), []);
  assert.deepEqual(codes(line(65_536)), ['error dockerfile-long-line 2:1']);
  assert.deepEqual(codes(`FROM a\nRUN ${'€'.repeat(22_000)}\n`), [
    'error dockerfile-long-line 2:1',
  ]);
});
