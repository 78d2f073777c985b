import { runProgram } from '../process/process.js';
import type { CredentialSources } from './credentials.js';
import { Secret } from './secret.js';
import { untold } from './waits.js';

export type HelperReply =
  | {
      readonly kind: 'found';
      readonly username: string;
      readonly secret: Secret;
      readonly source: string;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly reason: string; readonly hint: string };

/** Helpers may ask a keychain or a cloud's API; none takes longer than this, in milliseconds. */
const patience = 20_000;

/** What one that is stopped may still do, in milliseconds: whoever pressed Ctrl-C waits for it. */
const graceMs = 300;

/**
 * Asks a credential helper (docker/docker-credential-helpers: the server's name on stdin, JSON on
 * stdout). Its output is never quoted: it may hold the secret.
 */
export async function askHelper(
  name: string,
  server: string,
  {
    environment,
    waits = untold,
    signal,
  }: Pick<CredentialSources, 'environment' | 'waits' | 'signal'>,
): Promise<HelperReply> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    return failed(`${JSON.stringify(name)} is not the name of a credential helper`, removeIt);
  }
  const wait = waits.begin(program);
  const ended = await runProgram({
    program,
    args: ['get'],
    env: environment,
    input: `${server}\n`,
    timeoutMs: patience,
    graceMs,
    ...(signal === undefined ? {} : { signal }),
  });
  wait.end(ended.kind === 'exited');
  switch (ended.kind) {
    case 'exited':
      return replyOf(program, server, ended.status, ended.stdout);
    case 'not-started':
      return failed(
        `the credential helper ${program} cannot be run: ${ended.message}`,
        'install it, or remove it from credHelpers and credsStore',
      );
    case 'timed-out':
      return failed(
        `${program} gave no answer within ${patience / 1000} s`,
        tryIt(program, server),
      );
    case 'killed':
    case 'cancelled':
      return failed(`${program} was ended before it answered`, tryIt(program, server));
  }
}

function replyOf(program: string, server: string, status: number, output: string): HelperReply {
  const hint = tryIt(program, server);
  // The protocol's own words for "no such login"; there is no exit status for it.
  if (status !== 0) {
    return output.includes('credentials not found')
      ? { kind: 'none' }
      : failed(`${program} ended with exit status ${status}`, hint);
  }
  let reply: unknown;
  try {
    reply = JSON.parse(output);
  } catch {
    return failed(`${program} answered something that is not JSON`, hint);
  }
  const username: unknown = fieldOf(reply, 'Username');
  const secret: unknown = fieldOf(reply, 'Secret');
  if (typeof username !== 'string' || typeof secret !== 'string') {
    return failed(`${program} answered JSON without Username and Secret`, hint);
  }
  if (username === '' && secret === '') {
    return { kind: 'none' };
  }
  return { kind: 'found', username, secret: new Secret(secret), source: program };
}

function fieldOf(reply: unknown, key: string): unknown {
  return typeof reply === 'object' && reply !== null ? Reflect.get(reply, key) : undefined;
}

const removeIt = 'remove it from credHelpers and credsStore';

function tryIt(program: string, server: string): string {
  return `see what it answers: echo ${server} | ${program} get`;
}

function failed(reason: string, hint: string): HelperReply {
  return { kind: 'failed', reason, hint };
}
