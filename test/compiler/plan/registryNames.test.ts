/** The same trees under another name of their registry: links, digests and versions are the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { definitionDigests } from '#compiler/plan/definitionDigest.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { findNamed } from '#upkeep/update/names.js';
import { explain } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { scratchTree } from '../../support/scratch.js';

type Files = Readonly<Record<string, string>>;

const changelog = (name: string): string =>
  `${name} (1.0) wikimedia; urgency=medium\n\n  * A.\n\n -- A B <a@b.example>  Mon, 03 Aug 2026 10:00:00 +0000\n`;

const aliases = 'generate-bake:\n  registry_aliases: {in.example: pub.example}\n';

function config(registry: string, rest = aliases): Files {
  return {
    'config.yaml': `registry: ${registry}\nseed_image: ${registry}/seed:latest\nbase_images: [pub.example/bookworm:latest]\n${rest}`,
  };
}

const images: Files = {
  'images/base/changelog': changelog('base'),
  'images/base/Dockerfile.template':
    'FROM {{ seed_image }}\nRUN echo {{ registry }} {{ registry | upper }}\n{% if registry == "in.example" %}RUN true\n{% endif %}',
  'images/child/changelog': changelog('child'),
  'images/child/Dockerfile.template':
    'FROM {{ "base" | image_tag }}\nCOPY --from={{ "bookworm" | image_tag }} / /\n',
  'images/plain/changelog': changelog('plain'),
  'images/plain/Dockerfile.template':
    'FROM pub.example/child:1.0\nCOPY --from=In.Example/base / /\n',
  'images/both/changelog': changelog('both'),
  'images/both/Dockerfile.template': 'FROM {{ registry }}/base\nCOPY --from=in.example/base / /\n',
};

function compiled(files: Files) {
  const tree = scratchTree(files);
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  assert.equal(explain(opened.diagnostics), '');
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { value } = compile({ workspace: opened.value, selection });
  const { graph } = value;
  assert.equal(explain(graph.broken.flatMap(({ image }) => image.diagnostics)), '');
  const digests = definitionDigests(graph, new Set(graph.byReference.keys()), new Contexts(cwd).of);
  const each = graph.images.map((image) => {
    const { name, version } = image.rendered.definition;
    return {
      name,
      version,
      digest: digests.get(image.reference),
      parents: image.parents.map(({ key, parent }) => `${key} = ${parent}`),
      externals: image.externals.map(({ written }) => written),
    };
  });
  return Object.fromEntries(each.map((image) => [image.name, image]));
}

function digestsOf(found: ReturnType<typeof compiled>) {
  return Object.fromEntries(Object.values(found).map(({ name, digest }) => [name, digest]));
}

test('nothing drifts under the other name, whatever way the name is written', () => {
  const one = digestsOf(compiled({ ...images, ...config('pub.example') }));
  assert.deepEqual(Object.keys(one).sort(), ['base', 'both', 'child', 'plain']);
  assert.ok(Object.values(one).every((digest) => digest !== undefined));
  for (const other of ['in.example', 'In.Example', 'Pub.EXAMPLE']) {
    assert.deepEqual(digestsOf(compiled({ ...images, ...config(other) })), one);
  }
});

test('without the key another name is another definition, and the key changes nothing under the canonical name', () => {
  const { 'images/both/Dockerfile.template': _, ...rest } = images;
  const simple = { ...rest, 'images/plain/Dockerfile.template': 'FROM pub.example/child:1.0\n' };
  const withKey = digestsOf(compiled({ ...simple, ...config('pub.example') }));
  const without = digestsOf(
    compiled({
      ...simple,
      'images/both/Dockerfile.template': 'FROM pub.example/base\n',
      ...config('pub.example', ''),
    }),
  );
  for (const name of ['base', 'child', 'plain']) {
    assert.equal(withKey[name], without[name]);
  }
});

test('a FROM written with either name is a link, under the key that the frontend looks up', () => {
  const { plain, both, child } = compiled({ ...images, ...config('in.example') });
  assert.deepEqual(plain?.parents, [
    'pub.example/child:1.0 = in.example/child:1.0',
    'In.Example/base = in.example/base:1.0',
  ]);
  assert.deepEqual(both?.parents, ['in.example/base = in.example/base:1.0']);
  assert.deepEqual(child?.externals, ['pub.example/bookworm:latest']);
});

test('a port is another registry', () => {
  const { plain } = compiled({
    ...images,
    ...config('pub.example'),
    'images/plain/Dockerfile.template': 'FROM in.example:5000/child:1.0\n',
  });
  assert.deepEqual(plain?.parents, []);
});

test('trees with different names of one registry are linked to one another', () => {
  const found = compiled({
    'generate-bake.toml': [
      'registry_aliases = { "in.example" = "pub.example" }',
      '[[tree]]\ndirectory = "one"\nconfig = "one.yaml"',
      '[[tree]]\ndirectory = "two"\nconfig = "two.yaml"\n',
    ].join('\n'),
    'one.yaml': 'registry: pub.example\nnamespace: a\n',
    'two.yaml': 'registry: in.example\n',
    'one/base/changelog': changelog('base'),
    'one/base/Dockerfile.template': 'FROM scratch\nCOPY changelog /\n',
    'two/child/changelog': changelog('child'),
    'two/child/Dockerfile.template':
      'FROM {{ "a/base" | image_tag }}\nCOPY --from={{ registry }}/a/base:1.0 / /\n',
  });
  assert.deepEqual(found.child?.parents, [
    'pub.example/a/base:1.0 = pub.example/a/base:1.0',
    'in.example/a/base:1.0 = pub.example/a/base:1.0',
  ]);
});

test('one image that two trees define under two names is refused as one of two', () => {
  const tree = scratchTree({
    'generate-bake.toml': [
      'registry_aliases = { "in.example" = "pub.example" }',
      '[[tree]]\ndirectory = "one"\nconfig = "one.yaml"',
      '[[tree]]\ndirectory = "two"\nconfig = "two.yaml"\n',
    ].join('\n'),
    'one.yaml': 'registry: pub.example\n',
    'two.yaml': 'registry: in.example\n',
    'one/base/changelog': changelog('base'),
    'one/base/Dockerfile.template': 'FROM scratch\nCOPY changelog /\n',
    'two/base/changelog': changelog('base'),
    'two/base/Dockerfile.template': 'FROM scratch\nCOPY changelog /\n',
  });
  const opened = openWorkspace({
    cwd: tree.path,
    directories: [],
    env: {},
    home: tree.at('none'),
  });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph } = compile({ workspace: opened.value, selection }).value;
  const codes = graph.broken.flatMap(({ image }) => image.diagnostics.map(({ code }) => code));
  assert.deepEqual(codes, ['duplicate-image', 'duplicate-image']);
});

test('content versions are the same under either name', () => {
  const files = (registry: string): Files => ({
    'config.yaml': `registry: ${registry}\ndockerfile_version: content\n${aliases}`,
    'base/Dockerfile': 'FROM scratch\nCOPY a /\n',
    'base/a': 'a',
    'svc/Dockerfile': 'FROM pub.example/base\nCOPY a /\n',
    'svc/a': 'a',
  });
  const [one, other] = [compiled(files('pub.example')), compiled(files('in.example'))];
  assert.match(one.svc?.version ?? '', /^[0-9a-f]{12}$/);
  for (const name of ['base', 'svc']) {
    assert.equal(other[name]?.version, one[name]?.version);
    assert.equal(other[name]?.digest, one[name]?.digest);
  }
});

test('selections, and names of promote and update, take an image by any of its whole names', () => {
  const tree = scratchTree({ ...images, ...config('in.example') });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  const named = (pattern: string) => {
    const selection = { select: [pattern], exclude: [], withParents: false, withChildren: false };
    const { graph, selected } = compile({ workspace: opened.value, selection }).value;
    return graph.images
      .filter(({ reference }) => selected.has(reference))
      .map(({ rendered }) => rendered.definition.name);
  };
  for (const pattern of ['pub.example/child', 'in.example/child:1.0', 'pub.example/ch*:1.0']) {
    assert.deepEqual(named(pattern), ['child']);
  }
  assert.deepEqual(named('other.example/child'), []);
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph } = compile({ workspace: opened.value, selection }).value;
  for (const name of ['pub.example/child', 'pub.example/child:1.0', 'in.example/child', 'child']) {
    const found = findNamed(graph, name, undefined);
    assert.equal(found.kind === 'image' && found.image.reference, 'in.example/child:1.0');
  }
});

test('the tags of a printed plan are those under which images are pushed', () => {
  const push =
    'generate-bake:\n  registry_aliases: {in.example: pub.example}\n  push_registry: in.example\n';
  const tree = scratchTree({ ...images, ...config('pub.example', push) });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  assert.equal(explain(opened.diagnostics), '');
  const selection = { select: ['child'], exclude: [], withParents: false, withChildren: false };
  const { graph, selected } = compile({ workspace: opened.value, selection }).value;
  const options = { ...printed, context: new Contexts(tree.path).of };
  const tagsOf = (more: object) =>
    makePlan(graph, selected, { ...options, ...more }).value.targets.flatMap(({ tags }) => tags);
  assert.deepEqual(tagsOf({ pushesTags: true }), ['in.example/child:1.0']);
  assert.deepEqual(tagsOf({}), ['pub.example/child:1.0']);
});

test('a base outside of the trees is one for update, under whichever name Dockerfiles write it', () => {
  const tree = scratchTree({
    ...images,
    ...config('pub.example'),
    'images/plain/Dockerfile.template': 'FROM in.example/bookworm:latest\n',
  });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph } = compile({ workspace: opened.value, selection }).value;
  for (const name of ['bookworm', 'pub.example/bookworm', 'in.example/bookworm']) {
    const found = findNamed(graph, name, undefined);
    const children = found.kind === 'external' ? found.children : [];
    const names = children.map(({ rendered }) => rendered.definition.name);
    assert.deepEqual(names.sort(), ['child', 'plain'], name);
  }
});

test('a parent that is not in the plan is read under the name of the configuration', () => {
  const tree = scratchTree({ ...images, ...config('in.example') });
  const opened = openWorkspace({ cwd: tree.path, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: ['plain'], exclude: [], withParents: false, withChildren: false };
  const { graph, selected } = compile({ workspace: opened.value, selection }).value;
  const { targets } = makePlan(graph, selected, {
    ...printed,
    context: new Contexts(tree.path).of,
  }).value;
  assert.deepEqual(Object.fromEntries(targets[0]?.contexts ?? []), {
    'pub.example/child:1.0': 'docker-image://in.example/child:1.0',
    'In.Example/base': 'docker-image://in.example/base:1.0',
  });
});

test('plain Dockerfiles say their namespace under either name of the registry', () => {
  const files = (registry: string): Files => ({
    'generate-bake.toml': `registry = "${registry}"\nregistry_aliases = { "in.example" = "pub.example" }\nversion = "1"\n`,
    'base/Dockerfile': 'FROM scratch\nCOPY a /\n',
    'base/a': 'a',
    'svc/Dockerfile': 'FROM pub.example/co/base\nCOPY a /\n',
    'svc/a': 'a',
  });
  const [one, other] = [compiled(files('pub.example')), compiled(files('in.example'))];
  assert.deepEqual(one.svc?.parents, ['pub.example/co/base = pub.example/co/base:1']);
  assert.deepEqual(other.svc?.parents, ['pub.example/co/base = in.example/co/base:1']);
  assert.equal(other.svc?.digest, one.svc?.digest);
});
