/**
 * Joins the compiled program and the packages it uses into a few files: dist/bundle, which bin/
 * starts. Node needs 0.7 ms to find, read and link a module, and a plan takes 200 of them: joined,
 * they cost a third. Tests import dist/ itself. Every file lies as deep as those of dist/*, so that
 * paths relative to a module (package.json, templates/) stay right.
 */
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const draft = mkdtempSync(join(dist, '.bundle-'));
try {
  await build({
    entryPoints: [join(dist, 'cli', 'main.js')],
    outdir: draft,
    bundle: true,
    // What a command does not need is not loaded: dynamic imports stay files of their own.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [joinRequired()],
    // What the packages still require are modules of Node's own.
    banner: {
      js: 'const require=(name)=>{const found=process.getBuiltinModule(name);if(found===undefined)throw new Error(`no module ${name}`);return found};',
    },
    logLevel: 'warning',
  });
  chmodSync(draft, 0o755);
  rmSync(join(dist, 'bundle'), { recursive: true, force: true });
  renameSync(draft, join(dist, 'bundle'));
} finally {
  rmSync(draft, { recursive: true, force: true });
}

/** Modules that load a CommonJS package with a `require` of their own let esbuild see it. */
function joinRequired() {
  return {
    name: 'join-required',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        if (!path.startsWith(dist)) return undefined;
        const text = readFileSync(path, 'utf8');
        const own = /const (\w+) = createRequire\(import\.meta\.url\);/.exec(text);
        if (own === null) return undefined;
        const contents = text.replace(own[0], '').replaceAll(`${own[1]}(`, 'require(');
        return { contents, loader: 'js', resolveDir: dirname(path) };
      });
    },
  };
}
