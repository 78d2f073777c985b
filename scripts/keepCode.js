/** Runs the joined program and leaves the code that V8 compiled on the way beside it. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { bundleCode, startBundle } from '../dist/cli/bundle.js';

rmSync(bundleCode, { force: true });
const script = startBundle();
process.on('exit', () => {
  const draft = `${bundleCode}.${process.pid}.tmp`;
  writeFileSync(draft, script.createCachedData());
  renameSync(draft, bundleCode);
});
