// biome-ignore-start lint/style/noRestrictedImports: makes root filesystems in a store that OwnDirectory has made, and in a temporary directory.
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
// biome-ignore-end lint/style/noRestrictedImports: as above.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Completion, type Environment, runProgram } from '#adapters/process/process.js';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { ownName } from '#core/files/ownDirectory.js';
import { whyNot } from '#core/files/paths.js';
import { openToWrite, removeLeftovers } from '#core/files/writeInside.js';
import { bootstrap, type Mode } from './bootstrap.js';
import { writeOverlay } from './overlay.js';
import type { RootfsRecipe } from './recipe.js';
import { archiveName, digestOf, RootfsStore, rootfsKey, storeName } from './store.js';

export interface MakeRequest {
  readonly recipe: RootfsRecipe;
  /** Absolute: the directory with the recipe. */
  readonly imageDirectory: string;
  readonly shownDirectory: string;
  /** Seconds since 1970: stamped on every file that is newer, and in its tag. */
  readonly epoch: number;
  readonly mode: Mode;
  readonly env: Environment;
  /** Where the recipe names none. */
  readonly proxy?: string;
  readonly signal?: AbortSignal;
  /** What mmdebstrap says it is doing, a line at a time. */
  readonly onProgress?: (line: string) => void;
}

export type Making =
  | {
      readonly kind: 'made';
      /** Absolute. */
      readonly directory: string;
      readonly bytes: number;
      readonly sha256: string;
      /** Everything that was said, as a person would open it. */
      readonly log: string;
    }
  | { readonly kind: 'failed'; readonly problem: Diagnostic }
  | { readonly kind: 'cancelled' };

/** So many are kept of each image: the newest ones. */
const kept = 3;

/**
 * Makes a root filesystem and puts it into the image's store, whole or not at all: one of the same
 * key is replaced only by a whole one, and others stay as they are. Errors: `rootfs-program` where
 * mmdebstrap cannot be started, `rootfs-failed` with its own last words.
 */
export async function makeRootfs(request: MakeRequest): Promise<Making> {
  const { recipe, imageDirectory, shownDirectory, epoch } = request;
  const rootfsStore = new RootfsStore(imageDirectory);
  const key = rootfsKey(recipe, epoch);
  const log = `${shownDirectory}/${storeName}/${key}.log`;
  let store: string;
  try {
    store = rootfsStore.make();
    removeLeftovers(store, /^\.making-(\d+)-/);
  } catch (cause) {
    return { kind: 'failed', problem: unwritable(request, whyNot(cause)) };
  }

  const draft = join(store, `.making-${process.pid}-${key}`);
  const work = mkdtempSync(join(request.env.TMPDIR || tmpdir(), 'generate-bake-rootfs-'));
  try {
    chmodSync(work, 0o755);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    const overlay = writeOverlay(recipe, work, epoch);
    const output = join(draft, archiveName);
    const { program, args, steps } = bootstrap(recipe, epoch, request.mode, { ...overlay, output });
    const said = new Said(request.onProgress, secretsOf(request));
    const done = await runProgram({
      program,
      args,
      env: environment(request),
      cwd: work,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      // It unmounts what it has mounted before it ends.
      graceMs: 30_000,
      onStderr: (text) => said.add(text),
    });
    said.end();
    const problem = writeLog(request, store, `${key}.log`, said.text);
    if (problem !== undefined) {
      return { kind: 'failed', problem };
    }
    if (done.kind === 'cancelled') {
      return { kind: 'cancelled' };
    }
    if (done.kind !== 'exited' || done.status !== 0 || !existsSync(output)) {
      return { kind: 'failed', problem: failure(request, done, said.text, log) };
    }
    const unfinished = await addEmptyDev(request, work, output);
    if (unfinished !== undefined) {
      return unfinished;
    }
    const sha256 = await digestOf(output);
    const { size } = statSync(output);
    const made = {
      format: 1,
      name: recipe.name,
      suite: recipe.suite,
      sourceDateEpoch: epoch,
      sha256,
      bytes: size,
      steps: steps.map((step) => `${step.name}: ${step.does}`),
    };
    writeFileSync(join(draft, 'made.json'), `${JSON.stringify(made, null, 2)}\n`);
    const directory = join(store, key);
    rmSync(directory, { recursive: true, force: true });
    renameSync(draft, directory);
    removeOld(store, rootfsStore.names(), key);
    return { kind: 'made', directory, bytes: size, sha256, log };
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** mmdebstrap leaves /dev out altogether, or fills it with devices that nobody can unpack unprivileged. */
async function addEmptyDev(
  request: MakeRequest,
  work: string,
  output: string,
): Promise<Making | undefined> {
  mkdirSync(join(work, 'dev'));
  const { epoch, recipe, signal } = request;
  const owner = ['--numeric-owner', '--owner=0', '--group=0', '--mode=0755', `--mtime=@${epoch}`];
  const done = await runProgram({
    program: 'tar',
    args: ['--append', '--format=ustar', ...owner, `--file=${output}`, '-C', work, './dev'],
    env: environment(request),
    ...(signal === undefined ? {} : { signal }),
  });
  if (done.kind === 'exited' && done.status === 0) {
    return undefined;
  }
  if (done.kind === 'cancelled') {
    return { kind: 'cancelled' };
  }
  const why = done.kind === 'not-started' ? done.message : done.stderr.trim();
  const message = `the root filesystem ${recipe.name} was not made: ${why}`;
  return { kind: 'failed', problem: error('rootfs-failed', message, { place: recipe.place }) };
}

/** Only what apt and mmdebstrap need: no credentials of the user's by accident. */
function environment(request: MakeRequest): Environment {
  const { env, recipe } = request;
  const proxy = recipe.proxy ?? request.proxy;
  const path = env.PATH ?? '';
  const system = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  const given: Environment =
    proxy === undefined
      ? { http_proxy: env.http_proxy, https_proxy: env.https_proxy, no_proxy: env.no_proxy }
      : { http_proxy: proxy, https_proxy: proxy };
  return {
    ...given,
    PATH: [path, ...system.filter((each) => !path.split(':').includes(each))].join(':'),
    HOME: env.HOME,
    TMPDIR: env.TMPDIR,
    LC_ALL: 'C.UTF-8',
    SOURCE_DATE_EPOCH: String(request.epoch),
    DEBIAN_FRONTEND: 'noninteractive',
  };
}

/** User and password of proxies and mirrors, which apt repeats in its messages. */
function secretsOf({ recipe, env, proxy }: MakeRequest): readonly string[] {
  const urls = [recipe.proxy, proxy, env.http_proxy, env.https_proxy, ...recipe.mirrors];
  return urls.flatMap((url) => {
    const user = /:\/\/([^/\s@]+)@/.exec(url ?? '')?.[1];
    return user === undefined ? [] : [user, ...user.split(':').slice(1)];
  });
}

/** What the program says, line by line and without secrets. */
class Said {
  text = '';
  readonly #onProgress: ((line: string) => void) | undefined;
  readonly #secrets: readonly string[];
  #rest = '';

  constructor(onProgress: ((line: string) => void) | undefined, secrets: readonly string[]) {
    this.#onProgress = onProgress;
    this.#secrets = secrets.filter((secret) => secret !== '');
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#line(line);
    }
  }

  end(): void {
    if (this.#rest !== '') {
      this.#line(this.#rest);
    }
    this.#rest = '';
  }

  #line(line: string): void {
    // A progress bar writes one line over and over.
    let shown = line.slice(line.lastIndexOf('\r') + 1);
    for (const secret of this.#secrets) {
      shown = shown.replaceAll(secret, '…');
    }
    this.text += `${shown}\n`;
    const doing = /^I: (.*?)\.*$/.exec(shown)?.[1];
    if (doing !== undefined && !doing.startsWith('running --')) {
      this.#onProgress?.(doing);
    }
  }
}

