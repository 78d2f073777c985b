import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { importStages } from '#upkeep/import/importStages.js';
import { explain, lines } from '../../support/explain.js';
import { scratchTree } from '../../support/scratch.js';

const today = new Date('2026-03-01T10:00:00Z');

function imported(files: Readonly<Record<string, string>>) {
  const repository = {
    shown: 'repo',
    files: Object.keys(files).sort(),
    read: (file: string) => files[file],
  };
  return importStages(repository, today);
}

/** As companies have them: one script that builds, one file of values, a script that makes the root. */
const company = {
  'README.md': '# Base images\n',
  'vars.sh': lines(`
    export VERSION='v3'
    export SUITE="bookworm"
    export IMAGE_PREFIX="acme/base-"
    export BUILD_STAGES="root run"
    export PUSH_STAGES="run"
    image_of () {
      echo "$IMAGE_PREFIX$stage:$VERSION"
    }
  `),
  'build-all.sh': lines(`
    . ./vars.sh
    for stage in $BUILD_STAGES; do
      echo "USER 0" >>"$TAIL"
      [ -f "README.md" ] && echo "ADD README.md /img/$stage/README.md" >>"$TAIL"
      [ -f "NEWS" ] && echo "ADD NEWS /img/$stage/NEWS" >>"$TAIL"
      echo "RUN echo \${stage} >>/etc/layers" >>$TAIL
      cat Dockerfile.$stage $TAIL | docker build -t "$(image_of)" -f - .
    done
  `),
  'start.sh': 'docker run --rm acme/base-run\n',
  'Dockerfile.root':
    'FROM root-import:local\nARG SUITE\nARG STAGE\nARG HTTP_PROXY\nENTRYPOINT [] # nothing\nUSER 7\n',
  'Dockerfile.run':
    'ARG IMAGE_PREFIX\nARG VERSION\nFROM ${IMAGE_PREFIX}root:${VERSION}\nARG UNKNOWN\nUSER 7\n',
  'docker/root/build.pre.sh': lines(`
    docker exec "$id" sh make_root.sh
    docker exec "$id" tar -cf - /fs | docker import - root-import:local
  `),
  'docker/root/make_root.sh': lines(`
    apt-get install -y \\
      debootstrap \\
      curl
    debootstrap --keyring /k.gpg --variant=minbase \\
      --components main,contrib --include=ca-certificates \\
      --arch=amd64 \${SUITE} /fs https://mirror.example/debian/
    cp /etc/motd /fs/etc/motd
  `),
  'docker/root/test.sh': 'true\n',
  'docker/run/goss.yaml': '{}\n',
  'docker/run/env.sh': 'BUILD_OPTIONS=--no-cache\n',
};

test('a repository of stages becomes a workspace file and a recipe', () => {
  const { files, carried, left } = imported(company);
  assert.deepEqual(Object.fromEntries(files.map(({ path, text }) => [path, text])), {
    'generate-bake.toml': lines(`
      # Written by generate-bake import: doc/generations.md tells what the keys mean.
      [[tree]]
      kind      = "stages"
      directory = "."
      vars      = "vars.sh"
      prefix    = "\${IMAGE_PREFIX}"
      version   = "\${VERSION}"
      stages    = "\${BUILD_STAGES}"
      rootfs    = "rootfs"
      tests     = ["docker/{stage}/test.sh", "docker/{stage}/goss.yaml"]
      trailer   = '''
      ADD README.md /img/{stage}/README.md
      RUN echo {stage} >>/etc/layers
      '''
    `),
    'rootfs/rootfs.toml': lines(`
      name = "root-import"
      suite = "bookworm"
      timestamp = "2026-03-01"
      variant = "minbase"
      components = ["main", "contrib"]
      architecture = "amd64"
      packages = ["ca-certificates"]
      mirrors = ["https://mirror.example/debian"]
      aliases = ["root-import:local"]
    `),
  });
  assert.deepEqual(carried, [
    '5 values from vars.sh',
    'the stages of BUILD_STAGES: root, run',
    'the trailer that build-all.sh generates (2 lines, from line 4)',
    'the names of images, ${IMAGE_PREFIX}<stage>:${VERSION}, from vars.sh',
    'the root filesystem that docker/root/make_root.sh makes, as rootfs/rootfs.toml',
    'the tests test.sh and goss.yaml of the stages',
  ]);
  assert.deepEqual(
    left.map(
      ({ place, message }) =>
        `${place?.file}${place?.line === undefined ? '' : `:${place.line}`} ${message}`,
    ),
    [
      'repo/vars.sh:5 PUSH_STAGES pushes other stages than are built',
      'repo/docker/root/build.pre.sh only its debootstrap call was carried over',
      'repo/docker/root/make_root.sh only its debootstrap call was carried over',
      'repo/docker/run/env.sh this script runs on the host around a build, which nothing does here',
      'repo/Dockerfile.root:5 ENTRYPOINT with a comment behind its JSON array is read in shell form, brackets and all',
      'repo/Dockerfile.run:4 ARG UNKNOWN has no default and no value',
      'repo/start.sh this script runs containers, which nothing does here',
    ],
  );
});

test('what was written is read, and linked down from the root filesystem', () => {
  const tree = scratchTree({
    ...company,
    'Dockerfile.run': company['Dockerfile.run'].replace('ARG UNKNOWN\n', ''),
  });
  for (const { path, text } of imported(company).files) {
    mkdirSync(dirname(tree.at(path)), { recursive: true });
    writeFileSync(tree.at(path), text);
  }
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { value, diagnostics } = compile({ workspace: opened.value, selection });
  assert.deepEqual(
    diagnostics.map(({ code }) => code).sort(),
    ['dockerfile-comment', 'rootfs-missing'],
    explain(diagnostics),
  );
  assert.deepEqual(
    value.graph.images.map(({ reference, base }) => `${reference} on ${base}`),
    [
      'root-import:20260301 on scratch',
      'acme/base-root:v3 on root-import:20260301',
      'acme/base-run:v3 on acme/base-root:v3',
    ],
  );
});

test('without a vars file or a script that is understood, it says so', () => {
  const { files, left } = imported({
    'Dockerfile.a': 'FROM scratch\n',
    'Dockerfile.b': 'FROM scratch\n',
    'vars.sh': 'VERSION=$(git describe)\n',
    'make.sh': 'docker build -f Dockerfile.a .\n',
  });
  assert.equal(
    files[0]?.text,
    lines(`
      # Written by generate-bake import: doc/generations.md tells what the keys mean.
      [[tree]]
      kind      = "stages"
      directory = "."
      vars      = "vars.sh"
      prefix    = ""
      version   = "\${VERSION}"
    `),
  );
  assert.deepEqual(
    left.map(({ message }) => message),
    [
      'the vars file cannot be read: this is a command substitution, and vars files are not executed',
      'no script says how images are named',
    ],
  );
});
