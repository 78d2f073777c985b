/**
 * Compares node_modules with package-lock.json, which takes some hundredths of a second: after a pull that
 * changed the dependencies, tsc would only say that it cannot find a module.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [root = join(dirname(fileURLToPath(import.meta.url)), '..')] = process.argv.slice(2);
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const wrong = Object.entries(packages).flatMap(([path, { version, optional }]) => {
  const installed = path === '' ? version : versionOf(path);
  // npm leaves out optional packages of other machines.
  return installed === version || (installed === undefined && optional) ? [] : [path];
});
if (wrong.length > 0) {
  const more = wrong.length > 3 ? ` and ${wrong.length - 3} more` : '';
  process.stderr.write(
    `error: node_modules is not what package-lock.json says: ${wrong.slice(0, 3).join(', ')}${more}\n` +
      'hint: run npm ci\n',
  );
  process.exitCode = 1;
}

function versionOf(path) {
  try {
    return JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}
