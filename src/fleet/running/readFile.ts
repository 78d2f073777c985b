import { addAbortSignal, type Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type Diagnostic, error } from '#core/diagnostics/diagnostic.js';
import { whyNot } from '#core/files/paths.js';
import { readStream } from '#core/files/readStream.js';
import { isDigest, parseReference } from '#core/reference/reference.js';
import { some } from '#core/text/some.js';
import { JsonProblem } from '#formats/json/pull.js';
import { readImageId } from '#formats/kubernetes/imageId.js';
import { type Workloads, workloadsIn } from '#formats/kubernetes/workloads.js';
import type { RunningDigest, Use } from './use.js';

/** A file that says what runs in a cluster. */
export interface ClusterFile {
  readonly cluster: string;
  /** Absolute; absent: standard input. */
  readonly path?: string;
  /** As written. */
  readonly shown: string;
}

interface ReadCluster {
  readonly uses: readonly Use[];
  /** What was left out, as clauses; empty: nothing. */
  readonly leftOut: readonly string[];
}

export type ClusterReading =
  | ({ readonly kind: 'read' } & ReadCluster)
  | { readonly kind: 'wrong'; readonly problem: Diagnostic }
  | { readonly kind: 'cancelled' };

const largest = 1024 ** 3;
const hint = 'write one with: kubectl get pods -A -o json, or lines of REF[@DIGEST] [WHERE]';

/**
 * Reads what runs in one cluster: what `kubectl get … -o json` prints, or lines of `REF[@DIGEST] [WHERE]`. A problem names its
 * place, and no text of the file: environments may have secrets.
 */
export async function readCluster(
  file: ClusterFile,
  stdin: Readable,
  signal: AbortSignal,
): Promise<ClusterReading> {
  let bytes: Buffer;
  try {
    const stream =
      file.path === undefined ? addAbortSignal(signal, stdin) : readStream(file.path, signal);
    const read = await bytesOf(stream);
    if (read === undefined) {
      return wrong(file, `the file is larger than ${largest / 1024 ** 3} GiB`);
    }
    bytes = read;
  } catch (cause) {
    return signal.aborted ? { kind: 'cancelled' } : wrong(file, `the file ${whyNot(cause)}`);
  }
  const text = withoutMark(bytes);
  if (typeof text === 'string') {
    return wrong(file, text, { hint: 'save the file as UTF-8' });
  }
  const first = text.find((byte) => !isSpace(byte));
  if (first === undefined) {
    return wrong(file, 'the file is empty');
  }
  return first === 0x7b || first === 0x5b
    ? await readObjects(file, text, signal)
    : readLines(file, text);
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    size += bytes.length;
    if (size > largest) {
      return undefined;
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, size);
}

/** Without a byte order mark; a clause for another encoding. */
function withoutMark(bytes: Buffer): Uint8Array | string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return bytes.subarray(3);
  }
  const isUtf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return isUtf16 ? 'the file is UTF-16, not UTF-8' : bytes;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

