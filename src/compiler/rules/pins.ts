import type { RuleCode } from '#core/diagnostics/rules.js';
import type { Span } from '#formats/dockerfile/dockerfile.js';
import { type FetchStep, fetchSteps, type RunProgram } from '#formats/dockerfile/fetches.js';
import type { ShellWord } from '#formats/shell/commands.js';
import { isOption, withoutOptions } from '#formats/shell/programs.js';

/** A fetch of a Dockerfile of which it is not certain what it brings. */
export interface LooseFetch {
  readonly code: Extract<
    RuleCode,
    'git-unpinned' | 'download-unchecked' | 'pip-unpinned' | 'pip-unhashed'
  >;
  readonly message: string;
  readonly hint: string;
  readonly span: Span;
}

/**
 * The fetches of a Dockerfile that another day may bring something else: clones without a commit or tag, downloads
 * that nothing compares with a checksum or a signature in the same stage, pip without hashes. Scripts of the context are not read.
 *
 * @param hasHashes whether a file of requirements, by its name, has hashes; then pip asks for them itself
 */
export function looseFetches(
  dockerfile: string,
  hasHashes: (name: string) => boolean,
): readonly LooseFetch[] {
  const steps = fetchSteps(dockerfile);
  const found: LooseFetch[] = [];
  const compared = new Map<number, number>();
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'run' && step.programs.some(comparesFiles)) {
      compared.set(step.stage, index);
    }
  }
  /** Of a stage, the clones that nothing has pinned so far: a checkout is of the last one. */
  let clones: LooseFetch[] = [];
  let stage = -1;
  for (const [index, step] of steps.entries()) {
    if (step.stage !== stage) {
      found.push(...clones);
      clones = [];
      stage = step.stage;
    }
    if (step.kind === 'add') {
      found.push(...looseAdd(step));
      continue;
    }
    const isCompared = (compared.get(stage) ?? -1) >= index;
    for (const program of step.programs) {
      const git = program.name === 'git' ? withoutOptions('git', program.args) : [];
      if (git[0]?.text === 'clone') {
        clones.push(...looseClone(git, program.span));
      } else if (checksOut(git)) {
        clones.pop();
      }
      found.push(...(isCompared ? [] : looseDownload(program)), ...loosePip(program, hasHashes));
    }
  }
  return [...found, ...clones];
}

