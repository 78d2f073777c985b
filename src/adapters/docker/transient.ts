/**
 * Which failures may pass by themselves: the network, a registry or a mirror was at fault. All
 * others are the image's own, and running them again would only waste time.
 */

const overloaded = 'the server was overloaded';

/** The last are GitHub's words, which come with a 403; before them are docker's for an answer to HEAD. */
const rateLimit =
  /\b(?:429 Too Many Requests|toomanyrequests\b|TOOMANYREQUESTS)|returned error: 429|error parsing HTTP 429 response body|secondary rate limit/;

/** Where the texts come from: the programs that builds use to fetch, and BuildKit itself. */
const faults: readonly (readonly [reason: string, pattern: RegExp])[] = [
  // `403 Forbidden` or `401` from a mirror does not pass.
  ['a package mirror failed', /^(?:E|Err|W): Failed to fetch (?!.*\b40[13]\b)/m],
  [
    'a package mirror is being updated',
    /Hash Sum mismatch|File has unexpected size|Mirror sync in progress/,
  ],
  [
    'a name could not be resolved',
    /Temporary failure (?:in name resolution|resolving)|EAI_AGAIN|server misbehaving|Could not resolve host/,
  ],
  [
    'the connection was reset',
    /connection reset by peer|ECONNRESET|socket hang up|broken pipe.*(?:read|write) tcp|Connection (?:aborted|broken)/i,
  ],
  [
    'the connection was closed',
    // Go's words for a server that hangs up before it answers.
    /^.*\b(?:Get|Head|Put|Post|Patch|Delete) "https?:\/\/[^"\n]*": (?:EOF$|http: server closed idle connection|http2: )/m,
  ],
  [
    'the connection was refused',
    /connect: connection refused|ECONNREFUSED|(?:Failed to connect|Could not connect) to /,
  ],
  [
    'the connection timed out',
    /i\/o timeout|TLS handshake timeout|ETIMEDOUT|Connection timed out|Operation timed out|Read timed out|context deadline exceeded|Client\.Timeout exceeded/i,
  ],
  [
    'the network is unreachable',
    /network is unreachable|no route to host|ENETUNREACH|EHOSTUNREACH/i,
  ],
  [
    'the transfer broke off',
    /unexpected EOF|early EOF|IncompleteRead|transfer closed with|RPC failed; curl|gnutls_handshake\(\) failed|SSL_ERROR_SYSCALL|httpReadSeeker: failed open/,
  ],
  // Amazon's words; docker asks its helper anew for the next call.
  ['the login had expired', /denied: Your authorization token has expired/],
  [overloaded, rateLimit],
  [
    'the server failed',
    /\b50[0234] (?:Internal Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out)|returned error: 50[0234]|unexpected status(?: code)?.*: 50[0234]\b|error parsing HTTP 50[0234] response body|HTTP (?:Error|status code) 50[0234]/i,
  ],
  // Seen on a host with a load of 15: runc and the process that it starts lost each other, or its
  // network was gone before it was there.
  [
    'the container did not start',
    /runc run failed: unable to start container process: error during container init: (?:(?:writing|reading) sync|error running hook #\d+: .*\/netns\/)/,
  ],
];

/** Why the failure that this text tells of may pass, or undefined where it will not. */
export function transientReason(text: string): string | undefined {
  return faults.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Whether a server says that it is asked too often: it takes what is sent again after a while. */
export function isRateLimit(text: string): boolean {
  return rateLimit.test(text);
}
