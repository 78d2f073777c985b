/** Links of plain Dockerfiles, which may leave the registry out, and what is said where none is made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import { namedContextsOf } from '#compiler/plan/namedContexts.js';
import { nameTargets } from '#compiler/plan/nameTargets.js';
import { resolve } from '#compiler/resolve/resolve.js';
import { conventional } from '#compiler/workspace/dockerfileTree.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { placeOfLine } from '#core/diagnostics/diagnostic.js';
import type { ImageName } from '#core/reference/brands.js';
import { joinLabel } from '#core/reference/label.js';
import { printed, treeOf } from '../../support/graph.js';

const company = treeOf('trees', { registry: 'r.example', namespace: 'company' });

interface Sketch extends Partial<ImageDefinition> {
  readonly text: string;
  readonly kind?: 'plain' | 'template';
}

/** The graph of plain images of one tree, unless a sketch says otherwise. */
function graphOf(sketches: Readonly<Record<string, Sketch>>, usual: Tree = company) {
  const images = Object.entries(sketches).map(([name, { text, kind = 'plain', ...rest }]) => {
    const { tree = usual, version = '1' } = rest;
    const file = `${name}/Dockerfile`;
    const { registry, namespace } = tree.config;
    const definition: ImageDefinition = {
      tree,
      name: name as ImageName,
      version,
      ...joinLabel({ registry, namespace, name, version }),
      directory: `/${name}`,
      context: name,
      dockerfile: { kind, file, text },
      depends: [],
      place: { file },
      extraTags: [],
      labels: new Map(),
      args: new Map(),
      platforms: [],
      ...rest,
    };
    return {
      definition,
      dockerfile: text,
      neutralDockerfile: text,
      placeOf: (line: number, column?: number, length?: number) =>
        placeOfLine(file, text, line, column, length),
    };
  });
  return resolve(images);
}

const base = { text: 'FROM scratch\nCOPY . /\n' };

function parentsOf(name: string, sketches: Readonly<Record<string, Sketch>>, tree?: Tree) {
  const image = graphOf(sketches, tree).images.find(
    ({ rendered }) => rendered.definition.name === name,
  );
  return image?.parents.map(({ parent }) => parent);
}

/** `file:line message; hint` of each shared doubt. */
function doubts(sketches: Readonly<Record<string, Sketch>>, tree?: Tree): string[] {
  return (graphOf(sketches, tree).doubts ?? []).map(
    ({ diagnostic: { message, place, hint } }) =>
      `${place?.file}:${place?.line} ${message}; ${hint}`,
  );
}

test('namespace and name, with or without the registry, are the image of the tree', () => {
  const linked = ['r.example/company/base:1'];
  for (const written of [
    'company/base',
    'company/base:latest',
    'company/base:1',
    'docker.io/company/base',
    'r.example/company/base:latest',
  ]) {
    const child = { text: `FROM ${written}\n` };
    assert.deepEqual(parentsOf('api', { base, api: child }), linked, written);
  }
  const arg = { text: 'ARG BASE=company/base:latest\nFROM ${BASE}\n' };
  assert.deepEqual(parentsOf('api', { base, api: arg }), linked);
  const copy = { text: 'FROM alpine\nCOPY --from=company/base /a /b\n' };
  assert.deepEqual(parentsOf('api', { base, api: copy }), linked);
});

test('another version is pulled, with a warning', () => {
  const { images } = graphOf({ base, api: { text: 'FROM company/base:2\n' } });
  const api = images.find(({ rendered }) => rendered.definition.name === 'api');
  assert.deepEqual([api?.parents, api?.warnings?.map(({ code }) => code)], [[], ['other-version']]);
});

test('a name of one component is Docker Hub’s, unless it is an alias or a file says the name', () => {
  const dockerfiles = conventional('/trees/bare', 'bare');
  const plainTree = { ...treeOf('bare', { registry: '' }), dockerfiles };
  const configured = treeOf('images', { registry: '' });
  const redis: Sketch = { text: 'FROM debian:13\nCOPY . /\n', namedByPath: true };
  const { namedByPath: _, ...named } = redis;
  const api = { text: 'FROM redis\n' };
  for (const tree of [plainTree, configured, company]) {
    assert.deepEqual(parentsOf('redis', { redis: { ...redis, ...api } }, tree), []);
    assert.deepEqual(parentsOf('api', { redis, api }, tree), []);
    assert.deepEqual(parentsOf('api', { redis, api: { text: 'FROM redis:1\n' } }, tree), []);
    const [parent] = parentsOf('api', { redis: { ...redis, aliases: ['redis'] }, api }, tree) ?? [];
    assert.match(parent ?? '', /redis:1$/);
    // With a registry the image is not called redis, whoever says so.
    const meant = tree === company ? [] : ['redis:1'];
    assert.deepEqual(parentsOf('api', { redis: named, api }, tree), meant);
    assert.deepEqual(parentsOf('api', { redis: named, api: { text: 'FROM redis:7\n' } }, tree), []);
  }
});

