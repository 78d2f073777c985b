/**
 * Debian's packages for the tests: dockers of two suites, unpacked into a cache folder and never
 * installed, so that the machine's own packages and services stay as they are.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { must, run } from '../process.js';
import { withLock } from './lock.js';

/** `current` is the newest Docker that Debian has, `baseline` the one of Debian trixie. */
export type EngineKind = 'current' | 'baseline';

export const engineKinds: readonly EngineKind[] = ['current', 'baseline'];

const suites: Readonly<Record<EngineKind, string>> = { current: 'forky', baseline: 'trixie' };

const enginePackages = ['docker.io', 'docker-cli', 'docker-buildx', 'containerd'];

/** Of this machine's own suite; none of them starts a service. */
const hostPackages = [
  ...['runc', 'iptables', 'iproute2', 'tini', 'busybox-static', 'mmdebstrap', 'apache2-utils'],
  ...['python3-jinja2', 'python3-yaml', 'python3-debian', 'dpkg-dev', 'git'],
];

/** What a test without an engine starts a registry with, beside docker-registry itself. */
const registryPackages = ['apache2-utils'];

export const cache: string = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'generate-bake-test',
);

/** Why packages cannot be had on this machine; undefined where they can. */
export function packagesMissing(): string | undefined {
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get')) {
    return 'this is not Debian';
  }
  if (process.getuid?.() !== 0) {
    return 'this is not root';
  }
  return undefined;
}

/** Everything that the tests take from Debian; quick where it exists already. */
export async function installPackages(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  await withLock(join(cache, 'lock'), async () => {
    await installHostPackages(hostPackages);
    await Promise.all([...engineKinds.map(unpackEngine), unpackRegistry()]);
  });
}

/** What tests without an engine start registries with; quick where it is there already. */
export async function installRegistry(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  await withLock(join(cache, 'lock'), async () => {
    await installHostPackages(registryPackages);
    await unpackRegistry();
  });
}

/** What pages are looked at with; quick where it is there already. */
export async function installChromium(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  await withLock(join(cache, 'lock'), () => installHostPackages(['chromium']));
}

/** Below it lie `usr/bin`, `usr/sbin` and `usr/libexec` of a docker. */
export function engineRoot(kind: EngineKind): string {
  return join(cache, folderName(suites[kind], enginePackages));
}

/** Debian's docker-registry: this machine's own, or the one unpacked by `installPackages`. */
export function registryProgram(): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    join(cache, 'docker-registry/usr/bin'),
  ];
  return folders.map((folder) => join(folder, 'docker-registry')).find((file) => existsSync(file));
}

