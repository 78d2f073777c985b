/** Base images for tests, which cannot pull any: made here and loaded under any name. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from '../process.js';
import type { Engine } from './engine.js';
import { withLock } from './lock.js';
import { cache, debianSource } from './packages.js';

const environmentPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Loads a tiny image (busybox with sh and all its applets, 2 MB) under these names, public ones
 * such as `docker.io/library/debian:bookworm-slim` too.
 */
export async function loadBase(engine: Engine, ...names: string[]): Promise<void> {
  await load(engine, 'generate-bake-test/busybox:1', names, busyboxArchive);
}

/** Loads a real, minimal Debian bookworm with apt under these names; made once, in about 15 s. */
export async function loadDebian(engine: Engine, ...names: string[]): Promise<void> {
  await load(engine, 'generate-bake-test/debian:bookworm', names, debianArchive);
}

async function load(
  engine: Engine,
  name: string,
  aliases: readonly string[],
  archive: () => Promise<string>,
): Promise<void> {
  const { env } = engine;
  if ((await run('docker', ['image', 'inspect', name], { env })).status !== 0) {
    const changes = ['--change', 'CMD ["sh"]', '--change', `ENV ${environmentPath}`];
    await must('docker', ['import', ...changes, await archive(), name], { env });
  }
  for (const alias of aliases) {
    await must('docker', ['tag', name, alias], { env });
  }
}

function busyboxArchive(): Promise<string> {
  return made('busybox.tar', async (file) => {
    const root = `${file}.root`;
    const script = `
      mkdir -p "$0/bin" "$0/etc" "$0/root" "$0/tmp" "$0/usr/bin" "$0/usr/sbin" "$0/usr/local/bin"
      chmod 1777 "$0/tmp"
      cp "$(command -v busybox)" "$0/bin/busybox"
      for applet in $(busybox --list); do
        [ "$applet" = busybox ] || ln -s busybox "$0/bin/$applet"
      done
      printf 'root:x:0:0:root:/root:/bin/sh\\nnobody:x:65534:65534::/:/bin/false\\n' > "$0/etc/passwd"
      printf 'root:x:0:\\nnogroup:x:65534:\\n' > "$0/etc/group"
      tar -C "$0" --owner=0 --group=0 --mtime=@0 --sort=name -cf "$1" .`;
    await must('sh', ['-euc', script, root, file]);
    rmSync(root, { recursive: true });
  });
}

function debianArchive(): Promise<string> {
  return made('debian-bookworm.tar', async (file) => {
    const { uri } = debianSource();
    await must('mmdebstrap', ['--variant=minbase', '--format=tar', 'bookworm', file, uri], {
      env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' },
    });
  });
}

/** A file of the cache, made by one process for all. */
export async function made(name: string, make: (file: string) => Promise<void>): Promise<string> {
  const file = join(cache, name);
  if (existsSync(file)) {
    return file;
  }
  mkdirSync(cache, { recursive: true });
  await withLock(`${file}.lock`, async () => {
    if (existsSync(file)) {
      return;
    }
    const partial = `${file}.partial`;
    rmSync(`${partial}.root`, { recursive: true, force: true });
    rmSync(partial, { force: true });
    await make(partial);
    renameSync(partial, file);
  });
  return file;
}
