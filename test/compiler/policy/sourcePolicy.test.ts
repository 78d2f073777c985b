/** The rules for BuildKit, tried as BuildKit does (sourcepolicy/engine.go): the last one that matches counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowedRegistry } from '#compiler/policy/allowed.js';
import { conversionRules, type SourceRule, sourceRules } from '#compiler/policy/sourcePolicy.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import type { Policy } from '#compiler/workspace/policyKeys.js';
import type { Reference } from '#core/reference/brands.js';
import { canonicalRepository, parseReference } from '#core/reference/reference.js';
import { noNames, RegistryNames } from '#core/reference/registryNames.js';
import { graphOf } from '../../support/graph.js';
import { scratchTree } from '../../support/scratch.js';

function policyOf(registries: readonly string[]): Policy & Required<Pick<Policy, 'registries'>> {
  const tree = scratchTree({
    'images/a/changelog': 'x',
    'generate-bake.toml': `[policy]\nregistries = ${JSON.stringify(registries)}\n[[tree]]\ndirectory = "images"\nconfig = []\n`,
  });
  const { value } = openWorkspace({
    cwd: tree.path,
    directories: [],
    env: {},
    home: tree.at('none'),
  });
  const { policy } = value ?? assert.fail('no workspace');
  assert.ok(policy?.registries);
  return { ...policy, registries: policy.registries };
}

const graph = graphOf([{ name: 'parent' }, { name: 'child', parents: ['parent'] }]);
const nothing = { targets: [] };

/** Go's regular expressions as this Node knows them: `(?i:…)` is only ever around the name of a host. */
function regex(text: string): RegExp {
  const either = (host: string): string =>
    host.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
  return new RegExp(text.replace(/\(\?i:([^()]*)\)/, (_, host: string) => either(host)));
}

function isDenied(rules: readonly SourceRule[], identifier: string): boolean {
  let denied = false;
  for (const { action, selector } of rules) {
    const pattern =
      selector.match_type === 'REGEX'
        ? regex(selector.identifier)
        : regex(`^${selector.identifier.split('*').map(quoted).join('.*')}$`);
    if (pattern.test(identifier)) {
      denied = action === 'DENY';
    }
  }
  return denied;
}

function quoted(text: string): string {
  return text.replace(/[^a-z0-9]/gi, '\\$&');
}

/** As BuildKit names an image, before and after it has found the digest. */
function identifiers(written: string): readonly string[] {
  const reference = parseReference(written);
  assert.ok(reference.kind === 'reference', written);
  const { tag, digest } = reference;
  const named = `docker-image://${canonicalRepository(reference)}`;
  const tagged = tag === undefined && digest !== undefined ? named : `${named}:${tag ?? 'latest'}`;
  return digest === undefined
    ? [tagged, `${tagged}@sha256:${'a'.repeat(64)}`]
    : [`${tagged}@${digest}`];
}

function allows(rules: readonly SourceRule[], written: string): boolean {
  const denied = identifiers(written).map((identifier) => isDenied(rules, identifier));
  assert.equal(new Set(denied).size, 1, written);
  return denied[0] === false;
}

const digest = `sha256:${'b'.repeat(64)}`;

test('registries, with ports, paths and names that begin alike', () => {
  const policy = policyOf([
    'r.example',
    'p.example:5000/a/b',
    'docker.io/library',
    'quay.io/one/image',
  ]);
  const rules = sourceRules(policy, noNames, graph, nothing);
  const expected: Readonly<Record<string, boolean>> = {
    'r.example/x': true,
    'r.example/deep/er/x:1': true,
    [`R.Example/x:1@${digest}`]: true,
    [`r.example/x@${digest}`]: true,
    'r.example:5000/x': false,
    'r.example.evil.example/x': false,
    'evil.example/r.example/x': false,
    'rxexample.example/x': false,
    'p.example:5000/a/b:1': true,
    'p.example:5000/a/b/c:1': true,
    'p.example:5000/a/bc:1': false,
    'p.example:5000/a:1': false,
    'p.example/a/b/c:1': false,
    debian: true,
    'debian:13': true,
    'docker.io/library/debian': true,
    'index.docker.io/debian': true,
    'docker/dockerfile:1': false,
    'libraryx/debian': false,
    'quay.io/one/image:2': true,
    'quay.io/one/image2:2': false,
    'localhost/x': false,
  };
  for (const [written, isAllowed] of Object.entries(expected)) {
    assert.equal(allows(rules, written), isAllowed, written);
    // The rule of check says the same.
    assert.equal(isAllowedRegistry(policy, written, noNames), isAllowed, written);
  }
  for (const identifier of ['local://context', 'git://r.invalid/x.git', 'https://x.invalid/f']) {
    assert.equal(isDenied(rules, identifier), false, identifier);
  }
  assert.equal(isDenied(rules, 'docker-image+blob://evil.example/x@sha256:1'), true);
});

