import { startBundle } from './bundle.js';
import { version } from './version.js';

const argv = process.argv.slice(2);
if (argv.length === 1 && /^(?:--version|-[vV])$/.test(argv[0] ?? '')) {
  // Answered before anything else is loaded.
  process.stdout.write(`${version()}\n`);
} else {
  startBundle();
}