function failure(request: MakeRequest, done: Completion, text: string, log: string): Diagnostic {
  const { recipe } = request;
  const what = `the root filesystem ${recipe.name} was not made`;
  if (done.kind === 'not-started') {
    const missing = done.reason === 'not-found';
    return error(
      'rootfs-program',
      `${what}: ${missing ? 'mmdebstrap is not installed' : done.message}`,
      {
        place: recipe.place,
        hint: 'apt-get install mmdebstrap (and uidmap, to do without root)',
      },
    );
  }
  const lines = text.split('\n');
  // The last ones only say that it ended; the first one says why.
  const own = lines.filter((line) => /^E: (?!mmdebstrap failed to run)/.test(line));
  const why = own[0]?.slice('E: '.length) ?? 'mmdebstrap ended without saying why';
  const previous = inUse(request);
  const stays = previous === undefined ? '' : `; ${previous} stays in use`;
  const details = lines.filter((line) => /^(?:E: |W: |Err:| {2}\S)/.test(line)).slice(0, 8);
  return error('rootfs-failed', `${what}: ${why}${stays}`, {
    place: recipe.place,
    hint: `the whole log is ${log}`,
    related: details.slice(0, 8).map((line) => ({ message: line.trim() })),
  });
}

/** What plans and builds continue with. */
function inUse({ imageDirectory, recipe, epoch }: MakeRequest): string | undefined {
  const store = new RootfsStore(imageDirectory);
  if (store.isMade(recipe, epoch)) {
    return 'the one that is there';
  }
  if (recipe.timestamp !== undefined) {
    return undefined;
  }
  const [newest] = store.madeOf(recipe);
  return newest === undefined ? undefined : `that of ${newest.date}`;
}

function removeOld(store: string, names: readonly string[], current: string): void {
  for (const name of names.filter((each) => each !== current).slice(kept - 1)) {
    rmSync(join(store, name), { recursive: true, force: true });
    rmSync(join(store, `${name}.log`), { force: true });
  }
}

/** Writes the log anew; a link in its place is not followed. */
function writeLog(
  request: MakeRequest,
  store: string,
  name: string,
  text: string,
): Diagnostic | undefined {
  try {
    const open = openToWrite(store, name, false);
    try {
      writeFileSync(open, text);
    } finally {
      closeSync(open);
    }
    return undefined;
  } catch (cause) {
    return unwritable(request, `has a log, ${name}, that ${whyNot(cause)}`);
  }
}

function unwritable({ recipe, shownDirectory }: MakeRequest, why: string): Diagnostic {
  const shown = `${shownDirectory}/${storeName}`;
  return error(
    'rootfs-failed',
    `the root filesystem ${recipe.name} was not made: ${shown} ${why}`,
    {
      place: recipe.place,
      hint: `remove ${shownDirectory}/${ownName}: generate-bake makes it anew`,
    },
  );
}
