/**
 * Why a registry gave no answer that can be used. Everything that is not understood is a fault:
 * never *absent*, never *published* (doc/dev/registry-and-libraries.md).
 */
export type Fault = OwnFault & {
  /** The host whose fault it is where that is not the registry itself. */
  readonly at?: OtherHost;
  /** It asks for a longer wait (Retry-After) than this command bears. */
  readonly isTooLong?: true;
  /** The registry whose fault it is where that is not the one that was asked: where a copy comes from. */
  readonly of?: string;
};

/** A host that the registry sent us to. */
export interface OtherHost {
  /** `host[:port]`. */
  readonly host: string;
  readonly as: 'token service' | 'redirect';
}

type OwnFault =
  /** 404 in a registry's own words: the only way to *absent*. */
  | { readonly kind: 'absent'; readonly code: string }
  /** 401 or 403, after logging in. */
  | { readonly kind: 'denied'; readonly status: 401 | 403; readonly says: string }
  /** Too many requests: 429, or a 403 whose words say so. `retryAfter` in seconds. */
  | { readonly kind: 'limited'; readonly status: 403 | 429; readonly retryAfter?: number }
  /** A tag that is there may not be moved: 409, 412, or 400 with TAG_INVALID. */
  | { readonly kind: 'immutable'; readonly status: number; readonly says: string }
  | { readonly kind: 'server'; readonly status: number; readonly retryAfter?: number }
  | { readonly kind: 'timeout'; readonly milliseconds: number }
  | { readonly kind: 'network'; readonly code: string; readonly says: string }
  | { readonly kind: 'tls'; readonly code: string; readonly says: string }
  | { readonly kind: 'proxy'; readonly status: number }
  /** It answered, but not as a registry does. */
  | {
      readonly kind: 'malformed';
      readonly says: string;
      readonly status?: number;
      /** It is a registry; what it has of an image makes none: `says` is about the image. */
      readonly isImage?: true;
    }
  /** The caller's signal: Ctrl-C, or the deadline of the whole. */
  | { readonly kind: 'aborted'; readonly says: string };

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

export function answer<T>(value: T): Answer<T> {
  return { ok: true, value };
}

export function failure(fault: Fault): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault };
}

/** Of an image that has parts missing, or parts that make no image. */
export function unusableImage(says: string): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: { kind: 'malformed', says, isImage: true } };
}

/** An answer about a part of an image that is there: a part that is not there makes it unusable. */
export function partOf<T>(reply: Answer<T>, part: string): Answer<T> {
  return !reply.ok && reply.fault.kind === 'absent'
    ? unusableImage(`the registry lacks ${part}`)
    : reply;
}

/** Whether asking again can help. */
export function isTransient(fault: Fault): boolean {
  switch (fault.kind) {
    case 'limited':
    case 'server':
    case 'timeout':
      return true;
    case 'network':
      // A name server that is unwell answers EAI_AGAIN.
      return fault.code !== 'ENOTFOUND';
    case 'absent':
    case 'denied':
    case 'immutable':
    case 'tls':
    case 'proxy':
    case 'malformed':
    case 'aborted':
      return false;
  }
}

/** One sentence on what the registry did, without a full stop. */
export function describe(fault: Fault, asked: string): string {
  const registry = fault.of ?? asked;
  const host = fault.at === undefined ? registry : nameOther(fault.at, registry);
  switch (fault.kind) {
    case 'absent':
      return `${host} does not have it (${fault.code})`;
    case 'denied':
    case 'immutable':
      return `${host} answers ${fault.status}${said(fault.says)}`;
    case 'limited':
      return `${host} answers ${fault.status}: too many requests${tooLong(fault)}`;
    case 'server':
      return `${host} answers ${fault.status}${tooLong(fault)}`;
    case 'timeout':
      return `${host} did not answer within ${fault.milliseconds / 1000} s`;
    case 'network':
      return `${host} cannot be reached: ${fault.says}`;
    case 'tls':
      return `${host} cannot be trusted: ${fault.says}`;
    case 'proxy':
      return `the proxy on the way to ${host} answers ${fault.status}`;
    case 'malformed':
      return fault.isImage === true
        ? `${host} has an image that cannot be used: ${fault.says}`
        : `${host} does not answer as a registry does: ${fault.says}`;
    case 'aborted':
      return fault.says;
  }
}

