/** An engine to work with by hand: `eval "$(npm run -s engine)"`; `npm run engine -- --help` says more. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDockerd, environment, programs, removeDockerd } from './dockerd.js';
import { describe, storeArgs } from './engine.js';
import { withLock } from './lock.js';
import { installPackages, packagesMissing } from './packages.js';
import { keptRun, removeRun } from './run.js';
import { type EngineWords, engineHelp, engineWords } from './words.js';

const asked = engineWords(process.argv.slice(2));
if (asked === 'help') {
  process.stdout.write(engineHelp);
} else if ('error' in asked) {
  console.error(`error: ${asked.error}\nhint: npm run engine -- --help`);
  process.exitCode = 2;
} else {
  await startOrStop(asked);
}

async function startOrStop({ kind, name, stop }: EngineWords): Promise<void> {
  const run = keptRun(`${kind}-${name}`);
  const missing = packagesMissing();
  if (missing !== undefined) {
    console.error(`an engine is started as root on Debian, and ${missing}`);
    process.exitCode = 3;
  } else if (stop) {
    await removeRun(run);
    console.error(`stopped ${kind} engine ${name}`);
  } else {
    await installPackages();
    const dockerd = { folder: join(run, 'engines', 'one'), kind, args: storeArgs(kind) };
    await withLock(join(run, 'lock'), async () => {
      const env = environment(dockerd);
      const up = join(dockerd.folder, 'up');
      const alive = await describe(kind, env).then(
        () => true,
        () => false,
      );
      if (existsSync(up) && alive) {
        return;
      }
      // Its bridge and mounts may be gone with a restart of the machine.
      await removeDockerd(dockerd.folder);
      await createDockerd(dockerd);
      writeFileSync(up, '');
    });
    const env = environment(dockerd);
    console.error(`${(await describe(kind, env)).name}; stop it with --stop`);
    for (const variable of ['DOCKER_HOST', 'DOCKER_CONFIG']) {
      console.log(`export ${variable}='${env[variable]}'`);
    }
    console.log(`export PATH='${programs(kind).join(':')}':"$PATH"`);
  }
}
