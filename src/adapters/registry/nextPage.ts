import { MalformedAnswer } from './fault.js';

/** The path of the `rel="next"` link (RFC 8288), when it leads to the same registry. */
export function nextPath(link: string | null, current: string, host: string): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link ?? '')?.[1];
  if (target === undefined) {
    return undefined;
  }
  const base = new URL(current, `http://${host}`);
  const url = new URL(target, base);
  if (url.host !== base.host) {
    throw new MalformedAnswer('its list of tags continues at another host');
  }
  const path = `${url.pathname}${url.search}`;
  if (path === current) {
    throw new MalformedAnswer('its list of tags has no end');
  }
  return path;
}
