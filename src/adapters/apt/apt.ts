import { join } from 'node:path';
import { codeOf, whyNot } from '#core/files/paths.js';
import { removeOwn } from '#core/files/temporary.js';
import type { Docker } from '../docker/docker.js';
import type { Environment } from '../process/process.js';
import { type AptAnswer, type AptQuestion, answerOf, isPlain, nameForApt } from './answer.js';
import type { AnswerCache } from './answerCache.js';
import { configurationText, sourcesText, tellingSetting } from './configuration.js';
import { containerApt } from './containerApt.js';
import { digestOf } from './digestOf.js';
import { type FetchedSet, type FetchSettings, fetchSet } from './fetchSet.js';
import { hostApt } from './hostApt.js';
import { type AskedSet, byPath, keysOf } from './keys.js';
import { readPolicies } from './policy.js';
import type { AptRunner } from './runApt.js';
import { readSources } from './sources.js';
import { failureOf, textOf } from './updateText.js';

export interface AptSettings extends Omit<FetchSettings, 'proxy' | 'silent'> {
  readonly env: Environment;
  readonly answers: AnswerCache;
  /** Where this machine has no apt, that of images is asked in containers of this engine. */
  readonly docker?: Docker;
  readonly signal: AbortSignal;
}

export type OpenedApt =
  | { readonly kind: 'opened'; readonly apt: Apt }
  | { readonly kind: 'unusable'; readonly reason: string; readonly hint: string }
  | { readonly kind: 'cancelled' };

/** Looks for this machine's apt, and where it has none for an engine that runs that of images. */
export async function openApt(settings: AptSettings): Promise<OpenedApt> {
  const { env, signal, docker } = settings;
  const host = await hostApt(env, signal);
  if ('kind' in host) {
    return host;
  }
  if (!('reason' in host)) {
    return { kind: 'opened', apt: new Apt(settings, host) };
  }
  const container = docker === undefined ? undefined : await containerApt(docker, signal);
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  return container === undefined
    ? {
        kind: 'unusable',
        reason: host.reason,
        hint: 'install apt, run this on Debian or Ubuntu, or start a Docker engine: it asks in containers of the images',
      }
    : { kind: 'opened', apt: new Apt(settings, container) };
}

/**
 * Asks apt what images have newer packages for, each by its own sources, keys and preferences, as
 * if it ran in them: in directories of its own, without this machine's configuration and the image's, and
 * never as root. Each distinct set of sources is fetched once.
 */
class Apt {
  readonly #settings: AptSettings;
  readonly #runner: AptRunner;
  readonly #sets = new Map<string, Promise<FetchedSet>>();
  readonly #silent = new Set<string>();
  #questions = 0;

  constructor(settings: AptSettings, runner: AptRunner) {
    this.#settings = settings;
    this.#runner = runner;
  }

  async ask(question: AptQuestion): Promise<AptAnswer> {
    try {
      return await this.#ask(question);
    } catch (cause) {
      if (codeOf(cause) === undefined) {
        throw cause;
      }
      return { kind: 'unknown', reason: `apt has no directory to work in: one ${whyNot(cause)}` };
    }
  }

