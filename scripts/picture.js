/**
 * `npm run picture` records a real build in a terminal (build.cast, which asciinema plays too) and draws
 * doc/build.svg. `node scripts/picture.js --replay CAST SVG` draws a recording again, without an engine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { framesOf } from './picture/frames.js';
import { svgOf } from './picture/svg.js';

const words = process.argv.slice(2);
const [cast, picture] = words[0] === '--replay' ? words.slice(1) : ['build.cast', 'doc/build.svg'];
if (words[0] !== '--replay') {
  const { record } = await import('./picture/record.js');
  writeFileSync(cast, await record({ columns: 108, rows: 22 }));
}
const title =
  'generate-bake build --publish in a terminal: 30 images are built side by side, one fails, the others are published';
writeFileSync(picture, svgOf(await framesOf(readFileSync(cast, 'utf8')), title));
