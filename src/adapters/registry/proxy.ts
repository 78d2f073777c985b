import { BlockList, isIP } from 'node:net';
import type { Environment } from '../process/process.js';
import { hostname, isLoopback } from './address.js';

/**
 * The proxy through which `https://host` is asked: the tree's `http_proxy` (docker-pkg uses it for
 * https), else HTTPS_PROXY; never for loopback or what NO_PROXY names. Plain-http registries are
 * always asked directly, since credentials would cross the proxy in the clear.
 */
export function proxyFor(
  host: string,
  treeProxy: string | undefined,
  environment: Environment,
): string | undefined {
  const wanted = treeProxy ?? environment.https_proxy ?? environment.HTTPS_PROXY;
  if (wanted === undefined || wanted === '' || isLoopback(host)) {
    return undefined;
  }
  if (isExempt(host, environment.no_proxy ?? environment.NO_PROXY ?? '')) {
    return undefined;
  }
  return wanted.includes('://') ? wanted : `http://${wanted}`;
}

/**
 * NO_PROXY as Go's `httpproxy` reads it, since the docker CLI beside us does: `*`, names that
 * cover their subdomains, `.name` for subdomains alone, addresses, CIDR blocks, and `:port`.
 */
export function isExempt(host: string, noProxy: string): boolean {
  const name = hostname(host);
  const port = /:(\d+)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1] ?? '443';
  for (const written of noProxy.split(',')) {
    const entry = written.trim().toLowerCase();
    if (entry === '') {
      continue;
    }
    if (entry === '*') {
      return true;
    }
    if (entry.includes('/')) {
      if (inBlock(name, entry)) {
        return true;
      }
      continue;
    }
    const entryName = isIP(entry) === 6 ? entry : hostname(entry);
    const entryPort = isIP(entry) === 6 ? undefined : /:(\d+)$/.exec(entry)?.[1];
    if (entryPort !== undefined && entryPort !== port) {
      continue;
    }
    const domain = entryName.replace(/^\*(?=\.)/, '');
    if (domain.startsWith('.') ? name.endsWith(domain) : matchesDomain(name, domain)) {
      return true;
    }
  }
  return false;
}

function matchesDomain(name: string, domain: string): boolean {
  return name === domain || (isIP(domain) === 0 && name.endsWith(`.${domain}`));
}

function inBlock(name: string, block: string): boolean {
  const family = isIP(name);
  const [network = '', bits = ''] = block.split('/');
  const length = Number(bits);
  if (family === 0 || family !== isIP(network) || !/^\d+$/.test(bits)) {
    return false;
  }
  if (length > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, length, type);
  return list.check(name, type);
}
