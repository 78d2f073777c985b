import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transientReason } from '#adapters/docker/transient.js';

const passing = [
  'E: Failed to fetch http://mirror.example/debian/pool/main/c/curl/curl_1.deb  503  Service Unavailable [IP: 192.0.2.1 80]',
  'E: Failed to fetch http://mirror.example/debian/pool/main/c/curl/curl_1.deb  Connection failed [IP: 192.0.2.1 80]',
  'W: Failed to fetch http://mirror.example/debian/dists/bookworm/InRelease  Temporary failure resolving mirror.example',
  'E: Failed to fetch store:/var/lib/apt/lists/x  Hash Sum mismatch',
  'failed to do request: Head "https://192.0.2.1:5000/v2/x/manifests/1": dial tcp 192.0.2.1:5000: connect: connection refused',
  'failed to do request: Head "https://r.example/v2/": net/http: TLS handshake timeout',
  'dial tcp: lookup r.example on 192.0.2.53:53: server misbehaving',
  'dial tcp 192.0.2.1:443: i/o timeout',
  'read tcp 192.0.2.2:4567->192.0.2.1:443: read: connection reset by peer',
  'unexpected status from HEAD request to https://r.example/v2/x/manifests/1: 503 Service Unavailable',
  'unexpected status code https://r.example/v2/x/blobs/uploads/: 502 Bad Gateway',
  'toomanyrequests: You have reached your pull rate limit.',
  'error parsing HTTP 429 response body: unexpected end of JSON input: ""',
  'error parsing HTTP 502 response body: invalid character \'<\' looking for beginning of value: "<html>"',
  'curl: (22) The requested URL returned error: 502',
  'curl: (56) Recv failure: Connection reset by peer',
  'curl: (6) Could not resolve host: files.example',
  'curl: (7) Failed to connect to files.example port 443 after 3 ms: Could not connect to server',
  'fatal: unable to access: Failed to connect to git.example port 443: Connection timed out',
  'error: RPC failed; curl 56 GnuTLS recv error (-9)',
  'fatal: early EOF',
  'npm ERR! code ECONNRESET',
  'npm error network request to https://registry.example/x failed, reason: getaddrinfo EAI_AGAIN registry.example',
  "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='p.example', port=443): Read timed out.",
  'urllib.error.HTTPError: HTTP Error 503: Service Unavailable',
  'runc run failed: unable to start container process: error during container init: writing syncT "procResume": write init-p: broken pipe',
  'runc run failed: unable to start container process: error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: bind-mount /proc/8645/ns/net -> /run/docker/netns/82668d054112: no such file or directory',
  'Put "http://192.0.2.1:5000/v2/x/manifests/1": EOF',
  'go: example.org/m@v1: Get "https://proxy.example/m": unexpected EOF',
];

const lasting = [
  'process "/bin/sh -c make" did not complete successfully: exit code: 2',
  'E: Unable to locate package curll',
  'runc run failed: unable to start container process: exec: "make": executable file not found in $PATH: unknown',
  'E: Failed to fetch http://mirror.example/x.deb  403  Forbidden [IP: 192.0.2.1 80]',
  'failed to calculate checksum of ref x: "/nope": not found',
  'dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)',
  'failed to resolve source metadata for docker.io/library/x:1: docker.io/library/x:1: not found',
  'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
  'unexpected status from HEAD request to https://r.example/v2/x/manifests/1: 401 Unauthorized',
  'dial tcp: lookup no-such-registry.example: no such host',
  'curl: (22) The requested URL returned error: 404',
  'gcc: error: 503.c: No such file or directory',
  'AssertionError: expected 502 to equal 429',
  'no space left on device',
  'sh: syntax error: unexpected end of file: EOF',
];

test('failures of network, registry and mirror may pass', () => {
  for (const text of passing) {
    assert.notEqual(transientReason(`before\n${text}\nafter`), undefined, text);
  }
});

test("an image's own failures do not", () => {
  for (const text of lasting) {
    assert.equal(transientReason(text), undefined, text);
  }
});
