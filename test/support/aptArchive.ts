/** A small archive of Debian packages on loopback, signed by a key of its own. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atExit, must } from './process.js';
import { scratchTree } from './scratch.js';

export interface ArchivePackage {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
}

interface ArchiveSuite {
  readonly packages: readonly ArchivePackage[];
  readonly label?: string;
  readonly architectures?: readonly string[];
  /** Further lines of the Release file. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The file of hashes names another content than there is. */
  readonly isBroken?: boolean;
}

export interface AptArchive {
  readonly uri: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The public key, as gpg exports it, and in armour. */
  readonly key: Uint8Array;
  readonly armoured: string;
  /** Paths that were asked for, with the header `Authorization` where there was one. */
  readonly asked: { readonly path: string; readonly login?: string }[];
  /** Publishes a suite, in place of what it was. */
  publish(suite: string, content: ArchiveSuite): Promise<void>;
  stop(): Promise<void>;
}

/** A stanza as both the archive and dpkg's database have it. */
function stanza({ name, version, architecture = 'amd64' }: ArchivePackage): string {
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: Nobody <nobody@example.org>',
    'Installed-Size: 1',
    `Description: ${name}`,
    '',
  ].join('\n');
}

/** dpkg's database with these packages. */
export function statusOf(
  packages: readonly (ArchivePackage & { readonly status?: string })[],
): string {
  return packages
    .map((each) => `${stanza(each)}Status: ${each.status ?? 'install ok installed'}\n`)
    .join('\n');
}

export async function aptArchive(): Promise<AptArchive> {
  const { path: home } = scratchTree();
  const gpg = (args: readonly string[], input?: string) =>
    must('gpg', ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args], {
      ...(input === undefined ? {} : { input }),
    });
  await gpg(['--passphrase', '', '--quick-generate-key', 'archive@example.org', 'rsa2048', 'sign']);
  await gpg(['--output', `${home}/key.gpg`, '--export']);
  const armoured = await gpg(['--armor', '--export']);
  const files = new Map<string, { readonly bytes: Buffer; readonly time: Date }>();
  const asked: { path: string; login?: string }[] = [];
  let clock = Math.floor(Date.now() / 1000) - 3600;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/+/, '');
    const login = request.headers.authorization;
    asked.push({ path, ...(login === undefined ? {} : { login }) });
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const since = request.headers['if-modified-since'];
    if (since !== undefined && Date.parse(since) >= file.time.getTime()) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, { 'last-modified': file.time.toUTCString() }).end(file.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  atExit(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://127.0.0.1:${port}/`,
    host: `127.0.0.1:${port}`,
    key: readFileSync(`${home}/key.gpg`),
    armoured,
    asked,
    async publish(suite, { packages, label, architectures = ['amd64'], fields, isBroken }) {
      clock += 60;
      const time = new Date(clock * 1000);
      const put = (path: string, text: string) =>
        files.set(`dists/${suite}/${path}`, { bytes: Buffer.from(text), time });
      const hashes = architectures.map((each) => {
        const own = packages.filter(({ architecture = 'amd64' }) =>
          [each, 'all'].includes(architecture),
        );
        const text = own
          .map(
            (one) =>
              `${stanza(one)}Filename: pool/${one.name}.deb\nSize: 1\nSHA256: ${sha256(one.name)}\n`,
          )
          .join('\n');
        const name = `main/binary-${each}/Packages`;
        put(name, isBroken === true ? `${text} ` : text);
        return ` ${sha256(text)} ${Buffer.byteLength(text)} ${name}`;
      });
      const said = {
        Origin: 'Test',
        Label: label ?? 'Test',
        Suite: suite,
        Codename: suite,
        Date: time.toUTCString(),
        Architectures: architectures.join(' '),
        Components: 'main',
        ...fields,
      };
      const lines = Object.entries(said).map(([name, value]) => `${name}: ${value}`);
      const release = `${lines.join('\n')}\nSHA256:\n${hashes.join('\n')}\n`;
      put('InRelease', await gpg(['--clearsign'], release));
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Why there can be none here; undefined where there can. */
export function aptArchiveMissing(): string | undefined {
  for (const program of ['/usr/bin/gpg', '/usr/bin/apt-get', '/usr/bin/apt-cache']) {
    try {
      readFileSync(program);
    } catch {
      return `no ${program}`;
    }
  }
  return undefined;
}
