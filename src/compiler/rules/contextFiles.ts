import type { RuleCode } from '#core/diagnostics/rules.js';
import { lookBehind } from '#core/files/lookAt.js';
import { type Door, readInside } from '#core/files/readInside.js';
import type { ContextFile } from '../plan/plan.js';

/** What is wrong with a file of a context. Nothing of its text is ever in it. */
export interface FileFinding {
  readonly code: Extract<RuleCode, 'secret-in-context' | 'large-file'>;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

const ignoreHint = 'list it in .dockerignore';

/** A file that is larger than `most` bytes. */
export function largeFile({ path, source }: ContextFile, most: number): FileFinding | undefined {
  const size = lookBehind(source)?.size ?? 0;
  if (size <= most) {
    return undefined;
  }
  const message = `the file has ${megabytes(size)}, and is in the context`;
  return { code: 'large-file', path, message, hint: `fetch it in the build, or ${ignoreHint}` };
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A file that is a secret: by its name, or by a private key or a password in its text. */
export function secretFile({ path, source }: ContextFile, door: Door): FileFinding | undefined {
  const what = secretByName(path);
  const size = what === undefined ? 0 : (lookBehind(source)?.size ?? 0);
  if (what === undefined || size === 0 || size > (what.most ?? size)) {
    return undefined;
  }
  if (what.inText !== undefined && !what.inText.test(startOf(source, door))) {
    return undefined;
  }
  const message = `${what.kind} is in the context`;
  const hint = `${ignoreHint}, and mount it where it is needed: RUN --mount=type=secret`;
  return { code: 'secret-in-context', path, message, hint };
}

interface SecretKind {
  readonly kind: string;
  /** What its text then has; absent: whatever it has. */
  readonly inText?: RegExp;
  /** Bytes: a larger file is something else. */
  readonly most?: number;
}

const privateKey = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const byName: ReadonlyMap<string, SecretKind> = new Map<string, SecretKind>([
  ...['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519'].map(
    (name) => [name, { kind: 'a private SSH key' }] as const,
  ),
  ['.env', { kind: 'a file of environment variables' }],
  ['.netrc', { kind: 'a file of passwords' }],
  ['_netrc', { kind: 'a file of passwords' }],
  ['.pgpass', { kind: 'a file of passwords' }],
  ['.git-credentials', { kind: 'a file of passwords' }],
  ['.vault-token', { kind: 'a token' }],
  ['.dockercfg', { kind: 'a login' }],
  ['.docker/config.json', { kind: 'a login', inText: /"(?:auth|identitytoken)"\s*:\s*"[^"]/ }],
  ['.aws/credentials', { kind: 'a file of passwords' }],
  ['.kube/config', { kind: 'a login' }],
  ['.npmrc', { kind: 'a token', inText: /_(?:authToken|auth|password)\s*=\s*[^\s$]/ }],
  ['.pypirc', { kind: 'a password', inText: /^\s*password\s*[=:]\s*\S/m }],
]);
const keyStores = /\.(?:p12|pfx|ppk|kdbx)$/i;
const mayHoldKeys = /\.(?:pem|key|crt|cer|asc|gpg)$|[-_]key$/i;
/** As clouds give them to a service. */
const accountKey = /"private_key"\s*:\s*"-----BEGIN/;
/** `.env.local`, not `.env.example`. */
const environments = /^\.env\.(?!(?:example|sample|template|dist|defaults?|schema|test)$)[\w-]+$/;

function secretByName(path: string): SecretKind | undefined {
  const [name = '', folder = ''] = path.split('/').reverse();
  const known = byName.get(name) ?? byName.get(`${folder}/${name}`);
  if (known !== undefined) {
    return known;
  }
  if (environments.test(name)) {
    return { kind: 'a file of environment variables' };
  }
  if (keyStores.test(name)) {
    return { kind: 'a store of keys' };
  }
  if (name.endsWith('.json')) {
    return { kind: 'the key of a service account', inText: accountKey, most: 16 * 1024 };
  }
  return mayHoldKeys.test(name) ? { kind: 'a private key', inText: privateKey } : undefined;
}

/** Keys and logins are small. */
const mostRead = 256 * 1024;

/** Empty where it cannot be read: the context says that itself. */
function startOf(source: string, door: Door): string {
  try {
    return readInside(source, door, mostRead).toString('latin1');
  } catch {
    return '';
  }
}
