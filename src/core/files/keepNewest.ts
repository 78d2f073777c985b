import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes the files of a cache directory of ours that were written first, until at most `most` bytes are
 * left. What cannot be removed stays.
 */
export function keepNewest(directory: string, most: number): void {
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ name }) => {
      const file = join(directory, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ file, bytes: stat.size, written: stat.mtimeMs }];
    })
    .sort((a, b) => b.written - a.written);
  let kept = 0;
  for (const { file, bytes } of files) {
    kept += bytes;
    if (kept > most) {
      rmSync(file, { force: true });
    }
  }
}