/** For messages: the host, and why it is asked at all. */
export function nameOther({ host, as }: OtherHost, registry: string): string {
  return as === 'redirect'
    ? `${host} (${registry} redirects to it)`
    : `${host} (token service of ${registry})`;
}

function tooLong({ isTooLong, retryAfter }: Fault & { readonly retryAfter?: number }): string {
  return isTooLong === true && retryAfter !== undefined
    ? `; it asks for a wait of ${retryAfter} s, and this command waits 60 s in all`
    : '';
}

function said(text: string): string {
  return text === '' ? '' : `: ${text}`;
}

/**
 * One sentence on what to do, without a full stop. `account` says whose credentials were sent; `isAnonymous`: none
 * were.
 */
export function advice(
  fault: Fault,
  host: string,
  { account, isAnonymous }: { readonly account: string; readonly isAnonymous: boolean },
): string | undefined {
  if (fault.at !== undefined && isOutOfReach(fault)) {
    return `${host} answers and names ${fault.at.host}: check that this machine reaches it, and the proxy`;
  }
  switch (fault.kind) {
    case 'denied':
      return `${account}; ${rightToRead(fault.status, host, isAnonymous)}: some registries answer ${fault.status} for one that does not exist yet`;
    case 'limited':
      return 'try again later, or lower scan_workers';
    case 'server':
    case 'timeout':
      return `try again later`;
    case 'network':
      return "check the name in the configuration's registry, the network and the proxy";
    case 'tls':
      return "name the company's authorities with ca_bundle, or list a plain-http registry under insecure_registries";
    case 'proxy':
      return 'check http_proxy in the configuration, or exempt the registry with NO_PROXY';
    case 'malformed':
      return fault.isImage === true
        ? 'whoever keeps the registry can check it; another version has to be published'
        : `check that ${host} is the registry's name and not a web server's`;
    case 'immutable':
      return 'the tags of the repository may be immutable';
    case 'absent':
    case 'aborted':
      return undefined;
  }
}

function rightToRead(status: number, host: string, isAnonymous: boolean): string {
  if (status !== 401) {
    return 'ask for the right to read the repository';
  }
  const first = isAnonymous
    ? `set username and password, or run docker login ${host}`
    : 'check the password';
  return `${first}, and check that the repository exists`;
}

function isOutOfReach({ kind, at }: Fault): boolean {
  // A redirect is followed without a login: no right to read would change what is refused there.
  if (kind === 'denied') {
    return at?.as === 'redirect';
  }
  return kind === 'network' || kind === 'timeout' || kind === 'malformed';
}

/** Thrown inside the registry code for an answer that no registry gives; becomes a Fault there. */
export class MalformedAnswer extends Error {}

/** Thrown there for what failed at another host than the registry: `cause` says how. */
export class FailedElsewhere extends Error {
  readonly at: OtherHost;
  constructor(at: OtherHost, cause: unknown) {
    super(`${at.host} failed`, { cause });
    this.at = at;
  }
}

/** Thrown there where no answer came in time. */
export class NoAnswer extends Error {
  /** node-fetch passes on what has this name as it is. */
  override readonly name = 'AbortError';
  readonly milliseconds: number;
  constructor(milliseconds: number) {
    super('no answer');
    this.milliseconds = milliseconds;
  }
}

/** Thrown there for what failed at another registry, whose client says how. */
export class SourceFailure extends Error {
  readonly fault: Fault & { readonly of: string };
  constructor(fault: Fault, host: string) {
    super('a copy has no source');
    this.fault = { ...fault, of: host };
  }
}
