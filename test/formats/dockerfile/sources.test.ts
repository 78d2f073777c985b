/** Expected values by BuildKit's dockerfile2llb: what it notes in `ctxPaths`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import {
  type ContextUseOptions,
  contextUse,
  onbuildInstructions,
} from '#formats/dockerfile/sources.js';

/** The paths that are taken, patterns in braces; `all` where it may be anything. */
function taken(text: string, options?: ContextUseOptions): readonly string[] {
  const { everything, sources } = contextUse(text, options);
  const paths = sources.map(({ path, isPattern }) => (isPattern ? `{${path}}` : path));
  return everything ? [...paths, 'all'] : paths;
}
const args = (entries: Record<string, string>) => ({ args: new Map(Object.entries(entries)) });

test('sources of COPY and ADD, without those of other stages and images', () => {
  assert.deepEqual(taken('FROM a\nCOPY x y /z\nADD t.tar /\nCOPY --from=b /v /\nRUN x'), [
    'x',
    'y',
    't.tar',
  ]);
  assert.deepEqual(taken('FROM a\nCOPY --chown=1:2 --link x y/\nCOPY --from= v /'), ['x', 'v']);
  assert.deepEqual(taken('FROM a\ncopy x /\nRUN echo COPY no /'), ['x']);
  assert.deepEqual(taken('FROM a\nRUN x'), []);
  // Said twice, once.
  assert.deepEqual(taken('FROM a\nCOPY x /\nCOPY ./x /y\n'), ['x']);
});

test('paths are cleaned, and nothing is above the top', () => {
  assert.deepEqual(taken('FROM a\nCOPY /x ./y ../z b/../c d/ e//f /'), [
    'x',
    'y',
    'z',
    'c',
    'd',
    'e/f',
  ]);
});

test('the context itself is everything', () => {
  for (const source of ['.', './', '/', 'x/..', '../..', '""']) {
    assert.deepEqual(taken(`FROM a\nCOPY ${source} /x`), ['all'], source);
  }
  assert.deepEqual(taken('FROM a\nCOPY x . /y'), ['x', 'all']);
});

test('JSON form, continued lines, comments between, another escape character', () => {
  assert.deepEqual(taken('FROM a\nCOPY ["a b", "c", "/d/"]'), ['a b', 'c']);
  assert.deepEqual(taken('FROM a\nCOPY x \\\n# no\n  y \\\n  /z'), ['x', 'y']);
  assert.deepEqual(taken('# escape=`\nFROM a\nCOPY x `\n y /z'), ['x', 'y']);
  assert.deepEqual(taken('FROM a\nADD --exclude=*.md --parents x/y /z'), ['x/y']);
});

test('heredocs, addresses and git repositories are none', () => {
  assert.deepEqual(taken('FROM a\nCOPY <<EOF x /y/\nCOPY no /\nEOF\nCOPY z /'), ['x', 'z']);
  assert.deepEqual(taken('FROM a\nCOPY <<-"EOF" /y\n$X\n\tEOF\n'), []);
  const remote = 'https://e/x http://e/y git@e:z.git ssh://e/v git://e/w https://e/$V.tgz';
  assert.deepEqual(taken(`FROM a\nADD ${remote} x /`), ['x']);
  // Not an address that ADD would fetch.
  assert.deepEqual(taken('FROM a\nADD github.com/x/y /'), ['github.com/x/y']);
  assert.deepEqual(taken('FROM a\nARG U=https://e/x\nADD $U y /'), ['y']);
});

test('ARG and ENV are expanded, in the order of the file', () => {
  assert.deepEqual(taken('FROM a\nARG D=d\nENV E=$D/e F="f g"\nCOPY $E ${F} /'), ['d/e', 'f g']);
  assert.deepEqual(taken('FROM a\nARG D=d\nCOPY $D /', args({ D: 'x' })), ['x']);
  assert.deepEqual(taken('ARG D=d\nFROM a\nARG D\nCOPY $D /'), ['d']);
  assert.deepEqual(taken('ARG D=d\nFROM a\nARG D\nCOPY $D /', args({ D: 'x' })), ['x']);
  assert.deepEqual(taken('FROM a\nENV A=1\nENV A=2 B=$A\nCOPY $A$B /'), ['21']);
  assert.deepEqual(taken('FROM a\nENV A one two\nCOPY "$A" /'), ['one two']);
  assert.deepEqual(taken('FROM a\nARG A=x\nCOPY ["$A", "${A:+y}", "/"]'), ['x', 'y']);
  // Of a stage, the stages that are built on it have them too.
  assert.deepEqual(taken('FROM a AS s\nARG A=x\nFROM s\nCOPY $A /'), ['x']);
  assert.deepEqual(taken('FROM a AS s\nARG A=x\nFROM a\nCOPY d/$A /'), ['d']);
});

test('what is not known leaves the directory before it', () => {
  // The base may set it.
  assert.deepEqual(taken('FROM a\nCOPY $X /'), ['all']);
  assert.deepEqual(taken('FROM a\nCOPY d/e/f$X /'), ['d/e']);
  assert.deepEqual(taken('FROM a\nENV Y=$X\nCOPY d/$Y /'), ['d']);
  assert.deepEqual(taken('FROM a\nARG X\nCOPY d/$X/e /'), ['d']);
  assert.deepEqual(taken("FROM a\nCOPY 'd'/$X /"), ['all']);
  // Nothing can have set it.
  assert.deepEqual(taken('FROM scratch\nARG X\nCOPY d/e$X /'), ['d/e']);
  assert.deepEqual(taken('FROM scratch\nCOPY d/e${X:-f} /'), ['d/ef']);
  assert.deepEqual(taken('FROM scratch AS s\nENV X=1\nFROM s\nCOPY e$X$Y /'), ['e1']);
  assert.deepEqual(taken('FROM scratch\nCOPY d/$PATH /'), ['d']);
  // It cannot be expanded: the build fails.
  assert.deepEqual(taken('FROM scratch\nCOPY d/${X:?no} /'), ['d']);
  assert.deepEqual(taken('FROM scratch\nCOPY d/${X /'), ['d']);
});

