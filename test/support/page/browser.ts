/** Debian's Chromium without a window, for pages that are one file. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { installChromium, packagesMissing } from '../engine/packages.js';

const program = '/usr/bin/chromium';

/** Installs the browser where that can be done, and returns why there is none; undefined where there is one. */
export async function prepareBrowser(): Promise<string | undefined> {
  if (existsSync(program)) {
    return undefined;
  }
  const why = packagesMissing();
  if (why !== undefined) {
    return `chromium is not installed, and ${why}, so it cannot be`;
  }
  await installChromium();
  return undefined;
}

export function openBrowser(): Promise<Browser> {
  // Chromium has no sandbox for root, and nothing is opened but files of the test.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: program, args });
}

export interface OpenedPage {
  readonly page: Page;
  /** What should not happen: requests but for the file, dialogs, messages of the console, errors. */
  readonly incidents: readonly string[];
}

/** Opens a file in a window of its own, and notes all that it does. */
export async function openFile(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const incidents: string[] = [];
  const address = `file://${file}`;
  page.on('request', (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && request.url().replace(/#.*/, '') !== address) {
      incidents.push(`request ${request.url()}`);
    }
  });
  page.on('dialog', (dialog) => {
    incidents.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => incidents.push(`console ${message.text()}`));
  page.on('pageerror', (error) => incidents.push(`error ${error.message}`));
  await page.goto(address);
  return { page, incidents };
}

/**
 * When the page was first painted, in milliseconds since it was opened.
 *
 * Asked for again and again from here: what a page is told to wait for, it evaluates itself, and the policy
 * of ours forbids just that.
 */
export async function firstPaint(page: Page): Promise<number> {
  const asked = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null`;
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const paint = await page.evaluate<number | null>(asked);
    if (paint !== null) {
      return paint;
    }
    await sleep(50);
  }
  throw new Error('nothing was painted for a minute');
}
