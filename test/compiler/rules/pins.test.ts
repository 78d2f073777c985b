import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looseFetches } from '#compiler/rules/pins.js';

/** The codes that a Dockerfile of these lines gets, each with its line. */
function codesOf(lines: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  const found = looseFetches(`FROM x AS one\n${lines}`, (name) => files[name]);
  return found.map(({ code, span }) => `${span.line} ${code}`);
}

const commit = '0123456789abcdef0123456789abcdef01234567';

/** What follows from the rule of doc/check.md, "What counts as pinned": each line is one Dockerfile. */
const cases: readonly (readonly [lines: string, ...codes: string[]])[] = [
  // git
  ['RUN git clone https://a.example/b.git', '2 git-unpinned'],
  ['RUN git clone -b main https://a.example/b.git', '2 git-unpinned'],
  ['RUN git clone --branch=origin/v2 https://a.example/b.git', '2 git-unpinned'],
  ['RUN git clone --depth 1 -b v1.2 https://a.example/b.git'],
  ['RUN git clone https://a.example/b.git && cd b && git checkout v1'],
  [`RUN git clone https://a.example/b.git && git -C b reset --hard ${commit}`],
  ['RUN git clone https://a.example/b.git && cd b && git checkout -b own', '2 git-unpinned'],
  ['RUN git clone https://a.example/b.git && cd b && git checkout .', '2 git-unpinned'],
  ['RUN git clone https://a.example/b.git && git checkout $(git describe)', '2 git-unpinned'],
  ['RUN git clone https://a.example/b.git\nRUN cd b && git checkout "$COMMIT"'],
  ['RUN git clone https://a.example/b.git\nFROM y\nRUN git checkout v1', '2 git-unpinned'],
  ['RUN git clone u:a && git clone u:b && cd b && git checkout v1', '2 git-unpinned'],
  ['RUN git -c x.y=z clone u:a && sudo -u me sh -c "cd a && git checkout v1"'],
  ['ADD https://a.example/b.git /b', '2 git-unpinned'],
  ['ADD git@a.example:b.git#main /b', '2 git-unpinned'],
  ['ADD git@a.example:b.git#v1.2 /b'],
  [`ADD https://a.example/b.git#${commit} /b`],
  // Downloads
  ['RUN curl -fsSLo f https://a.example/f', '2 download-unchecked'],
  ['RUN wget "$DOWNLOAD_URL"', '2 download-unchecked'],
  ['RUN ["curl", "-O", "https://a.example/f"]', '2 download-unchecked'],
  ['RUN <<E\napt-get update\n  curl -O https://a.example/f\nE', '4 download-unchecked'],
  ['ONBUILD RUN curl -O https://a.example/f', '2 download-unchecked'],
  ['RUN curl -fsSLo f https://a.example/f && echo "$SUM  f" | sha256sum -c'],
  ['RUN curl -O https://a.example/f\nRUN gpgv f.asc f'],
  ['RUN curl -O https://a.example/f && sha256sum f', '2 download-unchecked'],
  ['RUN curl -O https://a.example/f && [ "$(sha256sum f)" = "$SUM  f" ]'],
  ['RUN curl -O https://a.example/f && sha256sum f | grep -q "^$SUM "'],
  ['RUN curl -O https://a.example/f && echo "$SUM *f" | shasum -a 256 --check'],
  ['RUN sha256sum -c x\nRUN curl -O https://a.example/f', '3 download-unchecked'],
  [`RUN curl -O https://a.example/raw/${commit}/f`],
  ['RUN curl -X POST -d x https://a.example/f'],
  ['RUN curl -I https://a.example/f && curl http://localhost:80/ok && curl --version'],
  ['RUN curl -H "https://a.example" -o https://b.example file'],
  ['ADD https://a.example/f.tar.gz /', '2 download-unchecked'],
  ['ARG AT=https://a.example\nADD ${AT}/f.tar.gz /', '3 download-unchecked'],
  [`ARG C=${commit}\nADD "https://a.example/b.git#$C" /b`],
  ['ARG AT=./f\nADD $AT /'],
  ['ADD --checksum=sha256:00 https://a.example/f.tar.gz /'],
  ['ADD local.tar.gz /'],
  // pip
  ['RUN pip3 install wheel', '2 pip-unpinned'],
  ['RUN python3.11 -m pip install --user -U "kserve[storage]>=0.20"', '2 pip-unpinned'],
  ['RUN uv pip install --index-strategy unsafe-best-match torch==2.1', '2 pip-unhashed'],
  ['RUN pip install torch==2.1 --extra-index-url https://a.example/simple', '2 pip-unhashed'],
  ['RUN pip install git+https://me:pw@a.example/x.git', '2 pip-unpinned'],
  ['RUN pip install git+https://a.example/x.git@main', '2 pip-unpinned'],
  ['RUN pip install git+ssh://git@a.example/x.git@v1.2', '2 pip-unhashed'],
  [`RUN pip install "x @ git+https://me:pw@a.example/x.git@${commit}#egg=x"`],
  ['RUN pip install "a==1.*"', '2 pip-unpinned'],
  ['RUN pip install -c versions.txt a', '2 pip-unhashed'],
  ['RUN pip install -r loose.txt', '2 pip-unpinned'],
  ['RUN pip install -r nested.txt', '2 pip-unpinned'],
  ['RUN pip install -r pinned.txt', '2 pip-unhashed'],
  ['RUN pip install -r own.txt'],
  ['RUN pip install -r requirements.txt', '2 pip-unhashed'],
  ['RUN pip install -r /src/hashed.txt'],
  ['RUN pip install --require-hashes -r requirements.txt'],
  ['RUN pip install . ./wheels/a.whl && pip install -e . && pip install --no-index a'],
  ['RUN pip install $(cat names) "$NAMES"'],
  ['RUN pip download a && pip list'],
];

const files = {
  'hashed.txt': 'a==1 --hash=sha256:00\n',
  'loose.txt':
    '# Made by hand.\n--index-url https://a.example/simple\na==1 ; python_version > "3"\nb>=2\n',
  'nested.txt': '-r loose.txt\n',
  'pinned.txt': 'a == 1 # why\nb[x]==2; sys_platform == "linux"\n-e ./src\n',
  'own.txt': '.\n-e ./src\n',
};

for (const [lines, ...codes] of cases) {
  test(lines.replaceAll('\n', ' ⏎ '), () => {
    assert.deepEqual(codesOf(lines, files), codes);
  });
}

test('an address, which may hold a login, is in no message', () => {
  const [found] = looseFetches('FROM x\nRUN pip install git+https://me:pw/x.git', () => undefined);
  assert.equal(found?.message, 'pip takes the newest version of what is at an address that day');
});

test('what of a file is not pinned is named with the file', () => {
  const [found] = looseFetches('FROM x\nRUN pip install -r /src/nested.txt', (name) =>
    name === 'nested.txt' || name === 'loose.txt' ? files[name] : undefined,
  );
  assert.equal(found?.message, 'pip takes the newest version of b (in loose.txt) that day');
});

test('it takes linear time', () => {
  const lines = 20_000;
  const text = `FROM x\n${'RUN git clone a:b && curl -O https://x/y && pip install z\n'.repeat(lines)}`;
  const start = performance.now();
  assert.equal(looseFetches(text, () => undefined).length, 3 * lines);
  assert.ok(performance.now() - start < 5_000);
});
