/**
 * A fake, for what a real registry cannot be made to do on demand: errors, slowness, answers that cannot be read,
 * tokens that expire. It is in front of a real registry where one is given, and passes on
 * every request that the test lets through.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Misbehaviour =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Takes the request and never answers. */
  | 'hang'
  /** Closes the connection. */
  | 'reset'
  /** The real registry gets it and answers; the answer is lost on the way back. */
  | 'lose'
  /** The real registry's answer, cut off in the middle of its body. */
  | 'cut'
  /** Sends the head of an answer and a byte every 20 ms, without end. */
  | 'trickle'
  /** The real registry's answer; an empty 200 where there is none. */
  | 'pass';

export interface FaultyRegistry {
  readonly host: string;
  /** All that was asked so far, oldest first. */
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
}

export interface FaultyOptions {
  /** The real registry behind it; a function where it is another one from time to time. */
  readonly behind?: string | (() => string);
  /** How long a request waits before it is carried out, in milliseconds. */
  readonly delayMs?: (asked: Asked) => number;
  /** What happens elsewhere before a request is carried out. */
  readonly meanwhile?: (asked: Asked) => Promise<void>;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export async function faultyRegistry(
  behave: (asked: Asked) => Misbehaviour,
  { behind, tls, delayMs = () => 0, meanwhile = async () => {} }: FaultyOptions = {},
): Promise<FaultyRegistry> {
  const asked: Asked[] = [];
  const listener = (incoming: IncomingMessage, reply: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = '', url = '', headers } = incoming;
      const one: Asked = { method, path: url, headers, body: body.toString() };
      refuseDeletion(one);
      asked.push(one);
      const act = async (): Promise<void> => {
        await meanwhile(one);
        const real = typeof behind === 'function' ? behind() : behind;
        carryOut(behave(one), one, body, reply, real);
      };
      const delay = delayMs(one);
      if (delay > 0) {
        setTimeout(act, delay);
      } else {
        act();
      }
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Nothing in a registry is ever deleted, but an upload that was begun; thrown, it fails whatever test runs. */
function refuseDeletion({ method, path }: Asked): void {
  if (method === 'DELETE' && /\/manifests\/|\/tags\/|\/blobs\/sha256:/.test(path)) {
    throw new Error(`a registry was asked to delete something: DELETE ${path}`);
  }
}

function carryOut(
  what: Misbehaviour,
  asked: Asked,
  body: Buffer,
  reply: ServerResponse,
  behind: string | undefined,
): void {
  if (what === 'hang') {
    return;
  }
  if (what === 'reset') {
    reply.destroy();
    return;
  }
  if (what === 'trickle') {
    reply.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => reply.write(' '), 20);
    reply.on('close', () => clearInterval(timer));
    return;
  }
  if (typeof what === 'object') {
    reply.writeHead(what.status, { 'content-type': 'application/json', ...what.headers });
    reply.end(what.body ?? '');
    return;
  }
  if (behind === undefined) {
    reply.end();
    return;
  }
  const [hostname, port] = behind.split(':');
  const onward = request(
    {
      hostname,
      port,
      method: asked.method,
      path: asked.path,
      headers: { ...asked.headers, 'content-length': body.length },
    },
    (answer) => {
      if (what === 'lose') {
        answer.resume().on('end', () => reply.destroy());
        return;
      }
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      if (what === 'cut') {
        answer.once('data', (chunk: Buffer) => {
          reply.write(chunk.subarray(0, chunk.length >> 1), () => reply.destroy());
        });
        return;
      }
      answer.pipe(reply);
    },
  );
  onward.on('error', () => reply.destroy());
  onward.end(body);
}

/** A registry's way of saying no. */
export function refusal(status: number, code: string, message = code): Misbehaviour {
  return { status, body: JSON.stringify({ errors: [{ code, message }] }) };
}

/** What becomes of one request; `nth` counts from 1 those of an image that were meant. */
export type Behaviour = (asked: Asked, nth: number) => Misbehaviour;

/** What befalls the requests for each image, by its name; `nth` counts them from 1. */
export function by(
  behaviours: Readonly<Record<string, Behaviour>>,
): (asked: Asked) => Misbehaviour {
  const counts = new Map<string, number>();
  return (asked) => {
    const name = /^\/v2\/([^/]+)\//.exec(asked.path)?.[1] ?? '';
    const behave = Object.hasOwn(behaviours, name) ? behaviours[name] : undefined;
    if (behave === undefined) {
      return 'pass';
    }
    const nth = (counts.get(name) ?? 0) + 1;
    const done = behave(asked, nth);
    // What is not meant is not counted.
    if (done !== 'pass' || nth > 1) {
      counts.set(name, nth);
    }
    return done;
  };
}

export const always =
  (what: Misbehaviour, when: (asked: Asked) => boolean = () => true): Behaviour =>
  (asked) =>
    when(asked) ? what : 'pass';

export const once =
  (what: Misbehaviour, when: (asked: Asked) => boolean = () => true): Behaviour =>
  (asked, nth) =>
    nth === 1 && when(asked) ? what : 'pass';
