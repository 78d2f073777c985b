/**
 * A token service for a real docker-registry (https://distribution.github.io/distribution/spec/auth/token/).
 * Its tokens are sound; that they last for seconds only is what no real service can be made to do.
 */
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenAuthority } from './engine/registry.js';
import { must } from './process.js';
import { scratchTree } from './scratch.js';

export interface TokenService {
  readonly authority: TokenAuthority;
  /** Scopes that tokens were given for, in order. */
  readonly given: readonly string[];
  /** How many requests had the wrong user or password. */
  refused(): number;
  stop(): Promise<void>;
}

/** The distribution accepts a token for so long after its end. */
const leewaySeconds = 60;

/** `account` is `user:password`; a token lasts for so many seconds. */
export async function tokenService(account: string, lastsSeconds: number): Promise<TokenService> {
  const files = scratchTree();
  await must('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=tokens'],
    ...['-keyout', files.at('key.pem'), '-out', files.at('certificate.pem')],
  ]);
  const key = createPrivateKey(readFileSync(files.at('key.pem')));
  const certificate = readFileSync(files.at('certificate.pem'), 'utf8').replace(
    /-----.*-----|\s/g,
    '',
  );
  const given: string[] = [];
  let refused = 0;

  const token = (scopes: readonly string[]): string => {
    const now = Math.floor(Date.now() / 1000);
    const header = { typ: 'JWT', alg: 'RS256', x5c: [certificate] };
    const claims = {
      iss: 'tests',
      sub: 'tests',
      aud: 'registry',
      iat: now,
      nbf: now - leewaySeconds - 10,
      exp: now - leewaySeconds + lastsSeconds,
      jti: randomUUID(),
      access: scopes.map((scope) => {
        const [type, name, actions] = scope.split(':');
        return { type, name, actions: actions?.split(',') };
      }),
    };
    const parts = [header, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const signature = sign('RSA-SHA256', Buffer.from(parts.join('.')), key);
    return `${parts.join('.')}.${signature.toString('base64url')}`;
  };

  const server = createServer((request, reply) => {
    // It has no OAuth 2, which containerd tries first.
    if (request.method === 'POST') {
      reply.writeHead(405).end();
      return;
    }
    const expected = `Basic ${Buffer.from(account).toString('base64')}`;
    if (request.headers.authorization !== expected) {
      refused++;
      reply.writeHead(401, { 'content-type': 'application/json' });
      reply.end('{"details":"incorrect username or password"}');
      return;
    }
    const scopes = new URL(request.url ?? '', 'http://x').searchParams.getAll('scope');
    given.push(...scopes);
    reply.writeHead(200, { 'content-type': 'application/json' });
    reply.end(JSON.stringify({ token: token(scopes) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    authority: {
      realm: `http://127.0.0.1:${port}/token`,
      service: 'registry',
      issuer: 'tests',
      certificate: files.at('certificate.pem'),
    },
    given,
    refused: () => refused,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