test('arguments of the platform are known where the platform is', () => {
  const text = 'FROM a\nARG TARGETARCH\nARG BUILDARCH\nCOPY bin/$TARGETARCH x/$BUILDARCH/y /';
  assert.deepEqual(taken(text), ['bin', 'x']);
  const platform = parsePlatform('linux/arm64');
  assert.ok(platform);
  assert.deepEqual(taken(text, { platform }), ['bin/arm64', 'x']);
});

test('wildcards are kept; of what has another meaning the directory before it', () => {
  assert.deepEqual(taken('FROM a\nCOPY *.go d/x?/[a-c]y /'), ['{*.go}', '{d/x?/[a-c]y}']);
  assert.deepEqual(taken('FROM a\nCOPY --parents d/**/x /'), ['d']);
  assert.deepEqual(taken('FROM a\nCOPY d/[^a]x e/[!a]x f/[a /'), ['d', 'e', 'f']);
  assert.deepEqual(taken('FROM a\nCOPY ["d/a\\\\\\\\*", "/"]'), ['d']);
});

test('stages that are not built take nothing', () => {
  const text =
    'FROM a AS b\nCOPY b /\nFROM a AS c\nCOPY c /\nFROM a AS d\nCOPY --from=c / /\nCOPY d /';
  assert.deepEqual(taken(text), ['c', 'd']);
  assert.deepEqual(taken(text, { stage: 'B' }), ['b']);
  assert.deepEqual(taken(text, { stage: 'nope' }), ['all']);
});

test('bind mounts without from', () => {
  const mount = (options: string) => taken(`FROM a\nARG X=x\nRUN --mount=${options} y`);
  assert.deepEqual(mount('type=bind,source=d/e,target=/t'), ['d/e']);
  assert.deepEqual(mount('src=/d/$X,dst=/t'), ['d/x']);
  assert.deepEqual(mount('type=bind,target=/t'), ['all']);
  assert.deepEqual(mount('type=bind,source=.,target=/t'), ['all']);
  assert.deepEqual(mount('type=bind,from=b,source=d,target=/t'), []);
  assert.deepEqual(mount('type=cache,source=d,target=/t'), []);
  assert.deepEqual(mount('type=secret,id=s'), []);
  assert.deepEqual(mount('type=tmpfs,target=/t'), []);
  assert.deepEqual(mount('type=bind,source=d/*,target=/t'), ['d/*']);
  assert.deepEqual(
    taken('FROM a\nRUN --mount=source=p,target=/p --network=none --mount=source=q,target=/q x'),
    ['p', 'q'],
  );
});

test('ONBUILDs run in the stages that are built on theirs, and in no other', () => {
  assert.deepEqual(taken('FROM a\nONBUILD COPY x /\nCOPY y /'), ['y']);
  assert.deepEqual(taken('FROM a AS s\nONBUILD COPY x /\nFROM s\nCOPY y /'), ['x', 'y']);
  const onbuildOf = (image: string) =>
    image === 'a' ? ['COPY . /', 'RUN --mount=source=z,target=/z x', 'ADD w /'] : [];
  assert.deepEqual(taken('FROM a\nCOPY y /', { onbuildOf }), ['z', 'w', 'y', 'all']);
  assert.deepEqual(taken('FROM b\nCOPY --from=a / /', { onbuildOf }), []);
  // A trigger may need a stage.
  const needs = { onbuildOf: () => ['COPY --from=s / /'] };
  assert.deepEqual(taken('FROM scratch AS s\nCOPY x /\nFROM a\nCOPY y /', needs), ['x', 'y']);
});

test('the ONBUILDs of the final stage', () => {
  const text = 'FROM a AS b\nONBUILD COPY x /\nFROM a\nONBUILD COPY y \\\n /\nonbuild RUN z\nRUN v';
  assert.deepEqual(onbuildInstructions(text), ['COPY y  /', 'RUN z']);
  assert.deepEqual(onbuildInstructions(text, { stage: 'B' }), ['COPY x /']);
});

test('another frontend may take anything', () => {
  assert.deepEqual(taken('# syntax=docker/dockerfile:1\nFROM a\nCOPY x /'), ['x']);
  assert.deepEqual(taken('# syntax=e.example/mine\nFROM a\nCOPY x /'), ['x', 'all']);
});

test('a source has its place', () => {
  const spans = (text: string) => contextUse(text).sources.map(({ span }) => span);
  assert.deepEqual(spans('FROM a\nCOPY --chown=x x \\\n  yy/y x /\n'), [
    { line: 2, column: 16, length: 1 },
    { line: 3, column: 3, length: 4 },
  ]);
  assert.deepEqual(spans('FROM a\nADD ["a", "b c", "/"]\n'), [
    { line: 2, column: 7, length: 1 },
    { line: 2, column: 12, length: 3 },
  ]);
  // What an array escapes, or one of very many, has that of all.
  assert.deepEqual(spans('FROM a\nADD ["a\\u0062", "/"]\n'), [{ line: 2, column: 5, length: 16 }]);
  const many = spans(
    `FROM a\nCOPY ${Array.from({ length: 200 }, (_, at) => `f${at}`).join(' ')}\n`,
  );
  assert.deepEqual([many.length, many.at(-1)?.column], [199, 6]);
});
