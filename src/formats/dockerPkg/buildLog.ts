/** docker-pkg's own log, `docker-pkg-build.log`: lines of Python's logging, messages of several lines among them. */

import { withoutColours } from '#core/text/printable.js';

/** What a log has of the Dockerfiles that docker-pkg made; it keeps no others. */
export interface BuildLog {
  /** The Dockerfile by the reference of its image: of the last run in which it was made. */
  readonly dockerfiles: ReadonlyMap<string, string>;
  /** References of those whose only, or last, Dockerfile is not there to its end. */
  readonly truncated: ReadonlySet<string>;
}

/** What begins an entry up to 4.0.4: time (some without milliseconds), program, level. */
const older = String.raw`(?:,\d{3})? \[docker-pkg-build\] [A-Z]+ - `;

/** What begins one since its commit 060e9fb (June 2025): time, level, name of the logger. */
const newer = String.raw` [A-Z]+ [\w.]\S*: `;

/** A line that begins an entry: a log may have both, of before and after an upgrade. */
const entry = new RegExp(String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:${older}|${newer})`);

/** The line before a Dockerfile: its message ends with the line. */
const announced = / INFO (?<mark>-|docker_pkg:) Generated dockerfile for (?<reference>\S+):\r?$/;

/** What the older format puts behind a message, whose last line may be any line of a Dockerfile. */
const closing = / \([\w.-]+\.py:\d+\)$/;

/** Which image's Dockerfile follows, and in which format. */
interface Announcement {
  readonly reference: string;
  readonly isClosed: boolean;
}

/**
 * Reads a log. In the older format a Dockerfile ends where a line has the mark of the message's end and the
 * next one begins an entry, or is the last. In the newer one it ends before the entry that says what is done
 * with its image, which docker-pkg writes next. So its own lines may look like any of these. What is not an
 * entry is passed over.
 */
export function readBuildLog(text: string): BuildLog {
  const dockerfiles = new Map<string, string>();
  const truncated = new Set<string>();
  const lines = linesOf(text);
  for (let at = 0; at < lines.length; at++) {
    const announcement = announcementIn(lines[at]);
    if (announcement === undefined) {
      continue;
    }
    const { reference, isClosed } = announcement;
    const end = endOf(lines, at + 1, announcement);
    if (end === undefined) {
      // What an earlier run made says nothing of the last one.
      dockerfiles.delete(reference);
      truncated.add(reference);
      continue;
    }
    const own = lines.slice(at + 1, end + 1);
    if (isClosed) {
      own.push((own.pop() ?? '').replace(closing, ''));
    }
    dockerfiles.set(reference, own.join('\n'));
    truncated.delete(reference);
    at = end;
  }
  return { dockerfiles, truncated };
}

/** Without colours, which a terminal's copy has, and without CR where every line ends with one. */
function linesOf(text: string): readonly string[] {
  const lines = withoutColours(text).split('\n');
  const last = lines.pop() ?? '';
  const isCrLf = lines.length > 0 && lines.every((line) => line.endsWith('\r'));
  const whole = isCrLf ? lines.map((line) => line.slice(0, -1)) : lines;
  return last === '' ? whole : [...whole, last];
}

function announcementIn(line: string | undefined): Announcement | undefined {
  const groups = line !== undefined && entry.test(line) ? announced.exec(line)?.groups : undefined;
  return groups?.reference === undefined
    ? undefined
    : { reference: groups.reference, isClosed: groups.mark === '-' };
}

/** The last line of the message that begins at `from`; undefined where another Dockerfile begins before it. */
function endOf(
  lines: readonly string[],
  from: number,
  { reference, isClosed }: Announcement,
): number | undefined {
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (announcementIn(line) !== undefined) {
      return undefined;
    }
    if (isClosed) {
      const next = lines[at + 1];
      if (closing.test(line) && (next === undefined || entry.test(next))) {
        return at;
      }
    } else if (isAbout(line, reference)) {
      return at - 1;
    }
  }
  return undefined;
}

/** Whether an entry says that an image is built, or why not. */
function isAbout(line: string, reference: string): boolean {
  const [, message] = / (?:INFO|ERROR) docker_pkg: (.*)$/.exec(line) ?? [];
  return message !== undefined && entry.test(line) && words(message).includes(reference);
}

/** `Unexpected error building image r/x:1: why`. */
function words(message: string): readonly string[] {
  return message.split(' ').map((word) => word.replace(/:$/, ''));
}
