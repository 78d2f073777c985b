/** A package that a new version of an image is to bring. */
export interface Brought {
  /** Of the binary package. */
  readonly name: string;
  /** The version that it is to have. */
  readonly candidate: string;
  readonly isSecurity: boolean;
}

/** The word that the line begins with: what `upgrade` looks for when it asks what it has tried already. */
const word = 'Upgrade:';

/** So wide are the lines of a changelog: three columns of them are its indentation. */
const widest = 76;
const deeper = '  ';

/**
 * What a changelog says of an upgrade, and `readUpgrade` reads: `Upgrade: openssl 3.0.17-1 (security), zip 3.0-13`, by name,
 * each package once; folded behind commas, and continued lines are deeper.
 */
export function upgradeLines(packages: readonly Brought[]): readonly string[] {
  const entries = ofEachName(packages).map(
    ({ name, candidate, isSecurity }) => `${name} ${candidate}${isSecurity ? ' (security)' : ''}`,
  );
  const lines: string[] = [];
  let line = word;
  for (const [at, entry] of entries.entries()) {
    const text = at === entries.length - 1 ? entry : `${entry},`;
    if (line.length + 1 + text.length > widest && line !== word) {
      lines.push(line);
      line = deeper + text;
    } else {
      line = `${line} ${text}`;
    }
  }
  return [...lines, line];
}

/** Packages of several architectures have one entry; sorted by name. */
function ofEachName(packages: readonly Brought[]): readonly Brought[] {
  const known = new Map<string, Brought>();
  for (const each of packages) {
    const key = `${each.name} ${each.candidate}`;
    const isSecurity = each.isSecurity || known.get(key)?.isSecurity === true;
    known.set(key, { ...each, isSecurity });
  }
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/**
 * What a block's changes say of an upgrade; undefined where they say nothing of one. What is not an entry of it is passed
 * over, for people may write there.
 */
export function readUpgrade(changes: readonly string[]): readonly Brought[] | undefined {
  const from = changes.findIndex((line) => line.trim().startsWith(word));
  const first = changes[from];
  if (first === undefined) {
    return undefined;
  }
  let text = first.trim().slice(word.length);
  for (const line of changes.slice(from + 1)) {
    if (!text.trimEnd().endsWith(',') || indentOf(line) <= indentOf(first)) {
      break;
    }
    text += ` ${line.trim()}`;
  }
  const entries = text.split(',').flatMap((entry): Brought[] => {
    const [, name, candidate, security] =
      /^([a-z0-9][a-z0-9+.-]*) (\S+)( \(security\))?$/.exec(entry.trim()) ?? [];
    return name === undefined || candidate === undefined
      ? []
      : [{ name, candidate, isSecurity: security !== undefined }];
  });
  return entries.length > 0 || toolchain.test(text.trim()) ? entries : undefined;
}

/** What is behind `Upgrade:` of an image that only builds with an upgraded one. */
const toolchain = /^built with \S+ \S+$/;

/** As above, of an image that only builds with one that is upgraded. */
export function toolchainLine(name: string, version: string): string {
  return `${word} built with ${name} ${version}`;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
