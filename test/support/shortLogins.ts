/**
 * Logins that die: a credential helper whose passwords last for seconds, and a registry that takes
 * no older ones. A fake in front of a real registry, since no real one can be made to do it.
 */
import type { Asked, Misbehaviour } from './faultyRegistry.js';
import { refusal } from './faultyRegistry.js';
import type { ScratchFile } from './scratch.js';

/**
 * The script `docker-credential-NAME`: the password says when it was given, and each use is a line
 * of `log`, with the program that asked.
 */
export function shortHelper(
  name: string,
  log: string,
  username = 'amy',
): Record<string, ScratchFile> {
  const text = `#!/bin/sh
cat > /dev/null
echo "$1 by $(tr '\\0' ' ' < /proc/$PPID/cmdline)" >> '${log}'
printf '{"Username":"${username}","Secret":"given-%s"}' "$(date +%s%3N)"
`;
  return { [`bin/docker-credential-${name}`]: { text, mode: 0o755 } };
}

/** Lets through what has a password that is at most so old, in milliseconds; counts the refused. */
export function shortLogins(lifeMs: number, username = 'amy') {
  let expired = 0;
  const users = new Set<string>();
  const behave = ({ headers }: Asked): Misbehaviour => {
    const sent = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    const pair = Buffer.from(sent, 'base64').toString();
    const given = new RegExp(`^${username}:given-(\\d+)$`).exec(pair)?.[1];
    if (given !== undefined && Date.now() - Number(given) <= lifeMs) {
      return 'pass';
    }
    if (pair !== '') {
      users.add(pair.split(':')[0] ?? '');
      expired++;
    }
    const no = refusal(401, 'UNAUTHORIZED', 'your authorization token has expired');
    return { ...(no as object), status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
  };
  return { behave, expired: () => expired, refusedUsers: users };
}
