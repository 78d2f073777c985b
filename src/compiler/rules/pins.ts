import type { Span } from '#formats/dockerfile/dockerfile.js';
import { type FetchStep, fetchSteps, type RunProgram } from '#formats/dockerfile/fetches.js';
import type { BuildOptions } from '#formats/dockerfile/variables.js';
import type { ShellWord } from '#formats/shell/commands.js';
import { isOption, withoutOptions } from '#formats/shell/programs.js';
import { isFixed, type LooseFetch } from './looseFetch.js';
import { loosePip, type ReadRequirements } from './pipPins.js';

/**
 * The fetches of a Dockerfile that another day may bring something else: clones without a commit or tag, downloads
 * that nothing compares with a checksum or a signature in the same stage, pip without hashes. Scripts of the context are not read.
 *
 * @param requirements the text of a file of requirements of the context, by its name
 */
export function looseFetches(
  dockerfile: string,
  requirements: ReadRequirements,
  options: BuildOptions = {},
): readonly LooseFetch[] {
  const steps = fetchSteps(dockerfile, options);
  const found: LooseFetch[] = [];
  const compared = new Map<number, number>();
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'run' && comparesFiles(step.programs)) {
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
      found.push(...(isCompared ? [] : looseDownload(program)), ...loosePip(program, requirements));
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

const sums = /^(?:(?:md5|sha(?:1|224|256|384|512)|b2)sum|shasum|rhash)$/;
/** What may compare a sum that was only printed. */
const comparing = /^(?:\[|\[\[|test|case|grep|egrep|fgrep|cmp|diff|awk|expr)$/;

/** Whether programs of a RUN say that a file is what it should be. A sum that is only printed says nothing. */
function comparesFiles(programs: readonly RunProgram[]): boolean {
  const printed = programs.some(({ name }) => sums.test(name));
  return programs.some(verifies) || (printed && programs.some(({ name }) => comparing.test(name)));
}

function verifies({ name, args }: RunProgram): boolean {
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
      return sums.test(name) && args.some(({ text }) => /^(?:-[a-zA-Z]*c|--check)/.test(text));
  }
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