async function installHostPackages(wanted: readonly string[]): Promise<void> {
  const { stdout } = await run('dpkg-query', [
    ...['-W', '-f', '${Package} ${db:Status-Status}\\n'],
    ...wanted,
  ]);
  const installed = stdout.split('\n');
  const missing = wanted.filter((name) => !installed.includes(`${name} installed`));
  if (missing.length === 0) {
    return;
  }
  say(`installing ${missing.join(' ')}`);
  const install = () =>
    run(
      'apt-get',
      [
        ...['-q', '-y', '--no-install-recommends'],
        ...['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'],
        ...['install', ...missing],
      ],
      { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
    );
  if ((await install()).status === 0) {
    return;
  }
  await updateHostLists();
  const again = await install();
  if (again.status !== 0) {
    throw new Error(`apt-get install failed\n${again.stdout}${again.stderr}`);
  }
}

async function updateHostLists(): Promise<void> {
  await must('apt-get', ['-q', '-o', 'Acquire::Retries=3', 'update']);
}

/**
 * Downloads a docker of another suite through apt, which checks the signatures, with lists and
 * status of its own, so that the machine's apt never hears of that suite.
 */
async function unpackEngine(kind: EngineKind): Promise<void> {
  const target = engineRoot(kind);
  if (existsSync(target)) {
    return;
  }
  const suite = suites[kind];
  say(`fetching docker of ${suite}`);
  await assemble(target, async (work) => {
    for (const folder of ['lists/partial', 'archives/partial', 'deb']) {
      mkdirSync(join(work, folder), { recursive: true });
    }
    const { uri, signedBy } = debianSource();
    writeFileSync(join(work, 'sources.list'), `deb [signed-by=${signedBy}] ${uri} ${suite} main\n`);
    writeFileSync(join(work, 'status'), '');
    const apt = [
      ...['-q', '-o', `Dir::Etc::SourceList=${join(work, 'sources.list')}`],
      ...['-o', 'Dir::Etc::SourceParts=/dev/null', '-o', `Dir::State=${work}`],
      ...['-o', `Dir::State::Lists=${join(work, 'lists')}`],
      ...['-o', `Dir::State::Status=${join(work, 'status')}`, '-o', `Dir::Cache=${work}`],
      ...['-o', 'Acquire::Retries=3', '-o', 'APT::Sandbox::User=root'],
    ];
    await must('apt-get', [...apt, 'update']);
    await must('apt-get', [...apt, 'download', ...enginePackages], { cwd: join(work, 'deb') });
    await unpackAll(join(work, 'deb'), join(work, 'root'));
  });
}

/** Unpacked, not installed: the package would start a service. */
async function unpackRegistry(): Promise<void> {
  if (registryProgram() !== undefined) {
    return;
  }
  await assemble(join(cache, 'docker-registry'), async (work) => {
    mkdirSync(join(work, 'deb'), { recursive: true });
    const download = () =>
      run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', 'docker-registry'], {
        cwd: join(work, 'deb'),
      });
    if ((await download()).status !== 0) {
      await updateHostLists();
      const again = await download();
      if (again.status !== 0) {
        throw new Error(`cannot download docker-registry\n${again.stderr}`);
      }
    }
    await unpackAll(join(work, 'deb'), join(work, 'root'));
  });
}

/** Makes `root` in a folder beside `target` and moves it there when whole. */
async function assemble(target: string, make: (work: string) => Promise<void>): Promise<void> {
  const work = `${target}.partial`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  await make(work);
  renameSync(join(work, 'root'), target);
  rmSync(work, { recursive: true, force: true });
}

async function unpackAll(debs: string, root: string): Promise<void> {
  for (const deb of readdirSync(debs)) {
    await must('dpkg', ['-x', join(debs, deb), root]);
  }
}

/** Where this machine's apt gets Debian itself from, in either of apt's two notations. */
export function debianSource(): { readonly uri: string; readonly signedBy: string } {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ].filter((file) => existsSync(file) && /\.(list|sources)$/.test(file));
  const uris = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return file.endsWith('.sources') ? urisOfStanzas(text) : urisOfLines(text);
  });
  const uri = uris.find((each) => /\/debian\/?$/.test(each)) ?? uris[0];
  if (uri === undefined) {
    throw new Error(`no source of Debian's own archive in ${files.join(', ')}`);
  }
  return { uri, signedBy: keyring };
}

function urisOfStanzas(text: string): string[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(stanza)?.[1] ?? '';
    const [uri] = field('URIs').split(/\s+/);
    const enabled = /\bdeb\b/.test(field('Types')) && !/^no$/i.test(field('Enabled'));
    if (uri === undefined || !enabled) {
      return [];
    }
    return isDebian(uri, field('Suites'), field('Components')) ? [uri] : [];
  });
}

function urisOfLines(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null) {
      return [];
    }
    const [, uri = '', suite = '', components = ''] = match;
    return isDebian(uri, suite, components) ? [uri] : [];
  });
}

/** The main archive is known by a suite without suffix and its `main`; apt checks its signature. */
function isDebian(uri: string, suites: string, components: string): boolean {
  const release = readFileSync('/etc/os-release', 'utf8');
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1];
  const names = [codename, 'stable', 'testing', 'sid', 'unstable'];
  const ours = suites.split(/\s+/).some((suite) => names.includes(suite));
  return ours && /(^|\s)main(\s|$)/.test(components) && !/security/.test(uri);
}

function folderName(suite: string, packages: readonly string[]): string {
  return `${suite}-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8)}`;
}

function say(text: string): void {
  process.stderr.write(`test set-up: ${text}\n`);
}
