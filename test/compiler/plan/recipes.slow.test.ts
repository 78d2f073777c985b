/**
 * What earlier releases gave for definitions like these, by the real command: another value would build every
 * such image again, or make it *drifted*, for nothing but an upgrade of the program.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../../support/cli.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

const changelog = (name: string, version = '1.0'): string =>
  `${name} (${version}) fleet; urgency=low\n\n  * Made.\n\n -- Ada <ada@example.org>  Mon, 05 Jan 2026 10:00:00 +0000\n`;

/** A docker-pkg image. */
function template(name: string, text: string, depends = ''): Record<string, ScratchFile> {
  return {
    [`images/${name}/Dockerfile.template`]: text,
    [`images/${name}/changelog`]: changelog(name),
    [`images/${name}/control`]: `Package: ${name}\nMaintainer: Ada <ada@example.org>\nDescription: ${name}\n${
      depends === '' ? '' : `Depends: ${depends}\n`
    }`,
  };
}

const templates: Record<string, ScratchFile> = {
  'config.yaml': 'registry: r.example\nvars: {}\nhttp_proxy: http://proxy.example:3128\n',
  ...template(
    'one',
    '{% set packages = ["b", "a"] %}FROM scratch\nCOPY data /{{ packages|sort|join("-") }}\n',
  ),
  'images/one/data': 'data\n',
  'images/one/run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
  ...template('child', 'FROM {{ "one" | image_tag }}\nENV A=b\n', 'one'),
  ...template('linked', 'FROM scratch\nCOPY . /\n'),
  'images/linked/real/file': 'x\n',
  'images/linked/link': { symlink: 'real/file' },
  ...template('of-linked', 'FROM {{ "linked" | image_tag }}\n', 'linked'),
  'images/plain/image.toml':
    'version = "2.0"\nlabels = { "org.example.team" = "shop" }\nargs = { MODE = "fast" }\n',
  'images/plain/Dockerfile': 'FROM r.example/one\nARG MODE\nCOPY . /\n',
  'images/plain/data': 'data\n',
};

const dockerfiles: Record<string, ScratchFile> = {
  'generate-bake.toml': `registry = "r.example"
namespace = "shop"

[[image]]
path = "whole"
version = "1.0"
labels = { "org.example.team" = "shop" }
args = { MODE = "fast" }

[[image]]
path = "part"
version = "1.0"
`,
  'whole/Dockerfile': 'FROM scratch\nARG MODE\nCOPY . /\n',
  'whole/data': 'data\n',
  'part/Dockerfile': 'FROM scratch\nCOPY data /\n',
  'part/data': 'data\n',
  'part/README': 'not taken\n',
  'ruled/Dockerfile': 'FROM scratch\nCOPY . /\n',
  'ruled/Dockerfile.dockerignore': 'README\n',
  'ruled/data': 'data\n',
  'ruled/README': 'ignored\n',
  'api/Dockerfile': 'FROM shop/ruled\nCOPY src /src\n',
  'api/src/main': 'main\n',
  'api/notes': 'not taken\n',
};

async function digestsOf(files: Record<string, ScratchFile>, args: readonly string[]) {
  const tree = scratchTree(files);
  const { status, stdout, stderr } = await runCli(['plan', ...args], { cwd: tree.path });
  assert.equal(status, 0, stderr);
  const plan: { target: Record<string, { tags: string[]; labels: Record<string, string> }> } =
    JSON.parse(stdout);
  return Object.fromEntries(
    Object.values(plan.target).map(({ tags, labels }) => [
      tags[0],
      labels['io.github.generate-bake.definition'],
    ]),
  );
}

test('definition digests of docker-pkg images are those of earlier releases', async () => {
  assert.deepEqual(await digestsOf(templates, ['-c', 'config.yaml', 'images']), {
    // As ba18b40 gave them, before digests had recipes.
    'r.example/one:1.0': 'sha256:26a4e7147efcb3665d3bef75ed7b9a914590d9fb3882a2a5157076ff7d9cc1e2',
    'r.example/child:1.0':
      'sha256:b4b8d59fc8a39e32ca2c6c7fe751aeb520c3f03d005017af9d989ad24fd18a98',
    'r.example/plain:2.0':
      'sha256:abf929fbf913238de6a83785728eafcfa1a2b03f5638ea338c571f297176ee15',
    // As 1398d34 gave them: recipe 2.
    'r.example/linked:1.0':
      '2:sha256:b77c589288bbb20489843aa05db47f8d15b5f11aa2f72b675e929a37c2db2149',
    'r.example/of-linked:1.0':
      '2:sha256:6b9456d9d9a748e0120bf70baa05971ae8beeec1a6d02945660e01a4d1d06f02',
  });
});

test('definition digests and content versions of plain Dockerfiles are those of earlier releases', async () => {
  assert.deepEqual(await digestsOf(dockerfiles, []), {
    // As f961fcc gave them.
    'r.example/shop/part:1.0':
      '3:sha256:2adde6f322d9355a2bea0227d1bff571a05e67d2102747671c3deb8bbc0e1586',
    'r.example/shop/ruled:b491a8ea73cd':
      '3:sha256:b491a8ea73cd71b127b634431e05b33346cdc0a95b9d3ccada7dfefa02b85a40',
    'r.example/shop/api:77590b540c54':
      '3:sha256:77590b540c54e163af51e27b655d4469f86555686ba0813c17894b393d9479f6',
    // As 36d54ec gives it.
    'r.example/shop/whole:1.0':
      '3:sha256:88b9bd20c49737342d944225b0d12b0d594b4702e3698a69a2eff7cc4fa41838',
  });
});

test('what only tells is no part of a definition: owner, description, who moves latest', async () => {
  const settings = String(dockerfiles['generate-bake.toml']);
  const told = {
    ...dockerfiles,
    'generate-bake.toml': `${settings.replaceAll('version =', 'latest = "manual"\ndescription = "Words"\nversion =')}`,
    CODEOWNERS: '* @ada\n',
    'part/README': 'other words\n',
  };
  assert.deepEqual(await digestsOf(told, []), await digestsOf(dockerfiles, []));
});
