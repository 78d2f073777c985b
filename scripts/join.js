import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A plugin of esbuild: modules below `dist` that load a CommonJS package with a `require` of their
 * own let esbuild see it.
 */
export function joinRequired(dist) {
  return {
    name: 'join-required',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        if (!path.startsWith(dist)) {
          return undefined;
        }
        const text = readFileSync(path, 'utf8');
        const own = /const (\w+) = createRequire\(import\.meta\.url\);/.exec(text);
        if (own === null) {
          return undefined;
        }
        const contents = text.replace(own[0], '').replaceAll(`${own[1]}(`, 'require(');
        return { contents, loader: 'js', resolveDir: dirname(path) };
      });
    },
  };
}

/** How a program is joined: a function of `require` and its own path, read as Latin-1. */
export function joinOptions(dist) {
  return {
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // Read as Latin-1, which V8 keeps in half the space.
    charset: 'ascii',
    plugins: [joinRequired(dist)],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: {
      js: "(function (require, __filename) {\nconst module = { exports: {} };\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href;",
    },
    footer: { js: '})' },
    logLevel: 'warning',
  };
}
