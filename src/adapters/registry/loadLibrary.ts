/** The only module that loads oci-registry-client, and node-fetch, which it hands to callers. */
import { createRequire } from 'node:module';

export const { RegistryClientV2, RegistryHttpError, DockerResponse, fetch, Headers } = load();

function load() {
  const require = createRequire(import.meta.url);
  // node-fetch's whatwg-url loads Node's punycode, which some versions of Node announce as
  // deprecated on stderr: our users can do nothing about it.
  const before = process.noDeprecation;
  process.noDeprecation = true;
  try {
    const library: typeof import('oci-registry-client') = require('oci-registry-client');
    const response: typeof import('oci-registry-client/build/docker-json-client.js') = require('oci-registry-client/build/docker-json-client.js');
    const http: typeof import('node-fetch') = require('node-fetch');
    return {
      RegistryClientV2: library.RegistryClientV2,
      RegistryHttpError: library.RegistryHttpError,
      DockerResponse: response.DockerResponse,
      fetch: http.default,
      Headers: http.Headers,
    };
  } finally {
    if (before === undefined) {
      delete process.noDeprecation;
    } else {
      process.noDeprecation = before;
    }
  }
}