test('in a template, image_tag writes the version; a bare name is told once', () => {
  const tree = treeOf('images', { registry: '' });
  const redis: Sketch = { text: 'FROM debian:13\nCOPY . /\n', namedByPath: true, tree };
  const by = (text: string): Sketch => ({ kind: 'template', text, tree });
  assert.deepEqual(parentsOf('api', { redis, api: by('FROM redis:1\n') }, tree), ['redis:1']);
  const sketches = { redis, api: by('FROM redis\n'), web: by('FROM redis\n') };
  assert.deepEqual(parentsOf('api', sketches, tree), []);
  assert.deepEqual(doubts(sketches), [
    'api/Dockerfile:1 redis is pulled, though the directory redis makes an image of this name; write {{ "redis" | image_tag }} to build on the tree\'s own',
  ]);
  assert.deepEqual(doubts({ redis, api: by('FROM redis:7\n') }), []);
});

test('of two trees’ images of one path the own tree’s is meant, else neither', () => {
  const other = treeOf('other', { registry: 'o.example', namespace: 'company' });
  const third = treeOf('third', { registry: 't.example', namespace: 'else' });
  const child = { text: 'FROM company/base\n' };
  // Names are keys here, so the second one has its name by hand.
  const second = {
    ...base,
    tree: other,
    name: 'base' as ImageName,
    ...joinLabel({ registry: 'o.example', namespace: 'company', name: 'base', version: '1' }),
  };
  const parents = (tree: Tree) => parentsOf('api', { base, second, api: { ...child, tree } });
  assert.deepEqual(parents(company), ['r.example/company/base:1']);
  assert.deepEqual(parents(other), ['o.example/company/base:1']);
  assert.deepEqual(parents(third), []);
});

test('a template writes whole references: only a warning', () => {
  const api: Sketch = { kind: 'template', text: 'FROM company/base:latest\n' };
  assert.deepEqual(parentsOf('api', { base, api }), []);
  assert.deepEqual(doubts({ base, api }), [
    'api/Dockerfile:1 company/base:latest is pulled, though base makes r.example/company/base; write {{ "base" | image_tag }} to build on the tree\'s own',
  ]);
  const elsewhere: Sketch = { kind: 'template', text: 'FROM ghcr.io/company/base:latest\n' };
  assert.deepEqual(doubts({ base, api: elsewhere }), []);
});

test('what looks like an image of the trees and is not linked is one warning for its group', () => {
  const api = { text: 'FROM ghcr.io/company/base:1\n' };
  assert.deepEqual(doubts({ base, api, web: api }), [
    'api/Dockerfile:1 ghcr.io/company/base:1 is pulled in 2 Dockerfiles, though base makes r.example/company/base; to link it, add aliases = ["ghcr.io/company/base"] to base/image.toml',
  ]);
  const acme = treeOf('trees', { registry: 'r.example', namespace: 'acme' });
  const sketches = {
    base,
    java: { text: 'FROM company/base\n' },
    api: { text: 'FROM company/java:latest\n' },
    web: { text: 'FROM company/java\n' },
  };
  assert.deepEqual(doubts(sketches, acme), [
    'java/Dockerfile:1 2 images of company are pulled, though these trees make images of these names: base, java; to link them, set namespace = "company" in the configuration (it is "acme")',
  ]);
});

test('a near miss of a name is a warning; another number is another image', () => {
  assert.deepEqual(doubts({ base, api: { text: 'FROM company/bse:latest\n' } }), [
    'api/Dockerfile:1 company/bse:latest is pulled: no image of the trees has this name; did you mean company/base?',
  ]);
  assert.deepEqual(doubts({ base, api: { text: 'FROM company/bsae:latest\n' } }), [
    'api/Dockerfile:1 company/bsae:latest is pulled: no image of the trees has this name; did you mean company/base?',
  ]);
  assert.deepEqual(doubts({ 'go1.24': base, api: { text: 'FROM company/go1.23\n' } }), []);
});

test('no doubt about images that are somebody else’s', () => {
  // Made of another of its own name: the name is not ours alone.
  const redis = { text: 'FROM bitnami/redis:7\n' };
  assert.deepEqual(doubts({ redis, api: { text: 'FROM bitnami/redis:7\n' } }), []);
  // A version of Docker Hub's is meant; without one it looks like ours.
  const python = { text: 'FROM debian:12\n' };
  assert.deepEqual(doubts({ python, api: { text: 'FROM python:3.12\n' } }), []);
  assert.deepEqual(doubts({ base, api: { text: 'FROM base\n' } }), [
    'api/Dockerfile:1 base is pulled, though base makes r.example/company/base; to link it, add aliases = ["base"] to base/image.toml',
  ]);
});

test('in a plan without the parent, a name without registry is replaced by the whole reference', () => {
  const graph = graphOf({ base, api: { text: 'FROM company/base\n' } });
  const api = graph.images.find(({ rendered }) => rendered.definition.name === 'api');
  assert.ok(api !== undefined);
  const input = {
    graph,
    selection: new Set([api.reference]),
    options: printed,
    names: nameTargets(graph),
    labelKeys: new Map(),
    definitions: new Map(),
  };
  assert.deepEqual(
    [...namedContextsOf(input as never, api).value.contexts],
    [['company/base', 'docker-image://r.example/company/base:1']],
  );
});
