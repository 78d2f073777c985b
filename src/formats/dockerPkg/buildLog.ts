/** docker-pkg's own log, `docker-pkg-build.log`: lines of Python's logging, messages of several lines among them. */

/** What a log has of the Dockerfiles that docker-pkg made; it keeps no others. */
export interface BuildLog {
  /** The Dockerfile by the reference of its image: of the last run in which it was made. */
  readonly dockerfiles: ReadonlyMap<string, string>;
  /** References of those whose only, or last, Dockerfile is not there to its end. */
  readonly truncated: ReadonlySet<string>;
}

/** A line that begins an entry: time (newer versions without milliseconds), program, level. */
const entry = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d{3})? \[docker-pkg-build\] [A-Z]+ - /;

/** The line before a Dockerfile: its message ends with the line. */
const announced = / INFO - Generated dockerfile for (\S+):\r?$/;

/** What Python puts behind a message, whose last line may be any line of a Dockerfile. */
const closing = / \([\w.-]+\.py:\d+\)$/;

/**
 * Reads a log. A Dockerfile ends where a line has the mark of the message's end and the next one begins
 * an entry, or is the last: so its own lines may look like either. What is not an entry is passed over.
 */
export function readBuildLog(text: string): BuildLog {
  const dockerfiles = new Map<string, string>();
  const truncated = new Set<string>();
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
  }
  for (let at = 0; at < lines.length; at++) {
    const reference = referenceIn(lines[at]);
    if (reference === undefined) {
      continue;
    }
    const end = endOf(lines, at + 1);
    if (end === undefined) {
      // What an earlier run made says nothing of the last one.
      dockerfiles.delete(reference);
      truncated.add(reference);
      continue;
    }
    const last = lines[end] ?? '';
    const own = [...lines.slice(at + 1, end), last.replace(closing, '')];
    dockerfiles.set(reference, own.join('\n'));
    truncated.delete(reference);
    at = end;
  }
  return { dockerfiles, truncated };
}

function referenceIn(line: string | undefined): string | undefined {
  return line !== undefined && entry.test(line) ? announced.exec(line)?.[1] : undefined;
}

/** The last line of the message that begins at `from`; undefined where another Dockerfile begins before it. */
function endOf(lines: readonly string[], from: number): number | undefined {
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (referenceIn(line) !== undefined) {
      return undefined;
    }
    const next = lines[at + 1];
    if (closing.test(line) && (next === undefined || entry.test(next))) {
      return at;
    }
  }
  return undefined;
}
