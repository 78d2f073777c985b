import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { Environment } from '../process/process.js';
import { proxyFor } from './proxy.js';

export interface Route {
  /** The tree's `http_proxy`. */
  readonly treeProxy?: string;
  readonly environment: Environment;
  /** PEM texts; read when the first https connection is made. */
  readonly authorities: () => readonly string[];
}

/**
 * A proxy that does not open the tunnel. Its answer must not be taken for the registry's; the
 * status travels in `code`, all that node-fetch keeps of an error.
 */
class ProxyRefusal extends Error {
  readonly code: string;
  constructor(status: number) {
    super(`the proxy answers ${status}`);
    this.code = `${proxyRefusal}${status}`;
  }
}

/** Followed by the HTTP status that the proxy gave. */
export const proxyRefusal = 'PROXY_REFUSED_';

/**
 * The agents of one phase: connections stay open between requests, and each URL (a redirect may
 * lead to another host) takes the proxy and the authorities that apply to it.
 */
export class Connections {
  readonly #route: Route;
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #tunnels = new Map<string, HttpAgent>();
  readonly #closing = new AbortController();
  #https: HttpsAgent | undefined;
  #context: SecureContext | undefined;

  constructor(route: Route) {
    this.#route = route;
  }

  agentFor(url: URL): HttpAgent {
    if (url.protocol !== 'https:') {
      return this.#http;
    }
    const proxy = proxyFor(url.host, this.#route.treeProxy, this.#route.environment);
    return proxy === undefined ? this.#direct() : this.#tunnel(proxy);
  }

  close(): void {
    // Also ends connections to a proxy that has not answered yet: no agent knows those.
    this.#closing.abort();
    this.#http.destroy();
    this.#https?.destroy();
    for (const agent of this.#tunnels.values()) {
      agent.destroy();
    }
  }

  #direct(): HttpsAgent {
    this.#https ??= new HttpsAgent({ keepAlive: true, secureContext: this.#secureContext() });
    return this.#https;
  }

  #tunnel(proxy: string): HttpAgent {
    const known = this.#tunnels.get(proxy);
    if (known !== undefined) {
      return known;
    }
    const agent = tunnelAgent(proxy, this.#secureContext(), this.#closing.signal);
    this.#tunnels.set(proxy, agent);
    return agent;
  }

  #secureContext(): SecureContext {
    // One context for all connections: reading some 300 authorities takes longer than a handshake.
    this.#context ??= createSecureContext({ ca: [...this.#route.authorities()] });
    return this.#context;
  }
}

function tunnelAgent(proxy: string, secureContext: SecureContext, signal: AbortSignal): HttpAgent {
  const url = new URL(proxy);
  // The agent writes its proxy's URL to the debug log; the credentials go into a header instead.
  const account = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const headers =
    account === ':'
      ? {}
      : { 'Proxy-Authorization': `Basic ${Buffer.from(account).toString('base64')}` };
  const agent = new HttpsProxyAgent<string>(url, { keepAlive: true, headers, signal });
  Object.assign(agent.options, { secureContext });
  agent.on('proxyConnect', (reply: { statusCode?: number }, request: unknown) => {
    const status = reply.statusCode ?? 0;
    if (status !== 200) {
      destroy(request, new ProxyRefusal(status));
    }
  });
  return agent;
}

function destroy(request: unknown, reason: Error): void {
  if (typeof request !== 'object' || request === null || !('destroy' in request)) {
    return;
  }
  if (typeof request.destroy === 'function') {
    request.destroy(reason);
  }
}
