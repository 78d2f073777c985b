import type { Progress } from '#fleet/contents/openedImage.js';
import { sizeText } from '#upkeep/prune/localPrune.js';
import type { Io } from './io.js';

/** How often a terminal and a pipe get to know, in milliseconds; what is read sooner needs no sign. */
const every = { terminal: 200, pipe: 10_000 };

/** Says on stderr what is being read and how far it is: in place on a terminal, now and then in a pipe. */
export function readingSigns(io: Io): { readonly progress: Progress; readonly end: () => void } {
  const period = io.terminal ? every.terminal : every.pipe;
  let last = performance.now();
  return {
    progress: (layer, bytes, total) => {
      const now = performance.now();
      if (now - last < period) {
        return;
      }
      last = now;
      const of = total === undefined ? '' : ` of ${sizeText(total)}`;
      const line = `reading ${layer}: ${sizeText(bytes)}${of}`;
      if (io.terminal) {
        io.inPlace(line);
      } else {
        io.say(line);
      }
    },
    end: () => io.inPlace(''),
  };
}
