/**
 * The stream of `docker buildx bake --progress=rawjson` (stderr) as events. The objects are
 * BuildKit's SolveStatus, one a line from buildx 0.14 on and indented over many lines in 0.13;
 * plain text, the final error above all, is between and after them.
 */

export type ProgressEvent =
  | VertexEvent
  | LogEvent
  | { readonly kind: 'warning'; readonly vertex: string; readonly text: string }
  /** A line that is not JSON. */
  | { readonly kind: 'text'; readonly line: string };

/** A step of the build, told again whenever something about it changes. */
export interface VertexEvent {
  readonly kind: 'vertex';
  readonly digest: string;
  /** `[target 2/3] RUN …`; a step that several targets share comes once with each one's prefix. */
  readonly name: string;
  /** RFC 3339. */
  readonly started?: string;
  readonly completed?: string;
  readonly cached: boolean;
  readonly error?: string;
}

interface LogEvent {
  readonly kind: 'log';
  readonly vertex: string;
  readonly stream: 'stdout' | 'stderr';
  /** As the process wrote it: may begin or end within a line, and within a character. */
  readonly data: Uint8Array;
}

export interface ProgressReader {
  /** Takes the stream as it comes, cut anywhere. */
  write(text: string): void;
  /** Tells that nothing more will come. */
  end(): void;
}

/** Reads the stream; events are given in order, as soon as they are whole. */
export function readProgress(onEvent: (event: ProgressEvent) => void): ProgressReader {
  let rest = '';
  // The lines of an indented object that is not closed yet.
  let open: string[] | undefined;
  const text = (line: string) => {
    if (line !== '') {
      onEvent({ kind: 'text', line });
    }
  };
  const giveUp = () => {
    for (const line of open ?? []) {
      text(line);
    }
    open = undefined;
  };
  const take = (line: string) => {
    if (open !== undefined) {
      if (line === '}') {
        const whole = parse([...open, line].join('\n'));
        if (whole === undefined) {
          giveUp();
          text(line);
        } else {
          open = undefined;
          emit(whole, onEvent);
        }
        return;
      }
      // Within an object every line is indented: this was not one.
      if (/^[ \t]/.test(line)) {
        open.push(line);
        return;
      }
      giveUp();
    }
    if (line === '{') {
      open = [line];
      return;
    }
    const whole = line.startsWith('{') ? parse(line) : undefined;
    if (whole === undefined) {
      text(line);
    } else {
      emit(whole, onEvent);
    }
  };
  return {
    write(chunk) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        take(line.endsWith('\r') ? line.slice(0, -1) : line);
      }
    },
    end() {
      if (rest !== '') {
        take(rest);
      }
      rest = '';
      giveUp();
    },
  };
}

type Json = Readonly<Record<string, unknown>>;

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function emit(status: Json, onEvent: (event: ProgressEvent) => void): void {
  for (const vertex of objects(status.vertexes)) {
    const started = string(vertex.started);
    const completed = string(vertex.completed);
    const fault = string(vertex.error);
    onEvent({
      kind: 'vertex',
      digest: string(vertex.digest) ?? '',
      name: string(vertex.name) ?? '',
      ...(started === undefined ? {} : { started }),
      ...(completed === undefined ? {} : { completed }),
      cached: vertex.cached === true,
      ...(fault === undefined ? {} : { error: fault }),
    });
  }
  for (const log of objects(status.logs)) {
    onEvent({
      kind: 'log',
      vertex: string(log.vertex) ?? '',
      stream: log.stream === 2 ? 'stderr' : 'stdout',
      data: Buffer.from(string(log.data) ?? '', 'base64'),
    });
  }
  for (const warning of objects(status.warnings)) {
    onEvent({
      kind: 'warning',
      vertex: string(warning.vertex) ?? '',
      text: Buffer.from(string(warning.short) ?? '', 'base64').toString(),
    });
  }
}

function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Absent and empty are the same in Go's JSON. */
function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
