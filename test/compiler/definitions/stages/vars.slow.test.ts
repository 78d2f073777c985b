import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { readVars } from '#compiler/definitions/stages/vars.js';
import { scratchTree } from '../../../support/scratch.js';

function values(source: string): Record<string, string> {
  const { value, diagnostics } = readVars('vars.sh', source);
  assert.deepEqual(diagnostics, []);
  return Object.fromEntries([...value].map(([name, variable]) => [name, variable.value]));
}

function refusal(source: string): string {
  const { value, diagnostics } = readVars('vars.sh', source);
  assert.equal(value.size, 0, 'nothing of a refused file is used');
  const [first] = diagnostics;
  assert.ok(first !== undefined, `not refused: ${JSON.stringify(source)}`);
  const { place } = first;
  return `${first.code} ${place?.line}:${place?.column}+${place?.length} ${first.message}`;
}

const bash = existsSync('/bin/bash') ? '/bin/bash' : undefined;

/** What bash makes of it. */
function bashValues(source: string): Record<string, string> | undefined {
  const tree = scratchTree({ 'vars.sh': source });
  const done = spawnSync(
    bash ?? 'bash',
    ['--norc', '-euc', 'set -a; . "$0"; set +a; env -0', tree.at('vars.sh')],
    { env: { PATH: '/usr/bin:/bin', HOME: '/home/of-nobody' }, encoding: 'utf8' },
  );
  tree.remove();
  if (done.status !== 0) {
    return undefined;
  }
  const entries = done.stdout
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry): [string, string] => [
      entry.slice(0, entry.indexOf('=')),
      entry.slice(entry.indexOf('=') + 1),
    ]);
  return Object.fromEntries(
    entries.filter(([name]) => !/^BASH_FUNC|^(?:PATH|HOME|PWD|SHLVL|_|OLDPWD)$/.test(name)),
  );
}

test('a vars file as companies write them, functions read over', () => {
  const source = `#!/usr/bin/env bash
# Versions.
set -euo pipefail
export VERSION='v1.2.0'   # the tag
USER_ID=1999; GROUP_ID=65534
export TOOLS="a b" EMPTY=
readonly NAME=base- ORG=acme
declare -rx PREFIX="$ORG/\${NAME}"
LONG=one\\
two
export USER_ID
MORE="\${NOT_SET:-\${VERSION}-dev}" NONE=\${NOT_SET-}
MORE+=.1

function img_name()
{
local stage
stage="$1" # a } in a comment
if [ -n "$stage" ] ; then { echo "}"; } ; fi
echo "$PREFIX$stage:$VERSION" | tr '}' "{"
}
other () { echo }; }
AFTER=\${PREFIX}
`;
  assert.deepEqual(values(source), {
    VERSION: 'v1.2.0',
    USER_ID: '1999',
    GROUP_ID: '65534',
    TOOLS: 'a b',
    EMPTY: '',
    NAME: 'base-',
    ORG: 'acme',
    PREFIX: 'acme/base-',
    LONG: 'onetwo',
    MORE: 'v1.2.0-dev.1',
    NONE: '',
    AFTER: 'acme/base-',
  });
  if (bash !== undefined) {
    assert.deepEqual(values(source), bashValues(source));
  }
});

test('the place of a variable is its last assignment', () => {
  const { value } = readVars('vars.sh', 'A=1\n  export A=2\n');
  assert.deepEqual(value.get('A'), {
    value: '2',
    place: { file: 'vars.sh', line: 2, column: 10, length: 1, lineText: '  export A=2' },
  });
});

test('values from before the file can be used, and replaced', () => {
  const place = { file: 'environment' };
  const known = new Map([['TAG', { value: 'v2', place }]]);
  const { value, diagnostics } = readVars('v', 'VERSION=${TAG:-v1}\nTAG=x$TAG', known);
  assert.deepEqual(diagnostics, []);
  assert.equal(value.get('VERSION')?.value, 'v2');
  assert.equal(value.get('TAG')?.value, 'xv2');
});

test('what a shell would have to execute is refused where it stands', () => {
  const refused: Record<string, string> = {
    'A=1\nB=$(date)':
      'vars-command 2:3+2 this is a command substitution, and vars files are not executed',
    'B="x`id`"':
      'vars-command 1:5+1 this is a command substitution, and vars files are not executed',
    'B=${X:-$(id)}':
      'vars-command 1:8+2 this is a command substitution, and vars files are not executed',
    'echo hi': 'vars-command 1:1+4 "echo" is a command, and vars files are not executed',
    'A=1 env': 'vars-command 1:5+3 "env" is a command, and vars files are not executed',
    'source other.sh': 'vars-command 1:1+6 "source" is a command, and vars files are not executed',
    'A=1 && B=2': 'vars-command 1:5+1 "&" is a command, and vars files are not executed',
    'A=x&': 'vars-command 1:4+1 & makes this a command, and vars files are not executed',
    'set -o noexec\nA=1': 'vars-command 1:1+3 "set" is a command, and vars files are not executed',
    'f() { A=1; }\nf': 'vars-command 2:1+1 "f" is a command, and vars files are not executed',
    'A=$((1+1))': 'vars-expansion 1:3+3 arithmetic is not supported',
    'declare -i A=1': 'vars-command 1:9+2 declare -i is not supported',
    'export() { :; }': 'vars-command 1:1+6 export cannot be used as the name of a function',
  };
  for (const [source, expected] of Object.entries(refused)) {
    assert.equal(refusal(source), expected);
  }
});