function looseAdd({ url, checksum, span }: Extract<FetchStep, { kind: 'add' }>): LooseFetch[] {
  if (checksum !== undefined || isOfCommit(url)) {
    return [];
  }
  if (!/^https?:/i.test(url) || /\.git(?:#|$)/.test(url)) {
    const ref = /#([^:]*)/.exec(url)?.[1] ?? '';
    const hint = 'name a commit: ADD URL#COMMIT';
    return isFixed(ref)
      ? []
      : [{ code: 'git-unpinned', message: 'ADD takes what a branch is that day', hint, span }];
  }
  const message = 'what ADD downloads is not compared with a checksum';
  const hint = 'add --checksum=sha256:…';
  return [{ code: 'download-unchecked', message, hint, span }];
}

/** A tag is believed: few are moved. */
function looseClone(words: readonly ShellWord[], span: Span): LooseFetch[] {
  const branch = optionValue(words, ['-b', '--branch', '--revision']);
  if (branch !== undefined && isFixed(branch)) {
    return [];
  }
  const what = branch === undefined ? 'the default branch' : `the branch ${branch}`;
  const message = `git clone takes what ${what} is that day`;
  const hint = 'check out a commit: git checkout COMMIT; or clone a tag: --branch TAG';
  return [{ code: 'git-unpinned', message, hint, span }];
}

function checksOut([verb, ...words]: readonly ShellWord[]): boolean {
  if (verb?.text !== 'checkout' && verb?.text !== 'reset' && verb?.text !== 'switch') {
    return false;
  }
  const isNew = words.some(({ text }) => /^-(?:b|B|c|C)$|^--orphan$/.test(text));
  const ref = words.find(({ text }) => !isOption(text))?.text;
  return !isNew && ref !== undefined && isFixed(ref);
}

/** Whether a revision is one that stays: what a variable holds is believed, too. */
function isFixed(ref: string): boolean {
  const name = ref.replace(/^(?:refs\/(?:heads|remotes)\/)?(?:origin\/)?/, '');
  return (
    name !== '' &&
    name !== '.' &&
    !ref.startsWith('origin/') &&
    !/^(?:master|main|trunk|head|fetch_head|dev|devel|develop|development|next|latest|nightly|production|staging|stable)$/i.test(
      name,
    )
  );
}

function looseDownload({ name, args, span }: RunProgram): LooseFetch[] {
  if ((name !== 'curl' && name !== 'wget' && name !== 'aria2c') || !downloads(args)) {
    return [];
  }
  const message = `what ${name} downloads is not compared with a checksum`;
  const hint = 'compare it in the same RUN: echo "SHA256  FILE" | sha256sum -c';
  return [{ code: 'download-unchecked', message, hint, span }];
}

/** Options of curl and wget that send something, or ask for no content. */
const sending = /^(?:-d|--data.*|-F|--form.*|-T|--upload-file|-I|--head|--spider|--post-.*)$/;
const withText = /^(?:-H|--header|-A|--user-agent|-e|--referer|-x|--proxy|-o|--output|-u)$/;

function downloads(args: readonly ShellWord[]): boolean {
  const method = optionValue(args, ['-X', '--request', '--method']);
  if ((method !== undefined && method !== 'GET') || args.some(({ text }) => sending.test(text))) {
    return false;
  }
  const addresses = args.filter(
    ({ text }, index) => isAddress(text) && !withText.test(args[index - 1]?.text ?? ''),
  );
  return addresses.some(({ text }) => !isLocal(text) && !isOfCommit(text));
}

function isAddress(word: string): boolean {
  return /^(?:--url=)?(?:https?|ftp):\/\//i.test(word) || /^\$\{?\w*ur[il]\w*\}?/i.test(word);
}

function isLocal(address: string): boolean {
  return /^\w+:\/\/(?:localhost|127\.|\[::1\])/i.test(address);
}

/** An address with a commit or a digest in it is of that alone. */
function isOfCommit(address: string): boolean {
  return /(?:^|[^0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{64})(?:[^0-9a-f]|$)/i.test(address);
}

/** Programs that say whether a file is what it should be. */
function comparesFiles({ name, args }: RunProgram): boolean {
  const first = args.find(({ text }) => !isOption(text))?.text ?? '';
  switch (name) {
    case 'gpgv':
    case 'minisign':
    case 'signify':
    case 'slsa-verifier':
      return true;
    case 'gpg':
    case 'gpg2':
      return args.some(({ text }) => text === '--verify');
    case 'openssl':
      return first === 'dgst' || first === 'sha256';
    case 'cosign':
      return first.startsWith('verify');
    case 'gh':
      return first === 'attestation';
    default:
      return /^(?:(?:md5|sha(?:1|224|256|384|512)|b2)sum|shasum|rhash)$/.test(name);
  }
}

/** Options of pip and uv without a value, or whose value is a requirement: of any other, the next word is its value. */
const pipFlags =
  /^(?:-[UqvIe]+|--(?:[\w-]+=.*|upgrade|user|no-cache-dir|no-cache|no-deps|pre|force-reinstall|ignore-installed|break-system-packages|quiet|verbose|no-build-isolation|use-pep517|no-use-pep517|no-warn-script-location|no-warn-conflicts|disable-pip-version-check|no-input|no-compile|compile|system|prefer-binary|ignore-requires-python|no-clean|dry-run|isolated|no-python-version-warning|reinstall|editable|exact|native-tls|no-progress|compile-bytecode|no-config|offline|strict|all-extras))$/;

function loosePip(
  { name, args, span }: RunProgram,
  hasHashes: (name: string) => boolean,
): LooseFetch[] {
  const words = name === 'uv' && args[0]?.text === 'pip' ? args.slice(1) : args;
  const rest = withoutOptions('pip', words);
  if ((name !== 'pip' && name !== 'uv') || rest[0]?.text !== 'install') {
    return [];
  }
  let isHashed = true;
  let free: string | undefined;
  for (let at = 1; at < rest.length; at++) {
    const text = rest[at]?.text ?? '';
    if (text === '--require-hashes' || text === '--no-index') {
      return [];
    }
    const file = /^(?:-r|--requirement=)(.+)$/.exec(text)?.[1];
    if (text === '-r' || text === '--requirement' || file !== undefined) {
      const path = file ?? rest[++at]?.text ?? '';
      isHashed &&= hasHashes(path.slice(path.lastIndexOf('/') + 1));
    } else if (isOption(text)) {
      at += pipFlags.test(text) ? 0 : 1;
    } else if (!isOwnPackage(text)) {
      isHashed = false;
      free ??= /===?[^=]|@/.test(text) ? undefined : nameIn(text);
    }
  }
  if (free !== undefined) {
    const hint =
      'write a version, NAME==VERSION, or versions with hashes: pip install --require-hashes -r FILE';
    const message = `pip takes the newest version of ${free} that day`;
    return [{ code: 'pip-unpinned', message, hint, span }];
  }
  const hint = 'list versions with hashes in a file: pip install --require-hashes -r FILE';
  const message = 'what pip installs is not compared with hashes';
  return isHashed ? [] : [{ code: 'pip-unhashed', message, hint, span }];
}

/** What is there already: `.`, `/src/app`, `./wheels/*.whl`; or has its hash in its address; or only the shell knows. */
function isOwnPackage(word: string): boolean {
  return /^(?:\.|\/|~|file:|\$)|\.whl$|#sha256=/.test(word);
}

/** `kserve` of `kserve[storage]>=0.20`; an address is not shown, since it may hold a login. */
function nameIn(requirement: string): string {
  return /^[A-Za-z0-9][\w.-]*(?![\w.:+-])/.exec(requirement)?.[0] ?? 'what is at an address';
}

/** The value of the first of these options, behind it or after `=`; `-bTAG` too. */
function optionValue(words: readonly ShellWord[], names: readonly string[]): string | undefined {
  for (const [at, { text }] of words.entries()) {
    if (names.includes(text)) {
      return words[at + 1]?.text;
    }
    const long = names.find((each) => each.startsWith('--') && text.startsWith(`${each}=`));
    if (long !== undefined) {
      return text.slice(long.length + 1);
    }
  }
  return undefined;
}
