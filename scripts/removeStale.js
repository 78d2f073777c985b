/**
 * Removes what tsc has written for sources that are gone: `removeStale.js SOURCES OUTPUT`. tsc never
 * does, and a test that was renamed would run twice, a module that was moved would be in the package.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [sources = '', output = ''] = process.argv.slice(2);
// What the scripts write into the output themselves.
const ours = /^(bundle|\.bundle-[^/]*)(\/|$)/;
const written = existsSync(output)
  ? readdirSync(output, { recursive: true, encoding: 'utf8' }).filter((file) => !ours.test(file))
  : [];
for (const file of written) {
  const [stem] = /^.*(?=\.(js|js\.map|d\.ts|d\.ts\.map)$)/.exec(file) ?? [];
  if (stem !== undefined && !existsSync(join(sources, `${stem}.ts`))) {
    rmSync(join(output, file));
  }
}
