import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { apartOptions, joinOptions } from '../join.js';

/**
 * The package's copyright file: the licence of the program, and those of the packages whose code is in
 * the bundle, each text once.
 */
export async function copyright(root) {
  return `generate-bake

Copyright: the authors of generate-bake
License: Apache-2.0

${apache}

/usr/share/generate-bake/dist/bundle has the code of the following packages of npm too.

${await joinedLicences(root, apache)}`;
}

/** Each text once, below the packages that have it; `apache` is in place of the text of that licence. */
export async function joinedLicences(root, apache) {
  const users = new Map();
  for (const folder of await joinedPackages(root)) {
    const about = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const text = licenceOf(join(root, folder), about, apache);
    users.set(text, [...(users.get(text) ?? []), `${about.name} ${about.version}`]);
  }
  const parts = [...users].map(([text, names]) => `${names.join(', ')}:\n\n${text}\n`);
  return `${graphviz}\n\n${parts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}

const graphviz = `The code of @hpcc-js/wasm-graphviz has that of Graphviz, compiled to WebAssembly: under the Eclipse Public
License 1.0, https://www.eclipse.org/legal/epl-v10.html, its source at https://gitlab.com/graphviz/graphviz; and
of Expat, under the licence of MIT, its source at https://github.com/libexpat/libexpat.`;

const apache =
  'On Debian systems, the text of the Apache License, version 2.0, is in\n/usr/share/common-licenses/Apache-2.0.';

/** The folders of the packages that esbuild takes code from, as `node_modules/NAME`. */
async function joinedPackages(root) {
  const dist = join(root, 'dist');
  const parts = [
    { entryPoints: [join(dist, 'cli', 'main.js')], ...joinOptions(dist) },
    ...apartOptions(root).map(([, options]) => options),
  ];
  const inputs = [];
  for (const part of parts) {
    const { metafile } = await build({
      ...part,
      absWorkingDir: root,
      write: false,
      metafile: true,
    });
    inputs.push(...Object.keys(metafile.inputs));
  }
  const folders = inputs.flatMap(
    (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? [],
  );
  return [...new Set(folders)].sort();
}

/** Throws where there is none: code that nobody may pass on must not be passed on. */
function licenceOf(folder, { name, license, author }, apache) {
  const file = readdirSync(folder).find((each) =>
    /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(each),
  );
  if (file !== undefined) {
    const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r', '').trim();
    return /Apache License\s+Version 2\.0/.test(text) ? apache : text;
  }
  // The fields of its package.json say it then.
  if (license !== 'MIT' || author === undefined) {
    throw new Error(`the package ${name} has no licence text, and its code is in the bundle`);
  }
  return `${mit}\n\nCopyright (c) ${author.name ?? author}`;
}

const mit = readFileSync(new URL('./mit.txt', import.meta.url), 'utf8').trim();