test('no registry at all', () => {
  const rules = sourceRules(policyOf([]), noNames, graph, nothing);
  assert.equal(allows(rules, 'debian:13'), false);
});

test('further names of a registry, also of one below it', () => {
  const names = new RegistryNames([
    { alias: 'mirror.example/prod', canonical: 'r.example' },
    { alias: 'old.example', canonical: 'r.example' },
  ]);
  for (const registry of ['r.example', 'old.example', 'mirror.example']) {
    const policy = policyOf([registry]);
    const rules = sourceRules(policy, names, graph, nothing);
    for (const written of ['r.example/x:1', 'old.example/x:1', 'mirror.example/prod/x:1']) {
      assert.ok(allows(rules, written), `${registry} ${written}`);
      assert.ok(isAllowedRegistry(policy, written, names), `${registry} ${written}`);
    }
    assert.equal(allows(rules, 'mirror.example/test/x:1'), registry === 'mirror.example');
  }
});

test('what a call needs: parents that it does not build, mirrors, scanners; linked parents need nothing', () => {
  const policy = policyOf(['ok.example']);
  const child = { image: 'r/child:1' as Reference, attest: [] };
  const rules = (target: object) =>
    sourceRules(policy, noNames, graph, {
      targets: [{ ...child, contexts: new Map(), conversions: new Map(), ...target }],
    });
  const local = rules({});
  assert.ok(allows(local, 'r/parent:1'));
  assert.equal(allows(local, 'r/parent:2'), false);
  assert.equal(allows(local, 'r/parent'), false);

  const linked = rules({ contexts: new Map([['r/parent:1', 'target:parent']]) });
  assert.equal(allows(linked, 'r/parent:1'), false);

  const pinned = `staging.example/x:run@${digest}`;
  const staged = rules({ contexts: new Map([['r/parent:1', `docker-image://${pinned}`]]) });
  assert.ok(allows(staged, pinned));
  assert.equal(allows(staged, `staging.example/x:run@sha256:${'c'.repeat(64)}`), false);
  assert.equal(allows(staged, 'staging.example/x:run'), false);

  const scanner = 'docker.io/docker/buildkit-syft-scanner:stable-1';
  assert.equal(allows(local, scanner), false);
  assert.ok(allows(rules({ attest: ['type=sbom'] }), scanner));
  // Of any other it is for the registries to say; what the command line names is the user's.
  const own = rules({ attest: ['type=provenance,mode=min', 'type=sbom,generator=s.example/s:2'] });
  assert.equal(allows(own, 's.example/s:2'), false);
  assert.equal(allows(own, scanner), false);
  const spelled = rules({ attest: [`type=sbom,generator=index.${scanner}`] });
  assert.ok(allows(spelled, scanner));
  const further = sourceRules(policy, noNames, graph, { targets: [] }, ['s.example/s:2']);
  assert.ok(allows(further, 's.example/s:2'));
});

test('conversions name sources as BuildKit does; what is converted to is allowed, what it replaces is not', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const conversions = new Map([
    ['node', `docker-image://r/node:1@${digest}`],
    ['r.example/a', 'docker-image://r.example/a:2'],
    ['r.example/b:1', 'docker-image://r.example/b:1'],
  ]);
  assert.deepEqual(conversionRules([{ conversions }]), [
    {
      action: 'CONVERT',
      selector: { identifier: 'docker-image://docker.io/library/node:latest' },
      updates: { identifier: `docker-image://docker.io/r/node:1@${digest}` },
    },
    {
      action: 'CONVERT',
      selector: { identifier: 'docker-image://r.example/a:latest' },
      updates: { identifier: 'docker-image://r.example/a:2' },
    },
  ]);
  const target = { image: 'r/child:1' as Reference, attest: [], contexts: new Map(), conversions };
  const rules = sourceRules(policyOf(['ok.example']), noNames, graph, { targets: [target] });
  assert.ok(allows(rules, 'r.example/a:2'));
  assert.equal(allows(rules, 'r.example/a:latest'), false);
});
