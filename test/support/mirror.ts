/** A mirror of this machine's Debian archive on loopback, which can be switched off. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { debianSource } from './engine/packages.js';
import { atExit } from './process.js';

export interface Mirror {
  /** `http://127.0.0.1:PORT/debian`. */
  readonly uri: string;
  /** The archive behind it, for containers, which do not reach this loopback. */
  readonly upstream: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** Passes requests on to the archive that the machine's apt uses, each file once. */
export async function debianMirror(): Promise<Mirror> {
  const upstream = debianSource().uri.replace(/\/$/, '');
  const known = new Map<string, Promise<{ status: number; body: Buffer }>>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/debian/, '');
    asked.push(path);
    let answer = known.get(path);
    if (answer === undefined) {
      answer = fetch(`${upstream}${path}`).then(async (found) => ({
        status: found.status,
        body: Buffer.from(await found.arrayBuffer()),
      }));
      known.set(path, answer);
    }
    answer.then(
      ({ status, body }) => response.writeHead(status).end(body),
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  atExit(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { uri: `http://127.0.0.1:${port}/debian`, upstream, asked, stop: () => stop(server) };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
