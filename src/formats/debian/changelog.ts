import {
  type Diagnostic,
  error,
  type Outcome,
  type Place,
  warning,
} from '#core/diagnostics/diagnostic.js';
import { type Heading, headingExample, headingProblem, parseHeading } from './heading.js';
import { looksLikeTrailer, parseTrailer, type Trailer, trailerExample } from './trailer.js';
import { versionProblem } from './version.js';

/** One entry of a Debian changelog (deb-changelog(5)). */
export interface ChangelogBlock {
  /** The name in the heading; an image's name, in docker-pkg's trees. */
  readonly package: string;
  readonly version: string;
  /** As written, such as `wikimedia` or `stable unstable`. */
  readonly distributions: string;
  /** `key=value` after the semicolon, keys in lower case; usually `urgency` alone. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The lines between heading and trailer, as written, without their line ends. */
  readonly changes: readonly string[];
  /** `Name <address>` of the trailer. */
  readonly author?: string;
  /** The trailer's date as written. */
  readonly date?: string;
  /** The same in RFC 3339; absent where it cannot be read. */
  readonly created?: string;
  /** Whether it has a trailer, so that a block can be put before it. */
  readonly isClosed: boolean;
  /** Where the name is in the heading. */
  readonly place: Place;
  readonly versionPlace: Place;
}

/**
 * The newest block of a changelog, the first in the file: all that an image's name and version
 * need, so nothing after its trailer is looked at. It is undefined, with an error that says where
 * and why, when the file holds no block, when the heading or the version are malformed, or when the
 * markers of a merge are where its end should be. An unreadable author or date, or no trailer at
 * all, is a warning: docker-pkg does not need them.
 */
export function readNewestBlock(file: string, text: string): Outcome<ChangelogBlock | undefined> {
  const lines = new Lines(file, text);
  const diagnostics: Diagnostic[] = [];
  while (lines.next()) {
    if (isIgnorable(lines.text)) {
      continue;
    }
    const heading = parseHeading(lines.text);
    if (heading !== undefined) {
      return readBlock(lines, heading, diagnostics);
    }
    const { index, length, message } = headingProblem(lines.text);
    diagnostics.push(
      error('changelog-heading', `the changelog's first line ${message}`, {
        place: lines.place(index, length),
        hint: message.includes('byte order mark')
          ? 'save the file without a byte order mark'
          : `a changelog starts with a line such as: ${headingExample}`,
      }),
    );
    return { value: undefined, diagnostics };
  }
  diagnostics.push(
    error(
      'changelog-empty',
      'the changelog has no block, so the image has no name and no version',
      {
        place: { file, line: 1, column: 1, lineText: '' },
        hint: `start it with a line such as "${headingExample}", indented changes, and "${trailerExample}"`,
      },
    ),
  );
  return { value: undefined, diagnostics };
}

/**
 * All blocks, newest first. The newest is judged as by readNewestBlock; older ones are history
 * that nothing is built from, so whatever cannot be read there (old formats, editors' variables,
 * lines out of place, a block without a trailer) is passed over in silence, as docker-pkg does.
 */
export function readChangelog(file: string, text: string): Outcome<readonly ChangelogBlock[]> {
  const newest = readNewestBlock(file, text);
  if (newest.value === undefined) {
    return { value: [], diagnostics: newest.diagnostics };
  }
  const blocks: ChangelogBlock[] = [];
  const lines = new Lines(file, text);
  let more = lines.next();
  while (more) {
    const heading = parseHeading(lines.text);
    if (heading === undefined) {
      more = lines.next();
      continue;
    }
    const place = lines.place(0, heading.package.length);
    const versionPlace = lines.place(heading.package.length + 2, heading.version.length);
    const body = readBody(lines);
    blocks.push(makeBlock(heading, body, readMetadata(heading).metadata, place, versionPlace));
    more = body.end === 'heading' || lines.next();
  }
  return { value: blocks, diagnostics: newest.diagnostics };
}

function readBlock(
  lines: Lines,
  heading: Heading,
  diagnostics: Diagnostic[],
): Outcome<ChangelogBlock | undefined> {
  const place = lines.place(0, heading.package.length);
  const versionAt = heading.package.length + 2;
  const versionPlace = lines.place(versionAt, heading.version.length);
  const problem = versionProblem(heading.version);
  if (problem !== undefined) {
    diagnostics.push(
      error('changelog-version', `the version "${heading.version}" ${problem.message}`, {
        place: lines.place(versionAt + problem.index, problem.length),
        hint: 'write a Debian version, such as 1.2.3-1',
      }),
    );
  }
  const { metadata, odd } = readMetadata(heading);
  if (odd !== undefined) {
    diagnostics.push(
      warning('changelog-metadata', `"${odd}" after the semicolon is not key=value`, {
        place: lines.place(lines.text.indexOf(odd, lines.text.indexOf(';')), odd.length),
        hint: `write for example: ${headingExample}`,
      }),
    );
  }

  const body = readBody(lines);
  const isConflict = body.end !== 'trailer' && isMergeMarker(body.oddLine);
  if (body.oddLine !== undefined && !isConflict) {
    diagnostics.push(
      warning('changelog-line', 'a line of the newest block is not indented by two spaces', {
        place: body.oddLine,
        hint: 'write changes as "  * what changed"',
      }),
    );
  }
  if (body.end === 'trailer') {
    if (body.trailer.problem !== undefined) {
      diagnostics.push(
        warning('changelog-trailer', `the newest block's trailer ${body.trailer.problem}`, {
          place: lines.place(0, lines.text.length),
          hint: `write it as: ${trailerExample}`,
        }),
      );
    }
  } else {
    diagnostics.push(
      unclosed(body, body.end === 'heading' ? lines.place(0, lines.text.length) : place),
    );
  }
  if (problem !== undefined || isConflict) {
    return { value: undefined, diagnostics };
  }
  return { value: makeBlock(heading, body, metadata, place, versionPlace), diagnostics };
}

