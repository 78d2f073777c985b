import type { RunProgram } from '#formats/dockerfile/fetches.js';
import { isOption, withoutOptions } from '#formats/shell/programs.js';
import { isFixed, type LooseFetch } from './looseFetch.js';

/** The text of a file of requirements of the context, by its name; undefined: it is not there. */
export type ReadRequirements = (name: string) => string | undefined;

/** What is known of what pip is asked for: `pinned` is one version, and `hashed` is certain to the byte. */
type Pin = 'hashed' | 'pinned' | { readonly newestOf: string };

/** Options of pip and uv without a value, or whose value is a requirement: of any other, the next word is its value. */
const pipFlags =
  /^(?:-[UqvIe]+|--(?:[\w-]+=.*|upgrade|user|no-cache-dir|no-cache|no-deps|pre|force-reinstall|ignore-installed|break-system-packages|quiet|verbose|no-build-isolation|use-pep517|no-use-pep517|no-warn-script-location|no-warn-conflicts|disable-pip-version-check|no-input|no-compile|compile|system|prefer-binary|ignore-requires-python|no-clean|dry-run|isolated|no-python-version-warning|reinstall|editable|exact|native-tls|no-progress|compile-bytecode|no-config|offline|strict|all-extras))$/;

/** An install of pip or uv that another day may bring something else. */
export function loosePip(
  { name, args, span }: RunProgram,
  requirements: ReadRequirements,
): LooseFetch[] {
  const words = name === 'uv' && args[0]?.text === 'pip' ? args.slice(1) : args;
  const rest = withoutOptions('pip', words);
  if ((name !== 'pip' && name !== 'uv') || rest[0]?.text !== 'install') {
    return [];
  }
  const pins: Pin[] = [];
  let isConstrained = false;
  for (let at = 1; at < rest.length; at++) {
    const text = rest[at]?.text ?? '';
    if (text === '--require-hashes' || text === '--no-index') {
      return [];
    }
    const file = /^(?:-r|--requirements?=)(.+)$/.exec(text)?.[1];
    if (/^(?:-r|--requirements?)$/.test(text) || file !== undefined) {
      pins.push(pinOfFile(file ?? rest[++at]?.text ?? '', requirements));
    } else if (isOption(text)) {
      // A file of constraints has the versions; it is believed.
      isConstrained ||= /^(?:-c|--constraints?(?:=|$))/.test(text);
      at += pipFlags.test(text) || /^-c./.test(text) ? 0 : 1;
    } else {
      pins.push(pinOf(text));
    }
  }
  const free = isConstrained ? undefined : pins.find((pin) => typeof pin === 'object');
  if (free !== undefined) {
    const hint =
      'write a version, NAME==VERSION, or versions with hashes: pip install --require-hashes -r FILE';
    const message = `pip takes the newest version of ${free.newestOf} that day`;
    return [{ code: 'pip-unpinned', message, hint, span }];
  }
  const hint = 'list versions with hashes in a file: pip install --require-hashes -r FILE';
  const message = 'what pip installs is not compared with hashes';
  return pins.every((pin) => pin === 'hashed')
    ? []
    : [{ code: 'pip-unhashed', message, hint, span }];
}

/** Files that name others are followed so far. */
const deepest = 10;

/** The loosest of a file: where one of it has a hash, pip asks for the hashes of all. */
function pinOfFile(path: string, requirements: ReadRequirements, depth = 0): Pin {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const text = depth > deepest ? undefined : requirements(name);
  if (text === undefined) {
    return 'pinned';
  }
  if (text.includes('--hash=')) {
    return 'hashed';
  }
  let found: Pin = 'hashed';
  for (const raw of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const line = raw.replace(/(?:^|\s)#.*/, '').trim();
    const [, option, value = ''] = /^(-\w|--[\w-]+)(?:\s*=\s*|\s*)(.*)$/.exec(line) ?? [];
    if (option === '-c' || option === '--constraint') {
      return 'pinned';
    }
    const isOther = option !== undefined && !/^(?:-e|--editable|-r|--requirement)$/.test(option);
    if (line === '' || isOther) {
      continue;
    }
    const pin =
      option === '-r' || option === '--requirement'
        ? pinOfFile(value, requirements, depth + 1)
        : pinOf(option === undefined ? line : value);
    if (typeof pin === 'object') {
      const isNamed = pin.newestOf.endsWith(')');
      return isNamed ? pin : { newestOf: `${pin.newestOf} (in ${name})` };
    }
    found = pin === 'pinned' ? pin : found;
  }
  return found;
}

/** A requirement as pip reads it, on a command line or in a file. */
function pinOf(requirement: string): Pin {
  const text = requirement.replace(/\s*;.*$/s, '');
  if (isOwnPackage(text)) {
    return 'hashed';
  }
  if (/(?:^|@\s*)(?:git|hg|svn|bzr)\+/.test(text)) {
    // A login before the host has an @ of its own.
    const ref = /\/\/[^/]*\/[^@#]*@([^@#]+)/.exec(text)?.[1] ?? '';
    return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref)
      ? 'hashed'
      : isFixed(ref)
        ? 'pinned'
        : { newestOf: nameIn(text) };
  }
  return /===?\s*[^=\s*][^=*,]*$|^[^:]*@/.test(text) ? 'pinned' : { newestOf: nameIn(text) };
}

/** What is there already: `.`, `/src/app`, `./wheels/*.whl`; or has its hash in its address; or only the shell knows. */
function isOwnPackage(word: string): boolean {
  return /^(?:$|\.|\/|~|file:|\$)|\.whl$|#sha256=/.test(word);
}

/** `kserve` of `kserve[storage]>=0.20`; an address is not shown, since it may hold a login. */
function nameIn(requirement: string): string {
  return /^[A-Za-z0-9][\w.-]*(?![\w.:+-])/.exec(requirement)?.[0] ?? 'what is at an address';
}
