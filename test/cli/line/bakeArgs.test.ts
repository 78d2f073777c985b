import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkBakeArgs } from '#cli/line/bakeArgs.js';
import { UsageError } from '#cli/line/spec.js';

const said = (...args: string[]): string => {
  try {
    checkBakeArgs(args);
    return '';
  } catch (cause) {
    assert.ok(cause instanceof UsageError);
    return `${cause.message}; ${cause.hint ?? ''}`;
  }
};

test('how to build may be passed on to bake', () => {
  for (const line of [
    '',
    '--set *.labels.x=y',
    '--set=*.labels.my.label=push',
    '--set a.network=host --allow network.host',
    '--set *.secrets=id=x,src=file --set *.ssh=default',
    '--set *.cache-from+=type=registry,ref=r/x',
    '--provenance=true --sbom true',
  ]) {
    assert.equal(said(...line.split(' ').filter((word) => word !== '')), '', line);
  }
});

test('what to build may not, in whatever way it is written', () => {
  const cases: readonly (readonly [line: string, hint: RegExp])[] = [
    ['--file other', /^--file cannot .*definitions/],
    ['-fother', /^-f cannot .*definitions/],
    ['-Df other', /^-D cannot/],
    ['--push=true', /use --publish/],
    ['--load', /loaded/],
    ['--print', /--print before/],
    ['--list=targets', /--print before/],
    ['--check', /--print/],
    ['--progress=plain', /--info or --debug/],
    ['--metadata-file x', /--report FILE/],
    ['--builder x', /--builder NAME before the --/],
    ['--no-cache', /--no-cache before the --/],
    ['--pull', /base_images/],
    ['--nosuch', /--nosuch cannot be passed on to bake; what can be is --set, --allow/],
    ['sometarget', /before the --; select images with --select/],
    ['--allow x sometarget', /sometarget cannot .*--select/],
    ['--', /before the --; select images with --select/],
    ['--set', /needs a value/],
    ['--set *.output=type=local,dest=/x', /output cannot/],
    ['--set=*.output+=type=tar', /output cannot/],
    ['--set *.tags=r/x:1', /tags cannot/],
    ['--set *.push=true', /push cannot .*--publish/],
    ['--set *.load=false', /load cannot/],
    ['--set *.call=check', /call cannot/],
    ['--set *.context=/tmp', /context cannot .*change the definition/],
    ['--set *.dockerfile=x', /dockerfile cannot .*change the definition/],
    ['--set *.args.X=2', /args cannot .*change the definition/],
    ['--set *.platform=linux/arm64', /platform cannot .*change the definition/],
    ['--set *.target=x', /target cannot .*change the definition/],
    ['--set *.no-cache=true', /--no-cache before the --/],
    ['--set *.later-invention=1', /what can be set is attest, cache-from/],
    ['--set *.labels.io.github.generate-bake.definition=x', /what an image was built from/],
    ['--set *.labels.org.opencontainers.image.version=x', /what an image was built from/],
    ['--allow x --set *.network=host --set *.push=true', /push cannot/],
  ];
  for (const [line, hint] of cases) {
    assert.match(said(...line.split(' ')), hint, line);
  }
});
