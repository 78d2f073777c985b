/** `report`: the real command line, and its pages in a real browser. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { runCli } from '../support/cli.js';
import { onlyLong } from '../support/long.js';
import { firstPaint, openBrowser, openFile, prepareBrowser } from '../support/page/browser.js';
import { fleetReport, type MadeImage, madeReport } from '../support/page/report.js';
import { scratchTree } from '../support/scratch.js';

const unavailable = await prepareBrowser();
const skip = unavailable ?? false;
const scratch = scratchTree();

let browser: Browser | undefined;
before(async () => {
  browser = unavailable === undefined ? await openBrowser() : undefined;
});
after(() => browser?.close());

function opened(): Browser {
  assert.ok(browser);
  return browser;
}

/** The page of a report, made by the command line. */
async function pageOf(name: string, report: object, logs?: string): Promise<string> {
  scratch.write({ [`${name}.json`]: JSON.stringify(report) });
  const more = logs === undefined ? [] : ['--logs', logs];
  const args = ['report', `${name}.json`, '-o', `${name}.html`, ...more];
  const { status, stdout, stderr } = await runCli(args, { cwd: scratch.path });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
  return scratch.at(`${name}.html`);
}

const fleets = new Map<number, Promise<string>>();

/** The page of a fleet of so many images, made once. */
function fleetPage(count: number): Promise<string> {
  const known = fleets.get(count);
  const logs = scratch.at(`logs${count}`);
  const made = known ?? pageOf(`fleet${count}`, fleetReport(count, logs), logs);
  fleets.set(count, made);
  return made;
}

for (const [count, most] of [
  [136, 1_000],
  [1_000, 3_000],
  [10_000, 10_000],
] as const) {
  const left = count > 1_000 ? skip || onlyLong : skip;
  test(`a page of ${count} images opens`, { skip: left }, async (t) => {
    const { page, incidents } = await openFile(opened(), await fleetPage(count));
    const paint = await firstPaint(page);
    t.diagnostic(`first paint of ${count} images: ${Math.round(paint)} ms (wanted: ${most} ms)`);
    // Other tests run beside this one.
    assert.ok(paint < 5 * most, String(paint));
    assert.deepEqual(incidents, []);
    assert.equal(await page.locator('.verdict').textContent(), 'Failed');
    // What is not looked at yet is not there yet.
    assert.ok((await page.locator('#images .card').count()) <= 300);
    await page.context().close();
  });
}

test('a search shows what matches by name, owner and how it ended', { skip }, async () => {
  const { page } = await openFile(opened(), await fleetPage(136));
  const shown = () => page.locator('details.card:visible .name').allTextContents();
  const found = page.locator('#found');
  await page.fill('#search', 'service-17');
  await found.filter({ hasText: '1 of 136' }).waitFor();
  assert.deepEqual(await shown(), ['team3/service-17:1.8-17']);
  await page.fill('#search', 'is:failed');
  await found.filter({ hasText: '4 of 136' }).waitFor();
  assert.equal((await shown()).length, 4);
  // 3 is a language, which nothing of team 3 but it is; each service is of the team of its number.
  await page.fill('#search', 'TEAM3@example.org is:failed');
  await found.filter({ hasText: '1 of 136' }).waitFor();
  await page.fill('#search', 'nothing like this');
  await page.locator('#nothing').waitFor({ state: 'visible' });
  assert.deepEqual(await shown(), []);
  await page.locator('#search').press('Escape');
  await page.locator('#nothing').waitFor({ state: 'hidden' });
  assert.equal(await page.locator('#search').inputValue(), '');
  await page.context().close();
});

test('a whole log that is compressed in the page opens, and shows all its lines where that is wanted', {
  skip,
}, async () => {
  const { page, incidents } = await openFile(opened(), await fleetPage(136));
  const log = scratch.at('logs136', 'fleet', '123.log');
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  assert.ok(lines.length > 250, String(lines.length));
  await page.fill('#search', 'service-123');
  const card = page.locator('details.card:visible');
  await card.locator('.inner > summary').click();
  const text = card.locator('.inner pre');
  await text.filter({ hasText: 'Error 2' }).waitFor();
  assert.deepEqual((await text.textContent())?.trimEnd().split('\n'), lines.slice(-200));
  await card.getByRole('button').click();
  assert.deepEqual((await text.textContent())?.trimEnd().split('\n'), lines);
  assert.deepEqual(incidents, []);
  await page.context().close();
});

