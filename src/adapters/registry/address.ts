import { canonicalHost } from '#core/reference/hosts.js';
import { parseReference } from '#core/reference/reference.js';

/** Where a repository lives: the registry's `host[:port]` and the name below it. */
export interface Address {
  readonly host: string;
  readonly name: string;
}

/** Split as Docker splits it; undefined where Docker takes no such name. */
export function addressOf(repository: string): Address | undefined {
  const parsed = parseReference(repository);
  if (parsed.kind === 'problem' || parsed.domain === '') {
    return undefined;
  }
  return { host: canonicalHost(parsed.domain), name: parsed.path };
}

/** Whether `host[:port]` is this machine, as Docker counts it: localhost, 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  const name = hostname(host);
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** `host[:port]` or `[v6][:port]` without the port and the brackets. */
export function hostname(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  if (bracketed?.[1] !== undefined) {
    return bracketed[1].toLowerCase();
  }
  return host.replace(/:\d+$/, '').toLowerCase();
}
