/**
 * What `outdated` costs: a part of `npm run bench`. The real tree's shape, 136 images, all of them published on a real
 * registry, with sources of a small archive: once with nothing kept from before, then as every day. Prints seconds, and how often
 * each layer was read. It judges nothing.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { aptArchive, aptArchiveMissing, statusOf } from '../support/aptArchive.js';
import { runCli } from '../support/cli.js';
import { registryProgram } from '../support/engine/packages.js';
import { type Registry, registry } from '../support/engine/registry.js';
import { putLayers, tarOf } from '../support/layers.js';
import { scratchTree } from '../support/scratch.js';

/** Each root has as many packages as a small Debian image, and each image brings a few of its own. */
const [ofRoot, ofImage] = [96, 40];

/** Digests of blobs that are no layers. */
const configs = new Set<string>();

interface Listed {
  readonly images: readonly {
    readonly name: string;
    readonly version: string;
    readonly repository: string;
    readonly reference: string;
    readonly base: string;
  }[];
}

const missing =
  aptArchiveMissing() ??
  (registryProgram() === undefined ? 'no docker-registry on this machine' : undefined);
if (missing === undefined) {
  await bench();
} else {
  console.log(`outdated: left out: ${missing}`);
}

async function bench(): Promise<void> {
  const store = await registry();
  const { path: cwd, at } = scratchTree({ 'home/': '', 'tree/': '' });
  writeShape(at('tree'), store.host);
  const env = {
    PATH: process.env.PATH,
    HOME: at('home'),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  };
  const run = async (...args: string[]) => {
    const begun = performance.now();
    const done = await runCli(args, { cwd: at('tree'), env });
    return { ...done, seconds: (performance.now() - begun) / 1000 };
  };
  const listed = await run('list', '--json');
  const { images } = JSON.parse(listed.stdout) as Listed;
  process.stderr.write(`publishing ${images.length} images (${cwd})\n`);
  const layers = await publish(store, images);
  const cold = await measured(store, () => run('outdated'));
  const warm = await measured(store, () => run('outdated'));
  const row = (what: string, { seconds, read, most, last }: Measured) =>
    `| outdated, ${what} | ${seconds.toFixed(1)} s | ${read} of ${layers} layers read, each at most ${most} times | ${last} |`;
  console.log(row('nothing kept', cold));
  console.log(row('as every day (wanted: at most 10 s)', warm));
}

interface Measured {
  readonly seconds: number;
  /** How many different layers were read, and how often one of them at most. */
  readonly read: number;
  readonly most: number;
  /** What it said at the end. */
  readonly last: string;
}

async function measured(
  store: Registry,
  run: () => Promise<{
    readonly seconds: number;
    readonly stderr: string;
    readonly status: number | null;
  }>,
): Promise<Measured> {
  const before = store.requests().length;
  const { seconds, stderr, status } = await run();
  if (status !== 0) {
    throw new Error(stderr);
  }
  const counts = new Map<string, number>();
  for (const { method, path, status: answer } of store.requests().slice(before)) {
    const digest = /\/blobs\/(sha256:\w+)$/.exec(path)?.[1];
    if (method === 'GET' && answer === 200 && digest !== undefined && !configs.has(digest)) {
      counts.set(digest, (counts.get(digest) ?? 0) + 1);
    }
  }
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  return { seconds, read: counts.size, most: Math.max(0, ...counts.values()), last };
}

/** Publishes every image, and the bases; gives how many layers there are. */
async function publish(store: Registry, images: Listed['images']): Promise<number> {
  const archive = await aptArchive();
  const names = (kind: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${kind}-${at}`);
  const roots = names('root', ofRoot);
  const own = images.flatMap(({ name }) =>
    names(`own-${name.replaceAll(/[^a-z0-9]/g, '-')}`, ofImage),
  );
  await archive.publish('stable', {
    packages: [...roots, ...own].map((name, at) => ({ name, version: at % 40 === 0 ? '2' : '1' })),
  });
  const common = {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
    'etc/apt/sources.list': `deb [signed-by=/usr/share/keyrings/a.asc] ${archive.uri} stable main\n`,
    'usr/share/keyrings/a.asc': archive.armoured,
  };
  const layerOf = (packages: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    tarOf(
      Object.entries({
        'var/lib/dpkg/status': statusOf(packages.map((name) => ({ name, version: '1' }))),
        ...more,
      }).map(([path, text]) => [path, { text }] as const),
    );
  const known = new Map<
    string,
    { readonly packages: readonly string[]; readonly layers: Buffer[] }
  >();
  const repositoryOf = (reference: string) =>
    reference.slice(store.host.length + 1, reference.lastIndexOf(':'));
  const put = async (reference: string, layers: Buffer[]) => {
    const name = repositoryOf(reference);
    const digest = await putLayers(
      store.host,
      name,
      reference.slice(reference.lastIndexOf(':') + 1),
      layers,
    );
    const manifest = (await (
      await fetch(`http://${store.host}/v2/${name}/manifests/${digest}`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      })
    ).json()) as { readonly config: { readonly digest: string } };
    configs.add(manifest.config.digest);
  };
  const baseOf = async (reference: string) => {
    const found = known.get(reference);
    if (found !== undefined) {
      return found;
    }
    const made = {
      packages: roots,
      layers: [await layerOf(roots, { ...common, base: reference })],
    };
    known.set(reference, made);
    await put(reference, made.layers);
    return made;
  };
  for (const { reference, name, base } of images) {
    const below = await baseOf(base);
    const packages = [
      ...below.packages,
      ...names(`own-${name.replaceAll(/[^a-z0-9]/g, '-')}`, ofImage),
    ];
    const layers = [...below.layers, await layerOf(packages, { [`srv/${name}`]: reference })];
    known.set(reference, { packages, layers });
    await put(reference, layers);
  }
  return new Set([...known.values()].flatMap(({ layers }) => layers)).size;
}

/** The tree of the other benches, on another registry. */
function writeShape(directory: string, host: string): void {
  const trees = new URL('../../.bench-build/trees.js', import.meta.url).href;
  const script = `import(${JSON.stringify(trees)}).then(({ writeRealShape }) => writeRealShape(${JSON.stringify(directory)}))`;
  execFileSync(process.execPath, ['-e', script]);
  const files = execFileSync('grep', ['-rlF', 'registry.example.org', directory], {
    encoding: 'utf8',
  });
  for (const file of files.trimEnd().split('\n')) {
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('registry.example.org', host));
  }
}