test('with keys alone: from image to image, open, its log, search, the keys, light and dark', {
  skip,
}, async () => {
  const { page } = await openFile(opened(), await fleetPage(136));
  const { keyboard } = page;
  const focused = () =>
    page.evaluate<string>("document.activeElement?.querySelector('.name')?.textContent");
  await keyboard.press('j');
  assert.equal(await focused(), 'lang3:1.3-3');
  await keyboard.press('j');
  assert.equal(await focused(), 'team1/service-43:1.7-43');
  await keyboard.press('ArrowDown');
  assert.equal(await focused(), 'team6/service-83:1.2-83');
  await keyboard.press('k');
  await keyboard.press('ArrowUp');
  assert.equal(await focused(), 'lang3:1.3-3');
  const first = page.locator('#i0');
  assert.equal(await first.getAttribute('open'), '');
  await keyboard.press('Enter');
  assert.equal(await first.getAttribute('open'), null);
  await keyboard.press('l');
  await first.locator('.inner pre').filter({ hasText: 'Error 2' }).waitFor();
  await keyboard.press('/');
  await keyboard.type('service-17');
  await page.locator('#found').filter({ hasText: '1 of 136' }).waitFor();
  await keyboard.press('Enter');
  assert.equal(await focused(), 'team3/service-17:1.8-17');
  await keyboard.press('?');
  assert.equal(await page.locator('dialog').isVisible(), true);
  await keyboard.press('Escape');
  assert.equal(await page.locator('dialog').isVisible(), false);
  const back = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  assert.equal(await back(), 'rgb(255, 255, 255)');
  await keyboard.press('t');
  assert.equal(await back(), 'rgb(13, 17, 23)');
  await page.context().close();
});

test('more images of a group are made when they are gone to', { skip }, async () => {
  const { page } = await openFile(opened(), await fleetPage(1_000));
  const { keyboard } = page;
  const list = page.locator('#group-published .card');
  assert.equal(await list.count(), 100);
  await list.last().locator('summary').focus();
  await keyboard.press('j');
  assert.equal(await list.count(), 200);
  // A parent far below, by its link and by an address with its place.
  await page.evaluate("location.hash = '#i912'");
  await page.locator('#i912[open]').waitFor();
  await page.context().close();
});

test('the page fits a narrow screen, follows the system to dark, and is read without scripts', {
  skip,
}, async () => {
  const file = await fleetPage(136);
  const narrow = await openFile(opened(), file, {
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
  });
  const [width, back] = await narrow.page.evaluate<readonly [number, string]>(
    '[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]',
  );
  assert.deepEqual([width, back], [360, 'rgb(13, 17, 23)']);
  await narrow.page.context().close();
  const plain = await openFile(opened(), file, { javaScriptEnabled: false });
  const text = await plain.page.locator('main').textContent();
  assert.ok(text);
  assert.match(text, /images\/lang3\/Dockerfile\.template:12/);
  assert.match(text, /make: \*\*\* \[Makefile:14: all\] Error 2/);
  assert.match(text, /team1\/service-8:1\.8-8skippedparent lang3 failed/);
  await plain.page.context().close();
});

const openAll = "for (const box of document.querySelectorAll('details')) { box.open = true; }";

const payloads = [
  '</script><script>globalThis.hacked = 1; alert(1)</script>',
  '<!--<script>',
  '"><img src=x onerror="globalThis.hacked = 1">',
  "'><svg onload=alert(1)>",
  '{{ 7 * 7 }}{% raw %}',
  '</pre></details></main><style>*{display:none}</style>',
  '</noscript></textarea></title></style>',
  'javascript:alert(1)',
  '\u001b[31mred\u001b[0m\u0000\u2028\u2029\u202e\u0007',
  '&lt;b&gt; &#60;i&#62;',
];

test('nothing that a report or a log says runs: it is text', { skip }, async () => {
  const all = payloads.join(' ');
  mkdirSync(scratch.at('hostile', 'tree'), { recursive: true });
  writeFileSync(scratch.at('hostile', 'tree', 'a.log'), payloads.join('\n'));
  const image = (name: string, ending: string, more: object = {}): MadeImage => ({
    reference: `${name} ${all}:1 ${all}`,
    ending,
    why: all,
    reasons: [{ kind: 'new-version', text: all }],
    owner: all,
    reason: all,
    place: all,
    tail: payloads,
    state: all,
    digest: all,
    log: '/tree/a.log',
    parents: [{ reference: `other ${all}`, digest: all }],
    ...more,
  });
  const failed = image('failed', 'failed', { during: all });
  const skipped = image('skipped', 'skipped', { parents: [{ reference: failed.reference }] });
  const report = madeReport([failed, skipped, image('published', 'published')], {
    engine: { docker: all, buildx: all, builder: all },
    revision: { commit: all, uncommitted: true },
    unnamed: [{ tree: all, path: all, reason: all }],
    criticalPath: { images: [failed.reference], milliseconds: 1 },
  });
  const file = await pageOf('hostile', report, scratch.at('hostile'));
  const { page, incidents } = await openFile(opened(), file);
  await page.evaluate(openAll);
  await page.locator('#i0 .inner').waitFor();
  await page.evaluate(openAll);
  const log = page.locator('#i0 .inner pre');
  await log.filter({ hasText: 'onerror' }).waitFor();
  const shown = payloads.map((line) =>
    line.startsWith('\u001b') ? 'red\\x00\\u2028\\u2029\\u202e\\x07' : line,
  );
  assert.deepEqual((await log.textContent())?.trimEnd().split('\n'), shown);
  const tail = await page.locator('#i0 .body > pre').textContent();
  assert.deepEqual(tail?.trimEnd().split('\n'), shown);
  assert.equal(await page.evaluate<boolean>("'hacked' in globalThis"), false);
  // The elements are those of the page alone.
  assert.equal(await page.locator('img').count(), 1);
  assert.equal(await page.locator('style').count(), 1);
  assert.equal(await page.locator('[onerror], [onload], a:not([href^="#"])').count(), 0);
  assert.deepEqual(incidents, []);
  await page.context().close();
});

