import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchesIn } from '#fleet/inventory/otherSoftware.js';

const toolsIn = (dockerfile: string) => fetchesIn(dockerfile).map(({ tool }) => tool);
const run = (script: string) => toolsIn(`FROM a\nRUN ${script}\n`);

test('programs that fetch are found wherever a command is', () => {
  assert.deepEqual(run('apt-get update && curl -fsSL https://a | sh'), ['curl']);
  assert.deepEqual(run('set -e; cd /x; /usr/bin/wget https://a'), ['wget']);
  assert.deepEqual(run('if ! X=1 git -C /src clone --depth 1 https://a; then exit 1; fi'), [
    'git clone',
  ]);
  assert.deepEqual(run('python3 -m pip --no-cache-dir install a && pip3.11 install b'), [
    'pip install',
    'pip install',
  ]);
  assert.deepEqual(run('sudo -u x npm --prefix /a ci'), ['npm ci']);
  assert.deepEqual(run('bash -euxc "yarn && go mod download"'), ['yarn', 'go mod download']);
  assert.deepEqual(run('echo "$(curl https://a)" > b'), ['curl']);
  assert.deepEqual(run('pip --proxy http://a install b; yarn --network-timeout 100000 install'), [
    'pip install',
    'yarn install',
  ]);
  assert.deepEqual(run('cargo +nightly install a && npm --loglevel error -C b ci'), [
    'cargo install',
    'npm ci',
  ]);
  assert.deepEqual(run('./gradlew build; git lfs pull; mix deps.get; bun i'), [
    'gradlew',
    'git lfs pull',
    'mix deps.get',
    'bun i',
  ]);
  assert.deepEqual(run('busybox wget https://a; stdbuf -o0 curl https://b'), ['wget', 'curl']);
  assert.deepEqual(run('timeout 5 env A=b gem install c'), ['gem install']);
  assert.deepEqual(run('echo a | xargs -n 1 cargo install'), ['cargo install']);
  assert.deepEqual(run('["curl", "https://a"]'), ['curl']);
  assert.deepEqual(run('["/bin/sh", "-c", "uv pip install a"]'), ['uv pip install']);
});

test('names of packages, paths and other uses of the same programs are not', () => {
  for (const script of [
    'apt-get install -y curl wget npm git python3-pip',
    'git config --global a b && git -C curl status',
    'npm --silent test; yarn run install; cargo --locked build',
    'pip --version; npm run build; go build ./...; cargo test',
    'echo curl https://a',
    "sed -i 's/curl/wget/' a",
    'rm -rf /usr/bin/curl # wget https://a',
    'command -v',
    'if true; then echo a; fi',
  ]) {
    assert.deepEqual(run(script), [], script);
  }
});

test('ADD of a URL or a git repository is found, and ADD of files is not', () => {
  assert.deepEqual(toolsIn('FROM a\nADD --chmod=644 https://a/b /c\n'), ['ADD of a URL']);
  assert.deepEqual(toolsIn('FROM a\nADD ["git@a.example:b.git#v1", "/c"]\n'), ['ADD of a URL']);
  assert.deepEqual(toolsIn('FROM a\nADD rootfs.tar https/ /\nCOPY https:/x /y\n'), []);
});

test('they are found in heredocs and ONBUILD, each with its place', () => {
  const dockerfile = [
    'FROM a',
    'RUN apt-get update && \\',
    '    # curl in a comment',
    '    wget https://a',
    'RUN <<EOF',
    'set -e',
    '  curl https://a',
    'EOF',
    'COPY <<EOF /x',
    'curl https://a',
    'EOF',
    'ONBUILD RUN pip install -r x',
  ].join('\n');
  assert.deepEqual(fetchesIn(dockerfile), [
    { tool: 'wget', line: 4, column: 5 },
    { tool: 'curl', line: 7, column: 3 },
    { tool: 'pip install', line: 12, column: 13 },
  ]);
});
