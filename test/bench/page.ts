/**
 * What the page of a build costs a browser: a part of `npm run bench`. First paint of fleets of several sizes in the real
 * Chromium, as ratios to a page with one word. Prints medians; it judges nothing.
 */
import { writeFileSync } from 'node:fs';
import { runCli } from '../support/cli.js';
import { firstPaint, openBrowser, openFile, prepareBrowser } from '../support/page/browser.js';
import { fleetReport } from '../support/page/report.js';
import { scratchTree } from '../support/scratch.js';

const rounds = 5;
/** Images, and the milliseconds that are wanted. */
const sizes = [
  [136, 1_000],
  [1_000, 3_000],
] as const;

const missing = await prepareBrowser();
if (missing === undefined) {
  await bench();
} else {
  console.log(`page: left out: ${missing}`);
}

async function bench(): Promise<void> {
  const scratch = scratchTree();
  const empty = scratch.at('empty.html');
  writeFileSync(empty, '<!doctype html><title>x</title><p>word\n');
  const pages = [{ name: 'one word', file: empty, most: '' }];
  for (const [count, most] of sizes) {
    const logs = scratch.at(`logs${count}`);
    writeFileSync(scratch.at(`${count}.json`), JSON.stringify(fleetReport(count, logs)));
    const args = ['report', `${count}.json`, '-o', `${count}.html`, '--logs', logs];
    const made = await runCli(args, { cwd: scratch.path });
    if (made.status !== 0) {
      throw new Error(made.stderr);
    }
    pages.push({
      name: `page, ${count} images`,
      file: scratch.at(`${count}.html`),
      most: ` (wanted: ${most} ms)`,
    });
  }
  const browser = await openBrowser();
  try {
    const times = new Map(pages.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, file } of pages) {
        const { page } = await openFile(browser, file);
        times.get(name)?.push(await firstPaint(page));
        await page.context().close();
      }
    }
    const medianOf = (name: string) =>
      (times.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
    const unit = medianOf(pages[0]?.name ?? '');
    for (const { name, most } of pages) {
      const paint = medianOf(name);
      console.log(
        `${name}: first paint ${Math.round(paint)} ms, ${(paint / unit).toFixed(1)} x${most}`,
      );
    }
  } finally {
    await browser.close();
  }
}
