import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emitHcl } from '#compiler/emit/hcl.js';
import type { Plan, PlannedTarget } from '#compiler/plan/plan.js';
import type { Reference, TargetName } from '#core/reference/brands.js';

function target(name: string, rest: Partial<PlannedTarget> = {}): PlannedTarget {
  return {
    name: name as TargetName,
    image: `r/${name}:1` as Reference,
    tree: 'images',
    description: `r/${name}:1`,
    context: `images/${name}`,
    dockerfile: { kind: 'inline', text: 'FROM scratch\n' },
    contexts: new Map(),
    conversions: new Map(),
    noCacheFilter: [],
    args: new Map([
      ['http_proxy', 'http://proxy:8080'],
      ['BUILDKIT_SANDBOX_HOSTNAME', `gb-${name}`],
    ]),
    labels: new Map([
      ['title', name],
      ['authors', 'A <a@b>'],
    ]),
    tags: [`r/${name}:1`],
    platforms: [],
    cacheFrom: [],
    cacheTo: [],
    secret: [],
    ssh: [],
    annotations: [],
    attest: [],
    output: [],
    resources: new Map(),
    pull: false,
    comment: () => [`images/${name}/Dockerfile.template`],
    ...rest,
  };
}

function planOf(targets: readonly PlannedTarget[]): Plan {
  const names = targets.map((each) => each.name);
  return {
    targets,
    groups: [{ kind: 'default', name: 'default', description: 'Everything', targets: names }],
    files: [],
  };
}

test('what all targets have in common is inherited, comments say where they come from', () => {
  const plan = planOf([
    target('base', { dockerfile: { kind: 'inline', text: 'FROM scratch\nCOPY ${A} /\n' } }),
    target('child', {
      contexts: new Map([['r/base:1', 'target:base']]),
      dockerfile: { kind: 'file', path: '.generate-bake/dockerfiles/0' },
      stage: 'final',
      comment: () => ['images/child/Dockerfile.template', 'built on r/base:1\nFROM evil'],
    }),
  ]);
  assert.equal(
    emitHcl(plan),
    `# Written by generate-bake: change the definitions and run it again.

group "default" {
  description = "Everything"
  targets     = [
    "base",
    "child",
  ]
}

# What all images of images have in common.
target "_tree-images" {
  args = {
    "http_proxy" = "http://proxy:8080"
  }

  labels = {
    "authors" = "A <a@b>"
  }
}

# images/base/Dockerfile.template
target "base" {
  inherits    = ["_tree-images"]
  description = "r/base:1"
  context     = "images/base"
  tags        = ["r/base:1"]

  args = {
    "BUILDKIT_SANDBOX_HOSTNAME" = "gb-base"
  }

  labels = {
    "title" = "base"
  }

  dockerfile-inline = <<DOCKERFILE
FROM scratch
COPY $\${A} /
DOCKERFILE
}

# images/child/Dockerfile.template
# built on r/base:1 FROM evil
target "child" {
  inherits    = ["_tree-images"]
  description = "r/child:1"
  context     = "images/child"
  dockerfile  = "cwd://.generate-bake/dockerfiles/0"
  target      = "final"
  tags        = ["r/child:1"]

  contexts = {
    "r/base:1" = "target:base"
  }

  args = {
    "BUILDKIT_SANDBOX_HOSTNAME" = "gb-child"
  }

  labels = {
    "title" = "child"
  }
}
`,
  );
});

test('one target alone inherits nothing', () => {
  const text = emitHcl(planOf([target('base')]));
  assert.doesNotMatch(text, /inherits|_tree/);
  assert.match(text, /"http_proxy" {16}= "http:\/\/proxy:8080"/);
});

test('platforms and pull are inherited where all agree, and kept where they differ', () => {
  const both = { platforms: ['linux/amd64'], pull: true };
  const agreed = emitHcl(planOf([target('a', both), target('b', both)]));
  assert.equal(agreed.match(/platforms/g)?.length, 1);
  assert.equal(agreed.match(/pull/g)?.length, 1);
  const differing = emitHcl(planOf([target('a', both), target('b')]));
  assert.match(differing, /target "a" \{[^}]*platforms\s*= \["linux\/amd64"\]\n\s*pull\s*= true/);
});

test('a group of everything names all', () => {
  const { targets, files } = planOf([target('a'), target('b')]);
  const names = targets.map((each) => each.name);
  const groups = [
    { kind: 'default', name: 'default', description: '', targets: names },
    { kind: 'all', name: 'all', description: '', targets: names },
    { kind: 'wave', name: 'wave-001', description: '', targets: names.slice(0, 1) },
  ] as const;
  const text = emitHcl({ targets, files, groups });
  assert.match(text, /group "default" \{\n.*\n {2}targets {5}= \["all"\]\n\}/);
  assert.match(text, /group "all" \{\n.*\n {2}targets {5}= \[\n {4}"a",\n {4}"b",\n {2}\]\n\}/);
  assert.match(text, /group "wave-001" \{\n.*\n {2}targets {5}= \[\n {4}"a",\n {2}\]\n\}/);
});

test('without a default group the waves to build are named', () => {
  const { targets, files } = planOf([target('a')]);
  const wave = (name: string) => ({ kind: 'wave', name, description: '', targets: [] }) as const;
  const groups = ['wave-001', 'wave-002', 'wave-003'].map(wave);
  assert.match(
    emitHcl({ targets, files, groups }),
    /^# wave-001 to wave-003 one after the other\.$/m,
  );
});
