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

/**
 * A plugin of esbuild: node-fetch takes the URL of Node where there is one, so the package that it
 * falls back on (370 KB with its tables) stays out.
 */
const nodeUrl = {
  name: 'node-url',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^whatwg-url$/ }, ({ path }) => ({ path, namespace: 'node-url' }));
    onLoad({ filter: /.*/, namespace: 'node-url' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * What few runs need is a file of its own beside the program: Graphviz is 0.8 MB that only a picture needs, the
 * library of CycloneDX 0.1 MB.
 */
const apart = new Map([
  ['@hpcc-js/wasm-graphviz', 'graphviz.cjs'],
  ['@cyclonedx/cyclonedx-library', 'cyclonedx.cjs'],
]);

/** A plugin of esbuild for that; the files are made with `apartOptions`. */
const joinedApart = {
  name: 'joined-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^@/ }, ({ path, kind }) => {
      const file = kind === 'entry-point' ? undefined : apart.get(path);
      return file === undefined ? undefined : { path: `./${file}`, external: true };
    });
  },
};

/** The names of these files. */
export const apartFiles = [...apart.values()];

/** How each of them is joined: a CommonJS module beside the program, by the name of its file. */
export function apartOptions(root) {
  return [...apart].map(([entry, file]) => [
    file,
    {
      entryPoints: [entry],
      absWorkingDir: root,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      // The code of CycloneDX for browsers has no validators, which want further packages.
      conditions: ['browser'],
      define: { self: 'globalThis' },
      target: 'node20',
      minify: true,
      legalComments: 'none',
      charset: 'ascii',
      logLevel: 'warning',
    },
  ]);
}

/**
 * How a program is joined: a function of `require` and its own path, read as Latin-1. Without white
 * space, since reading the text costs more than anything else in it; names stay, for `--debug`.
 */
export function joinOptions(dist) {
  return {
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
    // Read as Latin-1, which V8 keeps in half the space.
    charset: 'ascii',
    plugins: [joinRequired(dist), nodeUrl, joinedApart],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: {
      js: "(function (require, __filename) {\nconst module = { exports: {} };\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href;",
    },
    footer: { js: '})' },
    logLevel: 'warning',
  };
}

/** How what starts the joined program is joined: a CommonJS module. */
export const startOptions = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  define: { 'import.meta.url': 'startUrl' },
  banner: { js: "const startUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
};
