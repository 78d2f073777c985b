/** Expected values checked with BuildKit 0.32's dockerfile2llb. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FollowOptions, follow } from '#formats/dockerfile/follow.js';
import { parsePlatform } from '#formats/dockerfile/platform.js';
import { readDockerfile } from '#formats/dockerfile/read.js';

const followed = (text: string, options?: FollowOptions) => follow(readDockerfile(text), options);
/** Reached images with their kinds; unreached ones in brackets. */
const images = (text: string, options?: FollowOptions) =>
  followed(text, options).images.map(({ kind, image, reached }) =>
    reached ? `${kind} ${image}` : `(${kind} ${image})`,
  );
const codes = (text: string, options?: FollowOptions) =>
  followed(text, options).problems.map(({ code, span }) => `${code} ${span.line}:${span.column}`);
const args = (entries: Record<string, string>) => ({ args: new Map(Object.entries(entries)) });

test('FROM sees the ARGs before the first FROM, and build arguments win', () => {
  const text = 'ARG NAME=a\nARG REF=r.example/$NAME:1\nFROM $REF';
  assert.deepEqual(images(text), ['from r.example/a:1']);
  assert.deepEqual(images(text, args({ NAME: 'b' })), ['from r.example/b:1']);
  assert.deepEqual(images(text, args({ REF: 'c' })), ['from c']);
  // An ARG of a stage is none of these; an undeclared build argument is not seen.
  assert.deepEqual(images('FROM a\nARG X=b\nFROM c$X'), ['(from a)', 'from c']);
  assert.deepEqual(images('FROM c$X', args({ X: 'b' })), ['from c']);
  assert.deepEqual(images('ARG X\nFROM c$X', args({ X: 'b' })), ['from cb']);
  assert.deepEqual(images('ARG X="a"\nFROM "${X}:1"'), ['from a:1']);
});

test('a FROM that is no reference for want of a value names the argument', () => {
  const told = (text: string) =>
    follow(readDockerfile(text)).problems.map(({ message }) => message.replace(/, so .*/, ''));
  assert.deepEqual(told('ARG V\nFROM x:${V}'), ['ARG V has no value']);
  assert.deepEqual(told('ARG R\nARG V=1\nFROM $R/x:$V'), ['ARG R has no value']);
  assert.deepEqual(told('FROM x:${V}'), ['no ARG before the first FROM declares V']);
  // What is a reference all the same is one.
  assert.deepEqual(told('ARG V\nFROM x${V}'), []);
  assert.deepEqual(told('ARG V\nFROM x:${V:-1}'), []);
  // An empty value is a value: the reference is what is wrong.
  assert.deepEqual(told('ARG V=\nFROM x:${V}'), []);
});

test('a FROM that expands to an empty string or cannot be expanded', () => {
  assert.deepEqual(codes('ARG X\nFROM $X'), ['dockerfile-blank-from 2:6']);
  assert.deepEqual(codes('FROM ${X:?needed}'), ['dockerfile-expansion 1:6']);
  assert.deepEqual(codes('ARG X=${Y\nFROM a'), ['dockerfile-expansion 1:5']);
});

test('the platform is expanded where it is known, refused where not', () => {
  const text = 'FROM a AS base-amd64\nFROM b AS base-arm64\nFROM base-$TARGETARCH';
  assert.deepEqual(codes(text), ['dockerfile-platform 3:6']);
  const on = (name: string) => {
    const platform = parsePlatform(name);
    assert.ok(platform);
    return images(text, { platform });
  };
  assert.deepEqual(on('linux/amd64'), ['from a', '(from b)']);
  assert.deepEqual(on('linux/aarch64'), ['(from a)', 'from b']);
  assert.deepEqual(images(text, args({ TARGETARCH: 'arm64' })), ['(from a)', 'from b']);
  // Engines build for Linux, whatever the machine is.
  assert.deepEqual(images('FROM a-$TARGETOS'), ['from a-linux']);
  // An unknown value hurts only where it is used, also over another argument.
  assert.deepEqual(codes('ARG X=$BUILDARCH\nFROM a'), []);
  assert.deepEqual(codes('ARG X=$BUILDARCH\nFROM a-$X'), ['dockerfile-platform 2:6']);
  assert.deepEqual(codes('ARG BUILDARCH=x\nFROM a-$BUILDARCH'), []);
  assert.deepEqual(images('FROM a$TARGETSTAGE'), ['from adefault']);
  assert.deepEqual(images('FROM a$TARGETSTAGE AS b'), ['from ab']);
});

