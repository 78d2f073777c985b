import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conventionalName, roleOf } from '#compiler/definitions/dockerfiles/names.js';

test('which files are Dockerfiles, and what they define', () => {
  assert.deepEqual(roleOf('Dockerfile'), { kind: 'own' });
  assert.deepEqual(roleOf('Containerfile'), { kind: 'own' });
  assert.deepEqual(roleOf('Dockerfile.dev'), { kind: 'variant', suffix: 'dev' });
  assert.deepEqual(roleOf('Containerfile.a.b'), { kind: 'variant', suffix: 'a.b' });
  assert.deepEqual(roleOf('api.Dockerfile'), { kind: 'named', name: 'api' });
  assert.deepEqual(roleOf('in.Dockerfile'), { kind: 'named', name: 'in' });
});

test('files that only look like Dockerfiles', () => {
  const others = [
    'dockerfile',
    'Dockerfiles',
    'Dockerfile-dev',
    'MyDockerfile',
    'Dockerfile.',
    '.Dockerfile',
    '.hidden.Dockerfile',
    'api.Dockerfile.dockerignore',
    'api.Dockerfile.dev',
    ...'dockerignore template tmpl tpl j2 jinja in md txt orig rej bak swp'
      .split(' ')
      .flatMap((suffix) => [`Dockerfile.${suffix}`, `Dockerfile.dev.${suffix}`]),
    'Dockerfile.TXT',
    'Dockerfile.dev~',
    'Dockerfile~',
  ];
  assert.deepEqual(
    others.filter((file) => roleOf(file) !== undefined),
    [],
  );
});

test('names by convention', () => {
  const nameOf = (path: string): string => {
    const slash = path.lastIndexOf('/');
    const role = roleOf(path.slice(slash + 1));
    assert.ok(role !== undefined, path);
    return conventionalName(path.slice(0, Math.max(0, slash)), role, 'repo');
  };
  const names: Readonly<Record<string, string>> = {
    Dockerfile: 'repo',
    'Dockerfile.dev': 'repo-dev',
    'api.Dockerfile': 'api',
    'docker/Dockerfile': 'repo',
    'docker/Dockerfile.dev': 'repo-dev',
    'docker/api.Dockerfile': 'api',
    'docker/api/Dockerfile': 'api',
    'services/api/Dockerfile': 'services/api',
    'services/api/Dockerfile.dev': 'services/api-dev',
    'services/api/worker.Dockerfile': 'services/api/worker',
    'services/api/build/docker/Dockerfile': 'services/api',
    'builder/Dockerfile': 'builder',
    'Services/My App/Dockerfile': 'services/my-app',
    'NodeBase/Dockerfile': 'node-base',
    'MySQL/Basket.API/Dockerfile': 'mysql/basket.api',
    'c++/_x..y__z/Dockerfile': 'c/x-y__z',
  };
  assert.deepEqual(
    Object.fromEntries(Object.keys(names).map((path) => [path, nameOf(path)])),
    names,
  );
});