test('the policy of the page stops a script that is put in, and every request', {
  skip,
}, async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { page, incidents } = await openFile(opened(), await fleetPage(136));
  await page.evaluate(`
    const script = document.createElement('script');
    script.textContent = 'globalThis.hacked = 1';
    const image = document.createElement('img');
    image.src = 'http://127.0.0.1:${port}/x.png';
    document.body.append(script, image);
  `);
  await page.waitForTimeout(100);
  assert.equal(await page.evaluate<boolean>("'hacked' in globalThis"), false);
  assert.equal(incidents.filter((each) => /Content Security Policy/i.test(each)).length, 2);
  assert.deepEqual(asked, []);
  server.close();
  await page.context().close();
});

const refused: readonly (readonly [name: string, text: string, told: RegExp])[] = [
  ['not-json', '<html>', /^not-json\.json: error: not a report: it is not JSON \[report-file\]$/m],
  ['other', '{"schema": 2}', /^other\.json: error: not a report of schema 1 \[report-file\]$/m],
  [
    'damaged',
    JSON.stringify(madeReport([{ reference: 'a:1', buildMs: '5' }])),
    /^damaged\.json: error: the report is damaged: images\[0\]\.buildMs is not a number from 0 to \d+ \[report-file\]$/m,
  ],
];

for (const [name, text, told] of refused) {
  test(`a report that is ${name} is refused, and no page is written`, async () => {
    scratch.write({ [`${name}.json`]: text });
    const args = ['report', `${name}.json`, '-o', `${name}.html`];
    const { status, stdout, stderr } = await runCli(args, { cwd: scratch.path });
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, told);
    assert.equal(statSync(scratch.at(`${name}.html`), { throwIfNoEntry: false }), undefined);
  });
}

test('the page goes to stdout without -o, and to no directory, report or missing place', async () => {
  scratch.write({ 'one.json': JSON.stringify(madeReport([{ reference: 'a:1' }])), 'folder/': '' });
  const runIn = (...args: string[]) => runCli(['report', ...args], { cwd: scratch.path });
  const whole = await runIn('one.json');
  assert.deepEqual([whole.status, whole.stderr], [0, '']);
  assert.match(whole.stdout, /^<!doctype html>\n[\s\S]*<\/html>\n$/);
  assert.equal((await runIn('one.json', '-o', '-')).stdout, whole.stdout);
  for (const [file, told] of [
    ['folder', /folder cannot be written: it is a directory/],
    ['one.json', /the page would replace the report: one\.json/],
    ['none/one.html', /would be in .*none, which does not exist/],
  ] as const) {
    const { status, stdout, stderr } = await runIn('one.json', '-o', file);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, told);
  }
  assert.equal((await runIn('one.json', 'two.json', '-o', 'x.html')).status, 2);
  assert.equal((await runIn('-o', 'x.html')).status, 2);
  const noLogs = await runIn('one.json', '--logs', 'none', '-o', 'x.html');
  assert.deepEqual(
    [noLogs.status, /--logs is not a directory: none/.test(noLogs.stderr)],
    [2, true],
  );
});

test('a link to a file is written through, and logs that are not there are counted', async () => {
  scratch.write({
    'two.json': JSON.stringify(
      madeReport([
        { reference: 'a:1', log: '/gone/a.log' },
        { reference: 'b:1', log: '/etc/passwd' },
      ]),
    ),
    'real.html': 'old',
  });
  symlinkSync(scratch.at('real.html'), scratch.at('link.html'));
  const args = ['report', 'two.json', '-o', 'link.html'];
  const { status, stderr } = await runCli(args, { cwd: scratch.path });
  const directory = join(scratch.path, '.generate-bake/logs');
  assert.deepEqual(
    [status, stderr],
    [0, `2 logs are not in the page: there are no such files in ${directory} (--logs DIR)\n`],
  );
  const text = readFileSync(scratch.at('real.html'), 'utf8');
  assert.match(text, /^<!doctype html>/);
  assert.equal(text.includes('root:x:'), false);
});