test('parsePlatform normalises as containerd does', () => {
  const shown = (text: string) => Object.values(parsePlatform(text) ?? {}).join('/');
  assert.equal(shown('linux/amd64'), 'linux/amd64/');
  assert.equal(shown('Linux/x86_64'), 'linux/amd64/');
  assert.equal(shown('linux/arm64/v8'), 'linux/arm64/');
  assert.equal(shown('linux/arm'), 'linux/arm/v7');
  assert.equal(shown('linux/armel'), 'linux/arm/v6');
  for (const wrong of ['', 'linux', 'a/b/c/d', 'linux/ arm']) {
    assert.equal(shown(wrong), '', wrong);
  }
});

test('stages are no images; scratch is none either', () => {
  const text = 'FROM a AS Build\nFROM scratch\nCOPY --from=build / /\nCOPY --from=0 / /\n'.concat(
    'COPY --from=BUILD / /\nCOPY --from=scratch / /\nRUN --mount=from=Build,target=/m x',
  );
  assert.deepEqual(images(text), ['from a']);
  assert.deepEqual(codes(text), []);
});

test('FROM takes stages above it in lower case only; a mount takes no number', () => {
  assert.deepEqual(images('FROM a AS a\nFROM b'), ['(from a)', 'from b']);
  assert.deepEqual(images('FROM later\nFROM a AS later'), ['(from later)', 'from a']);
  assert.deepEqual(images('FROM a AS b\nFROM B'), ['(from a)', 'from B']);
  assert.deepEqual(images('FROM a\nRUN --mount=from=0,target=/m x'), ['from a', 'mount 0']);
});

test('a later stage of the same name replaces the earlier one for FROM below and for every from=', () => {
  assert.deepEqual(images('FROM a AS s\nFROM b AS s\nFROM s'), ['(from a)', 'from b']);
  assert.deepEqual(images('FROM a AS s\nFROM s AS s\nFROM s'), ['from a']);
  assert.deepEqual(
    codes('FROM a AS s\nFROM c\nCOPY --from=s / /\nFROM b AS s\nFROM s\nCOPY --from=1 / /'),
    ['dockerfile-stage-order 3:13'],
  );
});

test('stages that the final one does not need are not reached', () => {
  const text = 'FROM a AS one\nCOPY --from=x / /\nFROM b AS two\nFROM c\nCOPY --from=two / /';
  assert.deepEqual(images(text), ['(from a)', '(copy x)', 'from b', 'from c']);
  assert.deepEqual(images(text, { stage: 'ONE' }), ['from a', 'copy x', '(from b)', '(from c)']);
  assert.deepEqual(codes(text, { stage: 'three' }), ['dockerfile-no-stage 1:6']);
});

test('stages in a wrong order or in a circle', () => {
  assert.deepEqual(codes('FROM a\nCOPY --from=3 / /'), ['dockerfile-stage-number 2:13']);
  assert.deepEqual(codes('FROM a AS x\nCOPY --from=x / /'), ['dockerfile-stage-circle 2:13']);
  assert.deepEqual(
    codes('FROM a AS x\nCOPY --from=y / /\nFROM a AS y\nCOPY --from=x / /\nFROM z'),
    ['dockerfile-stage-circle 4:13'],
  );
  // Not needed: the frontend lets it pass.
  assert.deepEqual(codes('FROM a AS x\nCOPY --from=y / /\nFROM a AS y\nFROM z'), []);
});

test('a chain of many stages, in order and not', () => {
  const size = 20_000;
  const chain = (next: (index: number) => number) =>
    Array.from({ length: size }, (_, index) => `FROM a\nCOPY --from=${next(index)} / /`).join('\n');
  const down = followed(`FROM a\n${chain((index) => index)}`);
  assert.deepEqual(down.problems, []);
  assert.ok(down.images.every(({ reached }) => reached));
  const circle = codes(chain((index) => (index + 1) % size)).filter((code) =>
    code.startsWith('dockerfile-stage-circle'),
  );
  assert.deepEqual(circle, [`dockerfile-stage-circle ${2 * size}:13`]);
});

