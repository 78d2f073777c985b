/**
 * Loaded before the program: leaves its peak of resident memory, in bytes, in the file that
 * GENERATE_BAKE_BENCH_PEAK names. Not getrusage's maxrss, which begins at that of the process that
 * started this one.
 */
import { readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => {
  const file = process.env.GENERATE_BAKE_BENCH_PEAK;
  if (file === undefined) {
    return;
  }
  const status = readFileSync('/proc/self/status', 'utf8');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  writeFileSync(file, String(Number(kibibytes) * 1024));
});
