import type { ContextKey, Repository } from './brands.js';

/**
 * An image reference in the form that Docker normalises to (distribution/reference): `nginx` is
 * docker.io, library/nginx.
 */
export interface ImageReference {
  readonly kind: 'reference';
  /** `host[:port]`. Empty where the first part of the name looks like a host, but cannot be one. */
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  /** With its algorithm: `sha256:…`. */
  readonly digest?: string;
}

export interface ReferenceProblem {
  readonly kind: 'problem';
  /** What is wrong, without the reference and without a full stop. */
  readonly message: string;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const remoteName = `${component}(?:/${component})*`;
const hostComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${hostComponent}(?:\\.${hostComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const pattern = new RegExp(`^(?:(${host})/)?(${remoteName})(?::(${tag}))?(?:@(${digest}))?$`);
const digestLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);
const longestPath = 255;

/** What is before a reference where BuildKit takes a source of several kinds. */
export const imageScheme = 'docker-image://';

/** Reads a reference as Docker does. */
export function parseReference(text: string): ImageReference | ReferenceProblem {
  if (/^[a-f0-9]{64}$/.test(text)) {
    return problem('64 hexadecimal digits are an image ID');
  }
  const { domain, rest } = splitDomain(text);
  const match = pattern.exec(`${domain}/${rest}`);
  if (match === null) {
    return problem(whatIsWrong(rest));
  }
  const path = match[2] ?? '';
  if (path.length > longestPath) {
    return problem(`the name is longer than ${longestPath} characters`);
  }
  const digestText = match[4];
  if (digestText !== undefined && !isDigest(digestText)) {
    return problem(`${digestText} is not a digest that Docker knows`);
  }
  return {
    kind: 'reference',
    domain: match[1] ?? '',
    path,
    ...(match[3] !== undefined && { tag: match[3] }),
    ...(digestText !== undefined && { digest: digestText }),
  };
}

/** `docker.io/library/nginx`: the one name of a repository, however it is written. */
export function canonicalRepository(reference: ImageReference): string {
  return reference.domain === '' ? reference.path : `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/nginx:latest`: how BuildKit names a source, whoever asks for it. */
export function sourceName(reference: ImageReference): string {
  const { tag, digest } = reference;
  const name = canonicalRepository(reference);
  if (digest === undefined) {
    return `${name}:${tag ?? 'latest'}`;
  }
  return tag === undefined ? `${name}@${digest}` : `${name}:${tag}@${digest}`;
}

/** The repository as Docker shows it: `nginx` for docker.io/library/nginx. */
export function familiarRepository({ domain, path }: ImageReference): Repository {
  return familiar(domain, path) as Repository;
}

/**
 * What the Dockerfile frontend looks up among the named contexts (doc/dev/bake.md, Links): the
 * familiar form, `:latest` dropped where there is no digest, tag and digest kept otherwise.
 */
export function contextKey(reference: ImageReference): ContextKey {
  const name = familiar(reference.domain, reference.path);
  if (reference.digest !== undefined) {
    const tagged = reference.tag === undefined ? name : `${name}:${reference.tag}`;
    return `${tagged}@${reference.digest}` as ContextKey;
  }
  const isLatest = reference.tag === undefined || reference.tag === 'latest';
  return (isLatest ? name : `${name}:${reference.tag}`) as ContextKey;
}

/**
 * The repository of a reference as it is written: tag and digest cut off, nothing normalised. A
 * port is no tag: `host:5000/x` has none.
 */
export function repositoryOf(reference: string): Repository {
  const at = reference.indexOf('@');
  const named = at === -1 ? reference : reference.slice(0, at);
  const colon = named.lastIndexOf(':');
  return (colon > named.lastIndexOf('/') ? named.slice(0, colon) : named) as Repository;
}

function familiar(domain: string, path: string): string {
  if (domain === '') {
    return path;
  }
  if (domain !== 'docker.io') {
    return `${domain}/${path}`;
  }
  const official = path.startsWith('library/') && path.indexOf('/', 8) === -1;
  return official ? path.slice(8) : path;
}

function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  if (slash === -1) {
    return { domain: 'docker.io', rest: `library/${text}` };
  }
  const first = text.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = !isHost || first === 'index.docker.io' ? 'docker.io' : first;
  const rest = isHost ? text.slice(slash + 1) : text;
  const isOfficial = domain === 'docker.io' && !rest.includes('/');
  return { domain, rest: isOfficial ? `library/${rest}` : rest };
}

/** Whether a text is a digest that Docker knows: its algorithm, and as many hexadecimal digits as that has. */
export function isDigest(text: string): boolean {
  const colon = text.indexOf(':');
  const length = digestLengths.get(text.slice(0, colon));
  return length === text.length - colon - 1 && /^[a-f0-9]+$/.test(text.slice(colon + 1));
}

function whatIsWrong(rest: string): string {
  if (rest === '' || rest === 'library/') {
    return 'it is empty';
  }
  const name = repositoryOf(rest);
  if (name !== name.toLowerCase()) {
    return 'the name of a repository has no upper-case letters';
  }
  return 'it is not [host[:port]/]name[:tag][@digest]';
}

function problem(message: string): ReferenceProblem {
  return { kind: 'problem', message };
}