test('triggers of a stage run in the stages built on it', () => {
  const text = 'FROM a AS s\nONBUILD COPY --from=x / /\nFROM s';
  assert.deepEqual(images(text), ['from a', 'onbuild x']);
  assert.deepEqual(images('FROM a\nONBUILD COPY --from=x / /'), ['from a']);
  assert.deepEqual(images('FROM b AS x\nFROM a AS s\nONBUILD COPY --from=x / /\nFROM s'), [
    'from b',
    'from a',
  ]);
});

test('triggers of an image run in the child, and see its stages', () => {
  const triggersOf = (image: string) =>
    image === 'p'
      ? (readDockerfile('FROM q\nONBUILD COPY --from=x / /\nONBUILD COPY --from=s / /').stages[0]
          ?.triggers ?? [])
      : [];
  const uses = followed('FROM b AS s\nFROM p', { triggersOf }).images;
  assert.deepEqual(
    uses.map(({ kind, image, reached, through }) => ({ kind, image, reached, through })),
    [
      { kind: 'from', image: 'b', reached: true, through: undefined },
      { kind: 'from', image: 'p', reached: true, through: undefined },
      { kind: 'onbuild', image: 'x', reached: true, through: 'p' },
    ],
  );
  // An image that is copied from has its triggers prepared too.
  assert.deepEqual(images('FROM a\nCOPY --from=p / /', { triggersOf }), [
    'from a',
    'copy p',
    'onbuild x',
    'onbuild s',
  ]);
  // In a circle too.
  const self = () => readDockerfile('FROM q\nONBUILD COPY --from=p / /').stages[0]?.triggers ?? [];
  assert.deepEqual(images('FROM p', { triggersOf: self }), ['from p', 'onbuild p']);
});

test('what the final stage starts from, whether there is a layer, and who it runs as', () => {
  const summary = (text: string) => {
    const { base, makesLayers, user } = followed(text);
    return [base.kind === 'image' ? base.image : 'scratch', makesLayers, user?.text];
  };
  assert.deepEqual(summary('FROM scratch\nLABEL a=b'), ['scratch', false, undefined]);
  assert.deepEqual(summary('FROM a AS s\nUSER 1\nRUN x\nFROM s\nENV a=b'), ['a', true, '1']);
  assert.deepEqual(summary('FROM a AS s\nUSER 1\nFROM scratch\nUSER 2'), ['scratch', false, '2']);
  assert.deepEqual(summary('FROM scratch AS s\nONBUILD COPY a b\nFROM s'), [
    'scratch',
    true,
    undefined,
  ]);
});

test('a stage that nothing of the final one needs is a warning', () => {
  const check =
    'FROM a AS build\nRUN x\nFROM build AS check\nRUN grep -q nothing /app\nFROM build\n';
  assert.deepEqual(codes(check), ['dockerfile-stage-unused 3:6']);
  assert.deepEqual(codes(`${check}COPY --from=check /ok /\n`), []);
  // Another final stage was asked for: the others are for other images.
  assert.deepEqual(codes(check, { stage: 'build' }), []);
  // One that names an image is told of where it does.
  assert.deepEqual(codes('FROM a AS unused\nFROM b'), []);
});

test('the keys of the LABELs on the way to the final stage', () => {
  const labels = (text: string) => [...followed(text).labels].sort();
  assert.deepEqual(labels('FROM a\nLABEL x=1 "y z"="2 = 3" \\\n  w=\'v\'\nLABEL old form=1'), [
    'old',
    'w',
    'x',
    'y z',
  ]);
  assert.deepEqual(
    labels('FROM a AS one\nLABEL one=1\nFROM b AS two\nLABEL two=2\nFROM one\nlabel three=3'),
    ['one', 'three'],
  );
  assert.deepEqual(labels('FROM a\nONBUILD LABEL x=1'), []);
});
