/**
 * A fake, for what a real registry cannot be made to do on demand: errors, slowness, rubbish,
 * tokens that expire. It stands in front of a real registry where one is given, and passes on
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
  /** The real registry behind it. */
  readonly behind?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export async function faultyRegistry(
  behave: (asked: Asked) => Misbehaviour,
  { behind, tls }: FaultyOptions = {},
): Promise<FaultyRegistry> {
  const asked: Asked[] = [];
  const listener = (incoming: IncomingMessage, reply: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = '', url = '', headers } = incoming;
      const one: Asked = { method, path: url, headers, body: body.toString() };
      asked.push(one);
      carryOut(behave(one), one, body, reply, behind);
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

function carryOut(
  what: Misbehaviour,
  asked: Asked,
  body: Buffer,
  reply: ServerResponse,
  behind: string | undefined,
): void {
  if (what === 'hang') return;
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
