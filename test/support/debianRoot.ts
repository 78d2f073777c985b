/** A Debian 13 to install packages in, as they are installed on a machine. */
import { existsSync } from 'node:fs';
import { made } from './engine/base.js';
import { debianSource, packagesMissing } from './engine/packages.js';
import { type Finished, must, run } from './process.js';
import { scratchTree } from './scratch.js';

export interface DebianRoot {
  readonly path: string;
  /** Runs a script of sh in it, as root or as nobody; it has its own environment, not this process's. */
  run(user: 'root' | 'nobody', script: string): Promise<Finished>;
}

/** Why none can be had here; undefined where one can. */
export function debianRootMissing(): string | undefined {
  return packagesMissing() ?? (existsSync('/usr/bin/mmdebstrap') ? undefined : 'no mmdebstrap');
}

/** Debian 13 with apt and nodejs; made once, in about 15 s, and unpacked for each caller. */
export async function debianRoot(): Promise<DebianRoot> {
  const archive = await made('debian-trixie-nodejs.tar', async (file) => {
    const options = ['--mode=root', '--variant=apt', '--include=nodejs', '--format=tar'];
    await must('mmdebstrap', [...options, 'trixie', file, debianSource().uri]);
  });
  const { path } = scratchTree();
  await must('tar', ['--same-owner', '-C', path, '-xpf', archive]);
  // The mount goes with the process that has it.
  const enter = 'mount -t proc proc "$0/proc"; exec chroot --userspec="$1" "$0" sh -c "$2"';
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/tmp',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  return {
    path,
    run: (user, script) =>
      run(
        'unshare',
        ['--mount', 'sh', '-ec', enter, path, user === 'root' ? '0:0' : '65534:65534', script],
        { env },
      ),
  };
}
