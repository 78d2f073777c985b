// biome-ignore lint/style/noRestrictedImports: runs before the program is loaded, and reads nothing but it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { constants, Script } from 'node:vm';

/** The program as scripts/bundle.js has joined it: a function of `require` and its own path. */
const bundle = fileURLToPath(new URL('../bundle/main.cjs', import.meta.url));

/**
 * What V8 made of it when it was built, for this version of Node and this kind of machine alone.
 * It is beside the program, so whoever could change it could change the program.
 */
export const bundleCode = `${bundle}.${process.version}-${process.arch}`;

/**
 * Starts the program. With code that is compiled already it takes 0.6 of the time for 136 images:
 * most of a short run goes into compiling functions that run once or twice. Node keeps such code
 * itself from 22.8 on; 20 does not. Without any, or with some that V8 refuses, it is only slower.
 */
export function startBundle(): Script {
  const code = compiledCode();
  const script = new Script(readFileSync(bundle, 'latin1'), {
    filename: bundle,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(code === undefined ? {} : { cachedData: code }),
  });
  script.runInThisContext()(createRequire(bundle), bundle);
  return script;
}

function compiledCode(): Buffer | undefined {
  try {
    return readFileSync(bundleCode);
  } catch {
    return undefined;
  }
}