async function readObjects(
  file: ClusterFile,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<ClusterReading> {
  try {
    const reading = workloadsIn(bytes);
    for (;;) {
      const { done, value } = reading.next();
      if (done) {
        return objectsOf(file, value);
      }
      await setImmediate();
      if (signal.aborted) {
        return { kind: 'cancelled' };
      }
    }
  } catch (cause) {
    if (cause instanceof JsonProblem) {
      return wrong(file, cause.message, { at: placeIn(bytes, cause.offset) });
    }
    throw cause;
  }
}

const mostKinds = 3;

function objectsOf(file: ClusterFile, found: Workloads): ClusterReading {
  const { ended, idle, others } = found;
  const kinds = some([...others.keys()].sort(), mostKinds);
  if (found.containers.length + ended + idle === 0 && others.size > 0) {
    return wrong(file, `the file has no pods, and no workloads: ${kinds}`);
  }
  const ofOthers = [...others.values()].reduce((sum, count) => sum + count, 0);
  const uses = found.containers.map(({ imageId, name, offset: _, ...rest }): Use => {
    const running = imageId === undefined ? undefined : readImageId(imageId);
    return {
      ...rest,
      cluster: file.cluster,
      container: name,
      ...(running === undefined ? {} : { running }),
    };
  });
  return {
    kind: 'read',
    uses: withoutListed(uses),
    leftOut: [
      ...(ended === 0 ? [] : [`${count(ended, 'pod')} that ended`]),
      ...(idle === 0 ? [] : [`${count(idle, 'workload')} without replicas`]),
      ...(ofOthers === 0 ? [] : [`${count(ofOthers, 'object')} without pods (${kinds})`]),
    ],
  };
}

/** Where pods of a workload are listed they say what runs, and its template does not count. */
function withoutListed(uses: readonly Use[]): readonly Use[] {
  const keyOf = ({ namespace, workload: { kind, name } }: Use) =>
    JSON.stringify([namespace, kind, name]);
  const listed = new Set(uses.filter(({ isTemplate }) => !isTemplate).map(keyOf));
  return uses.filter((use) => !use.isTemplate || !listed.has(keyOf(use)));
}

/** Of a line of text, in bytes. */
const longestLine = 4096;
/** More are not read. */
const mostLines = 1_000_000;

function readLines(file: ClusterFile, bytes: Uint8Array): ClusterReading {
  const uses: Use[] = [];
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    number++;
    if (end - start > longestLine || number > mostLines) {
      const what = number > mostLines ? `more than ${mostLines} lines` : 'a line is too long';
      return wrong(file, `not JSON, and ${what}`, { at: { line: number, column: 1 } });
    }
    const line = Buffer.from(bytes.subarray(start, end)).toString('utf8');
    start = end + 1;
    const use = useOf(line, file.cluster);
    if (use !== undefined && 'message' in use) {
      return wrong(file, use.message, { at: { line: number, column: use.column } });
    }
    if (use !== undefined) {
      uses.push(use);
    }
  }
  return uses.length === 0
    ? wrong(file, 'the file has no image')
    : { kind: 'read', uses, leftOut: [] };
}

/** What jq prints where there is nothing; no image has such a name. */
const jsonWord = /^(?:null|true|false)$/;

/** Undefined for a line that is empty or a comment. */
function useOf(
  line: string,
  cluster: string,
): Use | { readonly message: string; readonly column: number } | undefined {
  const [, space = '', written = '', where = ''] = /^(\s*)(\S*)\s*(.*?)\s*$/s.exec(line) ?? [];
  if (written === '' || written.startsWith('#')) {
    return undefined;
  }
  const column = space.length + 1;
  if (jsonWord.test(written)) {
    return { message: 'a value of JSON, and neither objects nor lines', column };
  }
  const plain = written.replace(/^(?:docker-pullable|docker|containerd|cri-o):\/\//, '');
  const at = plain.indexOf('@');
  const image = at === -1 ? plain : plain.slice(0, at);
  const digest = at === -1 ? undefined : plain.slice(at + 1);
  const parsed = parseReference(image);
  if (parsed.kind === 'problem') {
    const isYaml = /^(?:apiVersion|kind|items|metadata):/.test(line);
    return {
      message: isYaml
        ? 'the file is YAML, which is not read'
        : `not JSON, and not a line of REF[@DIGEST] [WHERE]: ${parsed.message}`,
      column,
    };
  }
  if (digest !== undefined && !(isDigest(digest) && digest.startsWith('sha256:'))) {
    return {
      message: 'what is behind @ is not a digest: sha256: and 64 digits',
      column: column + written.indexOf('@') + 1,
    };
  }
  const running: RunningDigest | undefined =
    digest === undefined ? undefined : { kind: 'manifest', digest };
  return {
    cluster,
    workload: { name: where },
    // A digest alone says which image it is.
    image: running !== undefined && parsed.tag === undefined ? plain : image,
    ...(running === undefined ? {} : { running }),
    pods: 1,
    isTemplate: false,
  };
}

function placeIn(bytes: Uint8Array, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1 && at < offset; at = bytes.indexOf(0x0a, start)) {
    line++;
    start = at + 1;
  }
  const before = Buffer.from(bytes.subarray(start, offset)).toString('utf8');
  return { line, column: before.length + 1 };
}

function wrong(
  { shown }: ClusterFile,
  message: string,
  more: { readonly at?: { line: number; column: number }; readonly hint?: string } = {},
): ClusterReading {
  const place = { file: shown, ...more.at };
  return {
    kind: 'wrong',
    problem: error('running-file', message, { place, hint: more.hint ?? hint }),
  };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
