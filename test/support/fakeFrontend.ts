/**
 * A fake of Blubber's frontend, to be run by BuildKit in an image of its own (engine/frontend.ts): it reads nothing of the Blubber
 * file, and has BuildKit's own Dockerfile frontend build the stage of `fake.Dockerfile`, in the build context, that has the
 * variant's name. Like any frontend it speaks gRPC on its standard streams (moby.buildkit.v1.frontend.LLBBridge).
 */
import { connect } from 'node:http2';
import { Duplex } from 'node:stream';

const connection = new Duplex({
  read() {},
  write(chunk: Buffer, _encoding, done) {
    process.stdout.write(chunk, done);
  },
});
process.stdin.on('data', (chunk: Buffer) => connection.push(chunk));
process.stdin.on('end', () => connection.push(null));
const session = connect('http://localhost', { createConnection: () => connection });
// Nothing else keeps node waiting for an answer.
setInterval(() => {}, 60_000);

function call(method: string, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/moby.buildkit.v1.frontend.LLBBridge/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let status: unknown;
    let said: unknown;
    const take = (headers: Readonly<Record<string, unknown>>): void => {
      status = headers['grpc-status'] ?? status;
      said = headers['grpc-message'] ?? said;
    };
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      if (status !== undefined && status !== '0') {
        reject(new Error(decodeURIComponent(String(said))));
      } else {
        resolve(Buffer.concat(chunks).subarray(5));
      }
    });
    const length = Buffer.alloc(5);
    length.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([length, message]));
  });
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + 128);
  }
  return Buffer.from([...bytes, rest]);
}

/** A field of a protocol buffer that has a length: a text, or a message. */
function field(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** The values of all such fields of one number; others have to have a length as well. */
function fieldsOf(message: Buffer, number: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte % 128) * scale;
      if (byte < 128) {
        return value;
      }
    }
  };
  while (at < message.length) {
    const key = read();
    const length = read();
    if (key === number * 8 + 2) {
      found.push(message.subarray(at, at + length));
    }
    at += length;
  }
  return found;
}

function optionsFromEnvironment(): Map<string, string> {
  const options = new Map<string, string>();
  for (const [name, value = ''] of Object.entries(process.env)) {
    if (name.startsWith('BUILDKIT_FRONTEND_OPT_')) {
      options.set(value.slice(0, value.indexOf('=')), value.slice(value.indexOf('=') + 1));
    }
  }
  return options;
}

const options = optionsFromEnvironment();
const own = ['source', 'cmdline', 'frontend.caps', 'build-arg:BUILDKIT_SYNTAX'];
// Blubber ignores the rebuild key.
const rebuildKey = ['build-arg:BUILDKIT_SANDBOX_HOSTNAME', 'hostname'];
for (const name of [...own, ...rebuildKey]) {
  options.delete(name);
}
options.set('dockerfilekey', 'context');
options.set('filename', 'fake.Dockerfile');
try {
  const inputs = fieldsOf(await call('Inputs', Buffer.alloc(0)), 1);
  const solved = await call(
    'Solve',
    Buffer.concat([
      field(2, 'dockerfile.v0'),
      ...[...options].map(([key, value]) =>
        field(3, Buffer.concat([field(1, key), field(2, value)])),
      ),
      // allowResultReturn and allowResultArrayRef.
      Buffer.from([5 * 8, 1, 6 * 8, 1]),
      ...inputs.map((input) => field(13, input)),
    ]),
  );
  const [result = Buffer.alloc(0)] = fieldsOf(solved, 3);
  await call('Return', field(1, result));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const status = Buffer.concat([Buffer.from([8, 2]), field(2, message)]);
  await call('Return', field(2, status));
}
// A connection that is closed before would be an error to BuildKit.
process.exit(0);
