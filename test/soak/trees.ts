/**
 * Runs the program on random hostile trees for a while: `npm run soak:trees [-- SECONDS [SEED]]`.
 * A tree has random links, names, keys, sizes and cycles in all kinds of definitions. What must
 * hold: only documented exit statuses, no trace, at most 10 seconds of the processor and 1 GiB, and
 * nothing beside the tree read or changed. It prints what it counted, keeps each tree with a fault
 * (at most ten), and ends with 1 where there is one, or where a read of a bait would not show.
 */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../support/cli.js';
import { gitIn } from '../support/gitRepository.js';
import { run } from '../support/process.js';

/** A small generator (mulberry32), so that a tree can be made again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const seconds = Number(process.argv[2] ?? 60);
const firstSeed = Number(process.argv[3] ?? 1);
const secret = 'bait-hunter2';
const odd = ['', ' ', '\n', '\t', '$', '{', '}', '[', ']', '"', "'", '\\', '*', '<', ':', '=', ','];
const words = ['FROM', 'a', 'ARG A', '${A}', '{{ x }}', '--', '<b>', '../..', 'é', '1', '- ', '#'];

class Maker {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(of: number): boolean {
    return this.#random() < of;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    assert.ok(item !== undefined);
    return item;
  }

  /** From one to very many. */
  count(): number {
    return Math.floor(10 ** (this.#random() * 5));
  }

  /** The text with a piece repeated, cut out, or put in. */
  spoilt(text: string): string {
    const at = this.below(text.length + 1);
    const rest = text.slice(at);
    switch (this.below(6)) {
      case 0:
        return text.slice(0, at) + this.pick(odd) + rest;
      case 1:
        return text.slice(0, at) + this.pick([...odd, ...words]).repeat(this.count()) + rest;
      case 2:
        return text.slice(0, at) + rest.slice(this.below(20));
      case 3: {
        const lines = text.split('\n');
        const line = `${lines[this.below(lines.length)]}\n`;
        return text + line.repeat(this.count()).slice(0, 3_000_000);
      }
      case 4: {
        const line = this.pick(words) + this.pick(odd);
        return text + Array.from({ length: this.count() }, (_, n) => `${line}${n}\n`).join('');
      }
      default:
        return text;
    }
  }
}

const changelog = (name: string): string =>
  `${name} (1.0) w; urgency=low\n\n  * A.\n\n -- A <a@b.org>  Mon, 02 Mar 2026 10:00:00 +0000\n`;

/** The files of a sound tree with all kinds of definitions; images refer to one another in a circle. */
function sound(maker: Maker, registry: string): Record<string, string> {
  const other = () => `i${maker.below(6)}`;
  const files: Record<string, string> = {
    'config.yaml': `registry: "${registry}"\nnamespace: ns\nx: {a: [1, 2], b: 1:30}\n`,
    'st/vars.sh': 'A=1\nexport B="$A-${C:-2}"\n',
    'st/Dockerfile.one': 'FROM scratch\nARG A\nARG B=x\nUSER 1\n',
    'images/i0/Dockerfile.template': `FROM {{ "${other()}" | image_tag }}\nRUN {{ x.a }}\n`,
    'images/i0/changelog': changelog('i0'),
    'images/i0/control': `Package: i0\nBuild-Depends: ${other()}, ${other()}\nDescription: x\n`,
    'images/i1/Dockerfile.template': 'FROM scratch\n{% include "images/i0/control" %}\n',
    'images/i1/changelog': changelog('i1'),
    'images/i2/image.toml': 'version = "1.0"\ntags = ["t"]\n[labels]\na = "b"\n[args]\nA = "1"\n',
    'images/i2/Dockerfile': `ARG A=x\nARG B=\${A%x}\${A/x/y}\nFROM scratch AS s\nFROM ${other()}:1.0\nCOPY --from=s a b\n`,
    'images/i2/.dockerignore': maker.chance(0.2)
      ? Array.from({ length: maker.count() }, (_, n) => `*a${'*/**/a'.repeat(n % 9)}*`).join('\n')
      : '*\n!a/**/b*\n[a-c]?\n',
    'images/i2/a/b': 'x',
    'images/i3/image.yaml': 'version: "file:VERSION"\nlabels: {a: b}\nplatforms: [linux/amd64]\n',
    'images/i3/VERSION': '2.0\n',
    'images/i3/Dockerfile': `FROM ${other()}:1.0\nRUN <<E\nx\nE\n`,
    'images/r/rootfs.toml':
      'suite = "bookworm"\ntimestamp = "2026-01-01"\npackages = ["a"]\n[[files]]\nsource = "f"\ntarget = "/f"\n',
    'images/r/f': 'x',
    '.env': 'A=1\n',
  };
  if (maker.chance(0.4)) {
    files['generate-bake.toml'] =
      '[[tree]]\ndirectory = "images"\nconfig = ["config.yaml"]\n[[tree]]\ndirectory = "st"\nkind = "stages"\nprefix = "p-"\nversion = "${A}"\nvars = ["vars.sh"]\n';
  }
  return files;
}

/** A tree of plain Dockerfiles, found by convention or by a short file. */
function soundDockerfiles(maker: Maker): Record<string, string> {
  const other = () => maker.pick(['ns/base', 'ns/services/api', 'ns/web', 'ns/web-dev', 'debian']);
  const version = maker.pick(['content', 'commit', 'date', '1.0', 'file:VERSION', 'git:v*']);
  const files: Record<string, string> = {
    'base/Dockerfile': `ARG A=x\nFROM ${other()}\nONBUILD COPY src/\${A} /\nADD https://x.example/y /\n`,
    'services/api/Dockerfile': `FROM ${other()}:latest AS s\nCOPY [ "services/api/x", "*.md", "/" ]\nRUN --mount=type=bind,source=web <<E\nx\nE\n`,
    'services/api/x': 'x',
    'web/docker/Dockerfile': `FROM ${other()}\nCOPY --from=s a b\nCOPY . .\n`,
    'web/docker/Dockerfile.dev': `FROM ${other()}\nARG B=web\nCOPY \${B}/docker \${B%e*}/\n`,
    'web/tool.Dockerfile': 'FROM scratch\n',
    'a/image.toml': '[[image]]\nname = "one"\n[[image]]\nname = "two"\ntarget = "s"\n',
    'a/Dockerfile': 'FROM scratch AS s\nFROM scratch\n',
    'README.md': 'x',
    VERSION: '3.0\n',
    '.dockerignore': '*.md\n!README.md\n**/x\n',
    '.gitignore': 'out\nhome\n',
  };
  if (maker.chance(0.6)) {
    files['generate-bake.toml'] =
      `namespace = "ns"\nversion = "${version}"\ntags = ["{version}-x"]\nexclude = ["a", "**/dev*"]\ninputs = ["README.md"]\n[[image]]\npath = "services/api"\ncontext = "/"\ninputs = ["services/**", "../x"]\naliases = ["debian:12"]\n`;
  }
  return files;
}

/** Makes the tree in `outer/tree`, beside baits and the user's own `outer/home`. */
function makeTree(maker: Maker, outer: string, registry: string): string {
  const tree = join(outer, 'tree');
  const files = maker.chance(0.3) ? soundDockerfiles(maker) : sound(maker, registry);
  const names = Object.keys(files);
  const targets = ['../../../bait.txt', join(outer, 'baits'), '/dev/zero', '/proc', '/', '.', '..'];
  for (let faults = 1 + maker.below(4); faults > 0; faults--) {
    const name = maker.pick(names);
    files[name] = maker.spoilt(files[name] ?? '');
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text.slice(0, 8_000_000));
  }
  for (let links = maker.below(3); links > 0; links--) {
    const spots = [...names, 'images/i2/link', '.generate-bake', 'images/n', 'images/i2/a/c'];
    const at = join(tree, maker.pick(spots));
    rmSync(at, { recursive: true, force: true });
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(maker.pick([...targets, ...names.map((name) => join(tree, name))]), at);
  }
  if (maker.chance(0.3)) {
    const name = `images/${maker.pick(['\u001b[31m', 'a\nb', '-o', '$(id)', '"', 'ü'.repeat(80)])}`;
    mkdirSync(join(tree, name), { recursive: true });
    writeFileSync(join(tree, name, 'image.toml'), 'version = "1"\n');
    writeFileSync(join(tree, name, 'Dockerfile'), 'FROM scratch\n');
  }
  if (maker.chance(0.6)) {
    gitIn(tree, 'init', '--quiet');
    gitIn(tree, 'add', '--all');
    gitIn(
      tree,
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      'x',
    );
  }
  return tree;
}

