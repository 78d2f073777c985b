/**
 * Debian versions as deb-version(7) defines them and dpkg's lib/dpkg/{parsehelp,version}.c treat
 * them: `[epoch:]upstream[-revision]`.
 */
export interface DebianVersion {
  /** Digits; `0` where none is written. */
  readonly epoch: string;
  readonly upstream: string;
  /** Empty where none is written, which dpkg sorts like `0`. */
  readonly revision: string;
}

/** Splits without judging: any string has these parts. See `versionProblem` for what is legal. */
export function parseVersion(version: string): DebianVersion {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon === -1 ? '0' : version.slice(0, colon),
    upstream: hyphen === -1 ? rest : rest.slice(0, hyphen),
    revision: hyphen === -1 ? '' : rest.slice(hyphen + 1),
  };
}

/** What is wrong with a string at an index (from 0). */
export interface StringProblem {
  readonly index: number;
  readonly length: number;
  /** A clause that follows the quoted string: `has no upstream part`. */
  readonly message: string;
}

/**
 * Why docker-pkg or dpkg cannot take a string as a version, or undefined. A version that does not
 * start with a digit (`v1.2`) is legal here, since both compare it; dpkg merely warns.
 */
export function versionProblem(version: string): StringProblem | undefined {
  const all = { index: 0, length: Math.max(1, version.length) };
  if (version === '') {
    return { ...all, message: 'is empty' };
  }
  const bad = /[^A-Za-z0-9.+:~-]/u.exec(version);
  if (bad !== null) {
    return {
      index: bad.index,
      length: bad[0].length,
      message: `has ${JSON.stringify(bad[0])}, which no Debian version may have`,
    };
  }
  const colon = version.indexOf(':');
  const epoch = version.slice(0, Math.max(0, colon));
  if (colon !== -1 && !(/^\d+$/.test(epoch) && Number(epoch) <= 0x7fff_ffff)) {
    return {
      index: 0,
      length: colon + 1,
      message: 'has an epoch (before ":") that is not a number',
    };
  }
  const { upstream, revision } = parseVersion(version);
  if (revision === '' && version.endsWith('-')) {
    return { index: version.length - 1, length: 1, message: 'has nothing after the last "-"' };
  }
  if (upstream === '') {
    return { ...all, message: 'has no upstream part' };
  }
  return undefined;
}

/** Below, above or equal to 0 as `dpkg --compare-versions` finds `a` lower, greater or equal. */
export function compareVersions(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  const left = parseVersion(a);
  const right = parseVersion(b);
  return (
    compareNumbers(left.epoch, right.epoch) ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

/** Alternates runs of non-digits, compared by `rank`, with runs of digits, compared as numbers. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = rank(a, i) - rank(b, j);
      if (difference !== 0) {
        return difference;
      }
      i++;
      j++;
    }
    const startA = i;
    const startB = j;
    while (isDigit(a, i)) {
      i++;
    }
    while (isDigit(b, j)) {
      j++;
    }
    const difference = compareNumbers(a.slice(startA, i), b.slice(startB, j));
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** Numbers of any length; an empty one is zero. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) {
    return left.length - right.length;
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `~` before the end (or a digit), those before letters, letters before all else. */
function rank(text: string, index: number): number {
  if (index >= text.length || isDigit(text, index)) {
    return 0;
  }
  const code = text.charCodeAt(index);
  if (code === 0x7e) {
    return -1;
  }
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return letter ? code : code + 256;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}
