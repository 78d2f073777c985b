import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { runOnce, type Scenario } from './measure.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/**
 * What the templates add to the start: a program of nothing and one that loads src/jinja, both
 * joined and started as the real one is (scripts/bundle.js), from code that V8 has kept.
 */
export async function startScenarios(directory: string): Promise<Scenario[]> {
  const { joinOptions } = (await import(pathToFileURL(join(root, 'scripts', 'join.js')).href)) as {
    joinOptions: (dist: string) => BuildOptions;
  };
  const jinja = JSON.stringify(join(dist, 'jinja', 'index.js'));
  const programs = {
    'start, nothing loaded': 'process.exitCode = 0;',
    'start, src/jinja loaded': `import { Environment } from ${jinja}; new Environment();`,
  };
  const scenarios: Scenario[] = [];
  for (const [index, [name, contents]] of Object.entries(programs).entries()) {
    const outfile = join(directory, `start${index}.cjs`);
    await build({ ...joinOptions(dist), stdin: { contents, resolveDir: root }, outfile });
    const starter = join(directory, `start${index}.mjs`);
    writeFileSync(starter, starterOf(outfile));
    const scenario = { name, args: [starter], cwd: directory };
    runOnce(scenario); // Leaves the compiled code.
    scenarios.push(scenario);
  }
  return scenarios;
}

function starterOf(program: string): string {
  const file = JSON.stringify(program);
  const code = JSON.stringify(`${program}.code`);
  return `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';
const known = existsSync(${code});
const script = new Script(readFileSync(${file}, 'latin1'), {
  filename: ${file},
  ...(known ? { cachedData: readFileSync(${code}) } : {}),
});
script.runInThisContext()(createRequire(${file}), ${file});
if (!known) writeFileSync(${code}, script.createCachedData());
`;
}
