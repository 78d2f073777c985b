/**
 * What dpkg runs so that V8's code for the program is compiled on the machine where it runs, as Python's
 * packages do: a start takes less than half the time, and Debian 13's Node keeps no such code itself. The
 * code is of one version of Node, so it is made again when that is upgraded.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { startOptions } from '../join.js';

const program = '/usr/share/generate-bake';

/** Path in the package, to text; `keepCode` needs none of the modules of dist/. */
export async function keepCode(root) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'scripts/keepCode.js')],
    ...startOptions,
    write: false,
  });
  return outputFiles[0].text;
}

/** By the names that dpkg knows. Without the code the program only starts later, so no failure counts. */
export const maintainerScripts = {
  postinst: `#!/bin/sh
set -e
case "$1" in
  configure | triggered)
    rm -f ${program}/dist/bundle/main.cjs.v*
    cd ${program}/templates/init
    env -i PATH=/usr/bin:/bin HOME=/nonexistent /usr/bin/node ${program}/dist/bundle/keepCode.cjs \\
      -c config.yaml images >/dev/null 2>&1 || true
    ;;
esac
`,
  prerm: `#!/bin/sh
set -e
rm -f ${program}/dist/bundle/main.cjs.v*
`,
};

export const triggers = 'interest-noawait /usr/bin/node\n';
