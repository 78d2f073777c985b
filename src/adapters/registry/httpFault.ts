import { FailedElsewhere, type Fault, MalformedAnswer, NoAnswer, SourceFailure } from './fault.js';
import { redact, type Secret } from './secret.js';
import { type HostConnection, httpError } from './send.js';
import { proxyRefusal } from './transport.js';

/** GitHub's registry answers 403 with "You have exceeded a secondary rate limit". */
const limitWords = /secondary rate limit|rate limit exceeded/i;

/** OpenSSL's and Node's names for a certificate or a handshake that is not accepted. */
const tlsCodes = /^(ERR_SSL|ERR_TLS|EPROTO$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_)/;

/** Node's code for a partner that does not speak TLS. */
export const noTls = 'EPROTO';

const tlsWords: Readonly<Record<string, string>> = {
  [noTls]: 'it speaks no TLS, or none that is understood',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an unknown authority',
};

/** What is known about these network errors, in words; any other keeps its code. */
const networkWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ERR_STREAM_PREMATURE_CLOSE: 'the answer broke off',
};

/**
 * What an exception of the library or of node-fetch means. Decided by HTTP status and error code
 * alone; texts are only passed on, without secrets.
 */
export function faultOf(
  cause: unknown,
  connection: HostConnection,
  secrets: readonly Secret[],
): Fault {
  if (cause instanceof SourceFailure) {
    return cause.fault;
  }
  if (cause instanceof FailedElsewhere) {
    const fault = faultOf(cause.cause, connection, secrets);
    // Only the registry itself may say that it does not have something.
    const own: Fault = fault.kind === 'absent' ? { kind: 'malformed', says: 'status 404' } : fault;
    return own.kind === 'aborted' ? own : { ...own, at: cause.at };
  }
  const answered = httpError(cause);
  if (answered !== undefined) {
    const { status, headers } = answered.resp;
    const first = ownError(answered.errors);
    // Only what is in a registry's own form of an error: a body may hold a token.
    const says = redact(clip(first?.message ?? ''), secrets);
    return statusFault(status, first?.code, says, headers.get('retry-after'));
  }
  if (cause instanceof MalformedAnswer) {
    return { kind: 'malformed', says: cause.message };
  }
  const code = textAt(cause, 'code') ?? '';
  if (code.startsWith(proxyRefusal)) {
    return { kind: 'proxy', status: Number(code.slice(proxyRefusal.length)) };
  }
  if (cause instanceof NoAnswer && connection.signal?.aborted !== true) {
    return { kind: 'timeout', milliseconds: cause.milliseconds };
  }
  if (textAt(cause, 'type') === 'aborted' || textAt(cause, 'name') === 'AbortError') {
    return connection.signal?.aborted
      ? { kind: 'aborted', says: abortReason(connection.signal) }
      : { kind: 'timeout', milliseconds: connection.requestMs };
  }
  if (tlsCodes.test(code)) {
    return { kind: 'tls', code, says: tlsWords[code] ?? code };
  }
  if (textAt(cause, 'type') === 'max-size') {
    return { kind: 'malformed', says: 'an answer that is larger than any manifest' };
  }
  if (
    textAt(cause, 'type') === 'system' ||
    code in networkWords ||
    code === 'HPE_INVALID_CONSTANT'
  ) {
    return code.startsWith('HPE_')
      ? { kind: 'malformed', says: 'no HTTP' }
      : { kind: 'network', code, says: networkWords[code] ?? code };
  }
  return { kind: 'malformed', says: 'its answer cannot be read' };
}

interface RegistryError {
  readonly code?: string;
  readonly message?: string;
}

/**
 * The first error in a registry's own form. The library drops those without a `message`, which OCI's
 * specification leaves to the registry, and then gives the body as one message.
 */
function ownError(errors: readonly RegistryError[]): RegistryError | undefined {
  const own = errors.find((error) => typeof error.code === 'string');
  if (own !== undefined) {
    return own;
  }
  try {
    const body: unknown = JSON.parse(errors[0]?.message ?? '');
    const listed: unknown =
      typeof body === 'object' && body !== null && Reflect.get(body, 'errors');
    const first: unknown = Array.isArray(listed) ? listed[0] : undefined;
    const code = textAt(first, 'code');
    return code === undefined ? undefined : { code };
  } catch {
    return undefined;
  }
}

function statusFault(
  status: number,
  code: string | undefined,
  says: string,
  retryAfter: string | null,
): Fault {
  const wait = secondsOf(retryAfter);
  const later = wait === undefined ? {} : { retryAfter: wait };
  if (status === 404) {
    // Only a registry's own error codes make it absent: a web server has a 404 for everything.
    return code !== undefined && /(_UNKNOWN|NOT_FOUND)$/.test(code)
      ? { kind: 'absent', code }
      : { kind: 'malformed', says: "404 without a registry's error code", status };
  }
  if (status === 403 && limitWords.test(says)) {
    return { kind: 'limited', status, ...later };
  }
  if (status === 401 || status === 403) {
    return { kind: 'denied', status, says };
  }
  if (status === 409 || status === 412 || (status === 400 && code === 'TAG_INVALID')) {
    return { kind: 'immutable', status, says };
  }
  if (status === 429) {
    return { kind: 'limited', status, ...later };
  }
  if (status === 408 || status >= 500) {
    return { kind: 'server', status, ...later };
  }
  return { kind: 'malformed', says: `status ${status}${says === '' ? '' : `, ${says}`}`, status };
}

/** Retry-After (RFC 9110 10.2.3) in seconds from now: a number, or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) {
    return undefined;
  }
  if (/^\d+$/.test(header.trim())) {
    return Number(header.trim());
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

function abortReason(signal: AbortSignal): string {
  return signal.reason instanceof Error && signal.reason.name !== 'AbortError'
    ? signal.reason.message
    : 'stopped';
}

/** One short line: registries have been seen to answer whole web pages. */
function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function textAt(cause: unknown, key: string): string | undefined {
  if (typeof cause !== 'object' || cause === null) {
    return undefined;
  }
  const value: unknown = Reflect.get(cause, key);
  return typeof value === 'string' ? value : undefined;
}
