/**
 * `generate-bake/jinja` for those who install the package: one module with all that it uses, so that
 * the package depends on no other, and the types that it is imported with.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { joinRequired } from '../join.js';

const entry = 'dist/jinja/index';

/** Path in the package, to text. */
export async function library(root) {
  const files = new Map([[`${entry}.js`, await joined(root)]]);
  addTypes(root, `${entry}.d.ts`, files);
  return files;
}

async function joined(root) {
  const dist = join(root, 'dist');
  const { outputFiles } = await build({
    entryPoints: [join(root, `${entry}.js`)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [joinRequired(dist)],
    // nunjucks is CommonJS, and asks for modules of Node.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
    },
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/** A file of types and all that it imports. */
function addTypes(root, path, files) {
  if (files.has(path)) {
    return;
  }
  const text = readFileSync(join(root, path), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*/, '\n');
  files.set(path, text);
  for (const [, specifier] of text.matchAll(/(?:from |import\()['"]([.#][^'"]+)\.js['"]/g)) {
    const to = specifier.startsWith('#')
      ? `dist/${specifier.slice(1)}`
      : join(dirname(path), specifier);
    addTypes(root, `${to}.d.ts`, files);
  }
}
