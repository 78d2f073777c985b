/** Full and read-only file systems: a small one of its own, in a mount namespace, for each run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from '../support/cli.js';
import { scratchTree } from '../support/scratch.js';

const mounts = ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt'];
const skip =
  spawnSync('unshare', mounts).status === 0 ? false : 'no mount namespace can be made here';

const changelog =
  'base (1.0) wikimedia; urgency=low\n\n  * A.\n\n -- A <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0000\n';

/** Runs a script in a copy of a small tree that is on a file system of 200 kB; `gb` is the program. */
function onSmallDisk(script: string): string {
  const tree = scratchTree({
    'config.yaml': 'registry: ""\n',
    'images/base/Dockerfile.template': 'FROM scratch\n',
    'images/base/control': 'Package: base\n',
    'images/base/changelog': changelog,
    'images/base/version': { symlink: '../shared/VERSION' },
    'images/shared/VERSION': '7\n',
    'st/Dockerfile.a': 'FROM scratch\n',
  });
  const whole = `
    set -e
    program=$2
    main=$3/bin/generate-bake.js
    gb() { "$program" "$main" "$@" 2>&1 >/dev/null; }
    mount -t tmpfs -o size=200k none /mnt
    cp -r "$1"/* /mnt
    cd /mnt
    ${script}
  `;
  const done = spawnSync(
    'unshare',
    ['-rm', 'sh', '-c', whole, 'sh', tree.path, process.execPath, root],
    {
      encoding: 'utf8',
      env: { ...process.env, DEBFULLNAME: 'Test Er', DEBEMAIL: 'test@example.org' },
    },
  );
  assert.equal(done.status, 0, done.stdout + done.stderr);
  return done.stdout;
}

const commands = [
  'render -o out images',
  'plan images',
  'plan -o plan.json images',
  'update base images --reason R.',
  'new fresh --from scratch images',
  'init there',
  'import stages st',
];

const failing = commands.map((words) => `gb ${words} && exit 9`).join('\n');

test('on a read-only file system each command says so, and nothing else', { skip }, () => {
  const said = onSmallDisk(`mount -o remount,ro /mnt\n${failing}\ntrue`);
  assert.equal(said.match(/is on a read-only file system/g)?.length, commands.length, said);
  assert.doesNotMatch(said, /EROFS|does not exist|\bat .*\.js:/);
});

test('a full disk leaves nothing that blocks the next run', { skip }, () => {
  const said = onSmallDisk(`
    dd if=/dev/zero of=fill bs=1k 2>/dev/null || true
    ${failing}
    find . -name '*.tmp*' -o -name '.*new-*' -o -name '.*init-*'
    rm fill
    printf '' > .generate-bake/.gitignore
    ${commands.map((words) => `gb ${words} || exit 8`).join('\n')}
    test "$(cat .generate-bake/.gitignore)" = '*'
  `);
  assert.equal(said.match(/has no space left/g)?.length, commands.length, said);
  assert.doesNotMatch(said, /ENOSPC|\.tmp|interrupted|\bat .*\.js:/);
});
