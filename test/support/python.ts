import { spawnSync } from 'node:child_process';

/** A Python that has `module`: Debian's own, whose packages apt installs, before others on the path. */
export function pythonWith(module: string): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (program) => spawnSync(program, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0,
  );
}

/** A skip reason for node:test where no Python has `module`, or false; `install` is its package. */
export function noPython(module: string, install: string): string | false {
  return pythonWith(module) === undefined
    ? `no python3 has ${module}: apt-get install ${install}`
    : false;
}