function unclosed({ end, oddLine }: Body, place: Place): Diagnostic {
  if (oddLine !== undefined && isMergeMarker(oddLine)) {
    return error('changelog-trailer', 'the newest block ends in a merge conflict', {
      place: oddLine,
      hint: 'resolve the conflict',
    });
  }
  const found = end === 'heading' ? 'the next block starts' : 'the file ends';
  return warning('changelog-trailer', `${found} before the newest block has its trailer`, {
    place,
    hint: `close the block with a line such as: ${trailerExample}`,
  });
}

/** What git writes around the two sides of a conflict. */
function isMergeMarker(line: Place | undefined): boolean {
  return /^(?:<{7}|={7}|>{7})(?: |$)/.test(line?.lineText ?? '');
}

function makeBlock(
  heading: Heading,
  body: Body,
  metadata: ReadonlyMap<string, string>,
  place: Place,
  versionPlace: Place,
): ChangelogBlock {
  const { author, date, created } = body.trailer;
  return {
    package: heading.package,
    version: heading.version,
    distributions: heading.distributions,
    metadata,
    changes: body.changes,
    ...(author === undefined ? {} : { author }),
    ...(date === undefined ? {} : { date }),
    ...(created === undefined ? {} : { created }),
    isClosed: body.end === 'trailer',
    place,
    versionPlace,
  };
}

interface Body {
  readonly changes: readonly string[];
  readonly trailer: Trailer;
  /** What ended it; the lines are there. */
  readonly end: 'trailer' | 'heading' | 'file';
  /** The first line that is neither blank nor indented enough nor a comment. */
  readonly oddLine?: Place;
}

/** Reads from the line after a heading to the block's end. */
function readBody(lines: Lines): Body {
  const changes: string[] = [];
  let oddLine: Place | undefined;
  const odd = () => (oddLine === undefined ? {} : { oddLine });
  while (lines.next()) {
    const line = lines.text;
    if (/^\s\s/.test(line)) {
      changes.push(line);
    } else if (looksLikeTrailer(line)) {
      return { changes, trailer: parseTrailer(line), end: 'trailer', ...odd() };
    } else if (parseHeading(line) !== undefined) {
      return { changes, trailer: {}, end: 'heading', ...odd() };
    } else {
      changes.push(line);
      if (oddLine === undefined && !isIgnorable(line)) {
        oddLine = lines.place(0, line.length);
      }
    }
  }
  return { changes, trailer: {}, end: 'file', ...odd() };
}

function readMetadata(heading: Heading): { metadata: ReadonlyMap<string, string>; odd?: string } {
  const metadata = new Map<string, string>();
  let odd: string | undefined;
  for (const pair of heading.metadata.split(',')) {
    const written = pair.trim();
    const key = /^[-0-9a-z]+(?==)/i.exec(written)?.[0];
    const value = key === undefined ? '' : written.slice(key.length + 1).trim();
    if (key !== undefined && value !== '') {
      metadata.set(key.toLowerCase(), value);
    } else {
      odd ??= pair.trim();
    }
  }
  return odd === undefined ? { metadata } : { metadata, odd };
}

/** Blank lines, comments and editors' variables, as deb-changelog(5) and dpkg pass over them. */
function isIgnorable(line: string): boolean {
  return /^(?:\s*$|# |\/\*.*\*\/|\$\w+:.*\$|vim:|(?:;;\s*)?local variables:)/is.test(line);
}

/** The lines of a text one after the other, without splitting what is never looked at. */
class Lines {
  /** The current line, without its line end. */
  text = '';
  readonly #file: string;
  readonly #all: string;
  #next = 0;
  #number = 0;

  constructor(file: string, all: string) {
    this.#file = file;
    this.#all = all;
  }

  next(): boolean {
    if (this.#next >= this.#all.length) {
      return false;
    }
    const newline = this.#all.indexOf('\n', this.#next);
    const end = newline === -1 ? this.#all.length : newline;
    const carriageReturn = this.#all[end - 1] === '\r' && end > this.#next ? 1 : 0;
    this.text = this.#all.slice(this.#next, end - carriageReturn);
    this.#next = end + 1;
    this.#number++;
    return true;
  }

  place(index: number, length: number): Place {
    return {
      file: this.#file,
      line: this.#number,
      column: index + 1,
      length,
      lineText: this.text,
    };
  }
}
