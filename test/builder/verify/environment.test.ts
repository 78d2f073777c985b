import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verificationEnvironment } from '#builder/verify/environment.js';

test('a test sees proxies, PATH, HOME and docker, and no credentials', () => {
  assert.deepEqual(
    verificationEnvironment(
      { httpProxy: 'http://proxy:8080' },
      {
        PATH: '/bin',
        HOME: '/root',
        DOCKER_HOST: 'unix:///x',
        DOCKER_AUTH_CONFIG: '{"auths":{}}',
        GENERATE_BAKE_PASSWORD: 'secret',
        LANG: 'C',
      },
    ),
    {
      http_proxy: 'http://proxy:8080',
      https_proxy: 'http://proxy:8080',
      HTTP_PROXY: 'http://proxy:8080',
      HTTPS_PROXY: 'http://proxy:8080',
      PATH: '/bin',
      HOME: '/root',
      DOCKER_HOST: 'unix:///x',
    },
  );
});
