/** Where the joined program begins (scripts/bundle.js). */
import { endOnBugs } from './lastHandler.js';
import { program } from './program.js';

endOnBugs(process.argv.slice(2));
program(process.argv.slice(2)).then((code) => {
  // Not process.exit: what stdout has taken must still reach a pipe.
  process.exitCode = code;
});