test('quotes and brackets that are not closed are refused', () => {
  assert.equal(refusal(`A='x\nB=2`), "vars-syntax 1:3+1 this ' is never closed");
  assert.equal(refusal('A=1\nB="x\n'), 'vars-syntax 2:3+1 this " is never closed');
  assert.equal(refusal('A=${B\n'), 'vars-syntax 1:3+2 a closing } is missing');
  assert.equal(refusal('A=${B:-x\n'), 'vars-syntax 2:1+1 a closing } is missing');
  assert.equal(refusal('A=1\\'), 'vars-syntax 1:4+1 the file ends in a backslash');
  assert.equal(
    refusal('f() {\ncat <<X\n}\nX\n}\nA=1'),
    'vars-syntax 1:1+4 cannot find the end of the function f',
  );
  assert.equal(refusal('A=(1 2)'), 'vars-syntax 1:3+1 A is an array, which is not supported');
  assert.match(refusal('A=1\r\nB=2\r\n'), /^vars-syntax 1:4/);
});

test('what a shell would expand otherwise is refused', () => {
  assert.match(refusal('A=~/x'), /^vars-expansion 1:3/);
  assert.match(refusal('A=x:~/y'), /^vars-expansion 1:5/);
  assert.match(refusal('export A={1,2}'), /^vars-expansion 1:10/);
  assert.match(refusal("A=$'x'"), /^vars-expansion 1:3/);
  assert.match(refusal('A=$1'), /^vars-expansion 1:3/);
  assert.match(refusal('A=1\nB=${A%.x}'), /^vars-expansion 2:3\+7 \$\{A%.x\} is not supported/);
  assert.match(refusal('UID=1'), /^vars-readonly 1:1/);
  assert.match(refusal('readonly A=1\nA=2'), /^vars-readonly 2:1/);
});

test('a cycle is refused and shown, and so is a variable without a value', () => {
  assert.equal(
    refusal('A=$B\nB=$C\nC=x${A}'),
    'vars-cycle 1:3+2 A needs its own value: A → B → C → A',
  );
  assert.equal(refusal('A="$A:x"'), 'vars-cycle 1:4+2 A needs its own value: A → A');
  assert.equal(refusal('A=$B\nB=1'), 'vars-unset 1:3+2 B has no value yet');
  const { diagnostics } = readVars('v', 'VERSION=1\nA=$VERSON');
  assert.equal(diagnostics[0]?.hint, 'did you mean "VERSION"?');
});

test('whatever is read is what bash reads', { skip: bash === undefined && 'no bash here' }, () => {
  const pieces =
    'a|b| |"|\'|\\|$A|${B}|${A:-|${C-|${B:-|}|{|,|#|;|=|X=|export |A|*|?|[a]|~|:|$|!|%|/|$A$B| A=x B=$A| C+=$A';
  const piece = fc.constantFrom(...pieces.split('|'), '\n', '\t', '\\\n', '|');
  const assignment = fc
    .tuple(
      fc.constantFrom('', 'export ', 'readonly ', 'declare -x '),
      fc.constantFrom('A', 'B', 'C', 'X', 'Y'),
      fc.constantFrom('=', '=', '=', '+='),
      fc.array(piece, { maxLength: 7 }),
      fc.constantFrom('\n', ' ', ';', ' # c\n'),
    )
    .map(([word, name, sign, pieces, end]) => `${word}${name}${sign}${pieces.join('')}${end}`);
  const file = fc
    .array(assignment, { maxLength: 4 })
    .map((assignments) => `A=one\nB=\n${assignments.join('')}`);
  let agreed = 0;
  fc.assert(
    fc.property(file, (source) => {
      const { value, diagnostics } = readVars('vars.sh', source);
      if (diagnostics.length > 0) {
        return;
      }
      agreed++;
      const ours = Object.fromEntries([...value].map(([name, variable]) => [name, variable.value]));
      assert.deepEqual(ours, bashValues(source), JSON.stringify(source));
    }),
    { numRuns: 300 },
  );
  assert.ok(agreed > 50, `only ${agreed} files were read`);
});

test('a function ends where bash ends it', { skip: bash === undefined && 'no bash here' }, () => {
  const pieces =
    'a|;|}|{|;}|}|{ a;}|\'|"|"}"|# c|#|$|${x}|${x:-|$(|)|(|\\|`|if a;then|fi|A=x|export A=y|<<E|<|>|&|||!|case a in b)|esac';
  const piece = fc.constantFrom(...pieces.split('|'), '\n', ' ', ' ', '\n}\n', '\nA=x\n');
  const file = fc
    .tuple(fc.constantFrom('f() {', 'function f {', 'f ()\n{\n'), fc.array(piece, { maxLength: 8 }))
    .map(([head, body]) => `A=one\n${head} ${body.join('')}\n}\nB=two\n`);
  let agreed = 0;
  fc.assert(
    fc.property(file, (source) => {
      const { value, diagnostics } = readVars('vars.sh', source);
      if (diagnostics.length > 0) {
        return;
      }
      agreed++;
      const ours = Object.fromEntries([...value].map(([name, variable]) => [name, variable.value]));
      const theirs = bashValues(source);
      // A body that bash itself cannot read is no business of ours: it says so when it is sourced.
      if (theirs !== undefined) {
        assert.deepEqual(ours, theirs, JSON.stringify(source));
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(agreed > 10, `only ${agreed} files were read`);
});