function plantBaits(outer: string): void {
  mkdirSync(join(outer, 'baits/inner'), { recursive: true });
  mkdirSync(join(outer, 'home/.cache/generate-bake'), { recursive: true });
  mkdirSync(join(outer, 'home/.local/state'), { recursive: true });
  for (const name of ['bait.txt', 'baits/one', 'baits/inner/two.log']) {
    writeFileSync(join(outer, name), `${secret}\n`);
    // Older than its last change: only so does a read show where times of access are relative.
    utimesSync(join(outer, name), new Date('2001-01-01'), new Date('2002-02-02'));
  }
}

/** All that is beside the tree: kinds, sizes, modes, times of change and of access of files. */
function surroundings(outer: string): string[] {
  return readdirSync(outer, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .filter(({ path }) => !/^\/(?:tree|home\/\.cache|home\/\.local)/.test(path.slice(outer.length)))
    .map(({ entry, path }) => {
      const { mode, size, mtimeMs, atimeMs } = statSync(path);
      return `${path} ${mode} ${size} ${mtimeMs} ${entry.isFile() ? atimeMs : ''}`;
    })
    .sort();
}

/** Whether a read of a bait shows here: some file systems keep no times of access. */
function readsShow(): boolean {
  const outer = mkdtempSync(join(tmpdir(), 'generate-bake-soak-'));
  try {
    plantBaits(outer);
    const before = surroundings(outer);
    readFileSync(join(outer, 'baits/one'));
    return String(surroundings(outer)) !== String(before);
  } finally {
    rmSync(outer, { recursive: true, force: true });
  }
}

const commands: readonly (readonly string[])[] = [
  ['list'],
  ['list', '--tree'],
  ['plan'],
  ['plan', '--format', 'hcl'],
  ['render', '-o', 'out'],
  ['status', '--no-credentials'],
  ['update', '--dry-run', '--reason', 'x', 'i0'],
  ['prune', '--registry'],
  ['import', '--dry-run'],
];

interface Measured {
  readonly seconds: number;
  readonly kibibytes: number;
}

async function check(tree: string, outer: string, command: readonly string[]): Promise<Measured> {
  const limits = 'ulimit -t 20; exec /usr/bin/time -f "TIME %U %S %M" "$@"';
  const bin = join(root, 'bin/generate-bake.js');
  const names = readdirSync(tree);
  const hasWorkspace = names.includes('generate-bake.toml') || !names.includes('config.yaml');
  const isNamed = command[0] === 'update' || command[0] === 'import' || hasWorkspace;
  const line = [process.execPath, bin, ...command, ...(isNamed ? [] : ['images'])];
  const { status, stdout, stderr } = await run('bash', ['-c', limits, 'sh', ...line], {
    cwd: tree,
    env: { PATH: process.env.PATH, HOME: join(outer, 'home') },
  });
  const [, user = 'NaN', system = 'NaN', kibibytes = 'NaN'] =
    /TIME (\S+) (\S+) (\d+)\s*$/.exec(stderr) ?? [];
  const used = { seconds: Number(user) + Number(system), kibibytes: Number(kibibytes) };
  const about = `${command.join(' ')} ended with ${status}: ${stderr.slice(-1500)}`;
  assert.ok([0, 1, 2, 3].includes(status ?? -1), about);
  assert.doesNotMatch(stderr, /internal error|\.js:\d+/, about);
  assert.ok(!(stdout + stderr).includes(secret), `${command.join(' ')} shows a bait`);
  assert.ok(used.seconds < 10, `${used.seconds} seconds: ${about}`);
  assert.ok(used.kibibytes < 1024 * 1024, `${used.kibibytes} KiB: ${about}`);
  return used;
}

const server = createServer((_, response) => response.writeHead(404).end());
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const registry = `127.0.0.1:${(server.address() as AddressInfo).port}`;
const end = Date.now() + seconds * 1000;
const worst = { seconds: 0, kibibytes: 0 };
let trees = 0;
let runs = 0;
let faults = 0;
if (!readsShow()) {
  console.error(`a read of a file in ${tmpdir()} does not show: set TMPDIR`);
  process.exitCode = 1;
}
for (let seed = firstSeed; Date.now() < end && faults < 10; seed++) {
  const maker = new Maker(seed);
  const outer = mkdtempSync(join(tmpdir(), 'generate-bake-soak-'));
  try {
    plantBaits(outer);
    const tree = makeTree(maker, outer, registry);
    const before = surroundings(outer);
    for (let count = 3; count > 0; count--) {
      const used = await check(tree, outer, maker.pick(commands));
      worst.seconds = Math.max(worst.seconds, used.seconds);
      worst.kibibytes = Math.max(worst.kibibytes, used.kibibytes);
      runs++;
      assert.deepEqual(surroundings(outer), before);
    }
    assert.equal(readFileSync(join(outer, 'bait.txt'), 'utf8'), `${secret}\n`);
    trees++;
    rmSync(outer, { recursive: true, force: true });
  } catch (cause) {
    console.error(
      `seed ${seed}, tree ${outer}/tree: ${cause instanceof Error ? cause.message : cause}`,
    );
    process.exitCode = 1;
    faults++;
  }
}
server.close();
console.log(
  `${trees} trees, ${runs} runs, ${faults} with a fault; at most ${worst.seconds.toFixed(1)} s and ${Math.round(worst.kibibytes / 1024)} MiB`,
);