  async #ask(question: AptQuestion): Promise<AptAnswer> {
    const { files, packages, architecture, foreignArchitectures } = question;
    const status = files.get('var/lib/dpkg/status') ?? distrolessStatus(files);
    const read = readSources(files, question.isChosen);
    if (read.kind === 'unknown') {
      return read;
    }
    if (status === undefined) {
      return { kind: 'unknown', reason: 'it has no /var/lib/dpkg/status' };
    }
    const odd = packages.find((each) => !isPlain(each));
    if (odd !== undefined) {
      return {
        kind: 'unknown',
        reason: `its package "${odd.name}" has a name that apt does not take`,
      };
    }
    const telling = tellingSetting(files);
    if (telling !== undefined) {
      const reason = `its /${telling.path} sets ${telling.setting}, and the configuration of an image is not used`;
      return { kind: 'unknown', reason };
    }
    const architectures = [...new Set([architecture, ...foreignArchitectures])];
    if (!architectures.every((each) => /^[a-z0-9][a-z0-9-]*$/.test(each))) {
      return { kind: 'unknown', reason: 'its architectures are not names of architectures' };
    }
    const stray = packages.find(
      (each) => each.architecture !== 'all' && !architectures.includes(each.architecture),
    );
    if (stray !== undefined) {
      const reason = `its package ${stray.name} is of ${stray.architecture}, which its apt does not look for`;
      return { kind: 'unknown', reason };
    }
    const keys = keysOf(read.sources, files);
    if ('reason' in keys) {
      return keys;
    }
    const asked = { sources: read.sources, keys, architectures };
    const set = await this.#setOf(asked, question);
    switch (set.kind) {
      case 'fetched':
        return this.#answer(set, question, status, architectures);
      case 'unknown':
        return { kind: 'unknown', reason: set.reason };
      case 'cancelled':
        return set;
    }
  }

  /** Removes what it wrote, apart from the caches. */
  close(): void {
    this.#runner.work.remove();
  }

  #setOf(asked: AskedSet, { proxy, image }: AptQuestion): Promise<FetchedSet> {
    const { sources, keys, architectures } = asked;
    const { auth } = this.#settings;
    const digest = digestOf([
      this.#runner.version,
      architectures.join(' '),
      sourcesText(sources, new Map()),
      ...[...keys].flat(),
      proxy ?? '',
      auth ?? '',
    ]);
    const earlier = this.#sets.get(digest);
    const own = { silent: this.#silent, ...(proxy === undefined ? {} : { proxy }) };
    const fetched = async (): Promise<FetchedSet> => {
      const known = await earlier;
      // That a container of one image cannot be had says nothing of another one's.
      if (known !== undefined && !(known.kind === 'unknown' && known.isOfImage === true)) {
        return known;
      }
      const runner = await this.#runner.of(image);
      if (this.#settings.signal.aborted) {
        return { kind: 'cancelled' };
      }
      return 'reason' in runner
        ? { kind: 'unknown', reason: runner.reason, isOfImage: true }
        : await fetchSet(runner, digest, asked, { ...this.#settings, ...own });
    };
    const set = fetched();
    this.#sets.set(digest, set);
    return set;
  }

  async #answer(
    { root, runner, digest, lists }: Extract<FetchedSet, { kind: 'fetched' }>,
    question: AptQuestion,
    status: Uint8Array,
    architectures: readonly string[],
  ): Promise<AptAnswer> {
    const { architecture, packages, files } = question;
    const preferences = [...files].filter(([path]) => isPreferences(path)).sort(byPath);
    const key = digestOf([digest, status, ...preferences.flat()]);
    const known = this.#settings.answers.get(key);
    if (known !== undefined) {
      return known;
    }
    if (packages.length === 0) {
      return { kind: 'known', candidates: [], pinned: [] };
    }
    const read = await lists();
    if (read.kind !== 'read') {
      return read;
    }
    const asked = this.#runner.work.make(`question-${++this.#questions}`, ['preferences.d']);
    try {
      this.#runner.work.write(join(asked, 'status'), status);
      for (const [path, bytes] of preferences) {
        this.#runner.work.write(join(asked, path.replace('etc/apt/', '')), bytes);
      }
      const config = join(asked, 'apt.conf');
      const user = this.#runner.work.userName;
      this.#runner.work.write(
        config,
        configurationText({ root, architectures, user, question: asked }),
      );
      this.#runner.work.giveAway(asked);
      const names = packages.map((each) => nameForApt(each, architecture));
      const said = await runner.run('apt-cache', ['policy', ...names], config);
      if (said.kind === 'cancelled') {
        return { kind: 'cancelled' };
      }
      const failure = failureOf(said);
      const why = failure?.replaceAll(asked, '/etc/apt') ?? 'in a form that is not known';
      const policies = failure === undefined ? readPolicies(textOf(said).stdout) : undefined;
      if (policies === undefined) {
        return { kind: 'unknown', reason: `apt gives no answer: ${why}` };
      }
      const answer = answerOf(question, policies, read.lists);
      this.#settings.answers.set(key, answer);
      return answer;
    } finally {
      removeOwn(asked);
    }
  }
}

/** The packages of a distroless image as apt reads them: it has no other database, and they say of none that it is installed. */
function distrolessStatus(files: AptQuestion['files']): Uint8Array | undefined {
  const parts = [...files]
    .filter(
      ([path]) => /^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path) && !path.endsWith('.md5sums'),
    )
    .sort(byPath)
    .flatMap(([, bytes]) =>
      Buffer.from(bytes)
        .toString('utf8')
        .split(/\n(?:[ \t\r]*\n)+/),
    )
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => /^Package:/m.test(paragraph))
    .map((paragraph) =>
      /^Status:/im.test(paragraph) ? paragraph : `${paragraph}\nStatus: install ok installed`,
    );
  return parts.length === 0 ? undefined : Buffer.from(`${parts.join('\n\n')}\n`);
}

function isPreferences(path: string): boolean {
  return /^etc\/apt\/preferences(?:\.d\/[A-Za-z0-9_.-]+)?$/.test(path);
}
