import { request as requestHttp } from 'node:http';
import { Agent, request as requestHttps } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { whyNot } from '#core/files/paths.js';
import { readText } from '#core/files/readBytes.js';
import type { Environment } from '../process/process.js';
import { authoritiesFor } from '../registry/trust.js';

/** A DebMonitor server, and how it is spoken to. */
export interface DebMonitor {
  /** Without a slash at its end. */
  readonly url: URL;
  /** Absent: it is spoken to without TLS. */
  readonly context?: SecureContext;
  readonly signal: AbortSignal;
}

export type PostReply =
  | { readonly kind: 'accepted' }
  /** It does not take this update; `reason` is what it says. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It cannot be asked at all, for this image or another. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** In milliseconds; a full update takes seconds on the server. */
const longestWait = 60_000;
/** Of an answer so much is shown. */
const mostShown = 200;
const mostRead = 64 * 1024;

/**
 * Reads the client certificate, and the authorities that a registry's certificate is checked against too; a
 * clause about what is wrong where that is not possible.
 */
export function clientContext(
  url: URL,
  files: { readonly cert: string; readonly key: string } | undefined,
  environment: Environment,
): SecureContext | { readonly wrong: string } {
  const parts: { cert?: string; key?: string } = {};
  for (const part of ['cert', 'key'] as const) {
    const file = files?.[part];
    if (file === undefined) {
      continue;
    }
    try {
      parts[part] = readText(file);
    } catch (cause) {
      return { wrong: `--${part} ${file} ${whyNot(cause)}` };
    }
  }
  try {
    return createSecureContext({
      ca: [...authoritiesFor(url.host, undefined, environment)],
      ...parts,
    });
  } catch {
    // What OpenSSL says of a key names no file, and may quote it.
    return { wrong: '--cert and --key are not a PEM certificate and its key' };
  }
}

/** Sends the update of one image: `POST /images/NAME/update`. */
export function postUpdate(
  { url, context, signal }: DebMonitor,
  image: string,
  payload: object,
): Promise<PostReply> {
  const body = Buffer.from(JSON.stringify(payload));
  const path = image.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');
  const target = new URL(`${url.href.replace(/\/+$/, '')}/images/${path}/update`);
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
    signal: AbortSignal.any([signal, AbortSignal.timeout(longestWait)]),
  };
  return new Promise((resolve) => {
    const unusable = (cause: unknown) => {
      const isLate = cause instanceof Error && cause.name === 'TimeoutError';
      const late = `no answer within ${longestWait / 1000} s`;
      const said = cause instanceof Error ? cause.message : String(cause);
      resolve({ kind: 'unusable', reason: `${url.host}: ${isLate ? late : said}` });
    };
    const asked =
      context === undefined
        ? requestHttp(target, options)
        : requestHttps(target, { ...options, agent: new Agent({ secureContext: context }) });
    asked.once('error', unusable);
    asked.once('response', (reply) => {
      const chunks: Buffer[] = [];
      let read = 0;
      reply.on('error', unusable);
      reply.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read <= mostRead) {
          chunks.push(chunk);
        }
      });
      reply.once('end', () => {
        resolve(replyOf(reply.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'), url));
      });
    });
    asked.end(body);
  });
}

function replyOf(status: number, text: string, { host }: URL): PostReply {
  if (status === 201) {
    return { kind: 'accepted' };
  }
  // Pages for people say nothing in their first line.
  const first = text.trimStart().startsWith('<') ? '' : (text.trim().split('\n')[0] ?? '');
  const said = first === '' ? '' : `: ${first.slice(0, mostShown)}`;
  // So its images/views.py says of one image what its database does not take; of a server that is down it is not known.
  const isOfImage =
    status === 400 || (status === 500 && first.startsWith('Unable to update image'));
  return {
    kind: isOfImage ? 'refused' : 'unusable',
    reason: `${host} answered ${status}${said}`,
  };
}
