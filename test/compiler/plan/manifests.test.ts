/** `annotations` and `attest`: which image has which, how bake is told, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '#compiler/compile.js';
import { Contexts } from '#compiler/context/contexts.js';
import { emitHcl } from '#compiler/emit/hcl.js';
import { emitJson } from '#compiler/emit/json.js';
import { definitionLabel } from '#compiler/plan/labels.js';
import { makePlan } from '#compiler/plan/makePlan.js';
import { openWorkspace } from '#compiler/workspace/open.js';
import { explain } from '../../support/explain.js';
import { printed } from '../../support/graph.js';
import { type ScratchFile, scratchTree } from '../../support/scratch.js';

const short = 'registry = "r.example"\nversion = "1"\n';

function planned(files: Readonly<Record<string, ScratchFile>>, keepsManifests?: boolean) {
  const tree = scratchTree({
    'one/Dockerfile': 'FROM debian:13\n',
    'two/Dockerfile': 'FROM debian:13\n',
    ...files,
  });
  const cwd = tree.path;
  const opened = openWorkspace({ cwd, directories: [], env: {}, home: tree.at('none') });
  const selection = { select: [], exclude: [], withParents: false, withChildren: false };
  const { graph, selected } = compile({ workspace: opened.value, selection }).value;
  const { value } = makePlan(graph, selected, {
    ...printed,
    context: new Contexts(cwd).of,
    ...(keepsManifests === undefined ? {} : { keepsManifests }),
  });
  const { target = {} } = JSON.parse(emitJson(value)) as {
    target?: Record<string, Record<string, unknown>>;
  };
  const of = Object.entries(target).map(([name, { annotations, attest, output }]) => [
    name,
    [annotations, attest, output],
  ]);
  const broken = graph.broken.flatMap(({ image }) => image.diagnostics);
  return {
    of: Object.fromEntries(of),
    hcl: emitHcl(value),
    digests: value.targets.map(({ labels }) => labels.get(definitionLabel)),
    problems: explain([...opened.diagnostics, ...broken])
      .split('\n')
      .filter((line) => /error|hint/.test(line)),
  };
}

test('annotations need an output; those of the image replace those of the tree, key by key', () => {
  const files = {
    'generate-bake.toml': `${short}annotations = { "org.example.a" = "tree", "org.example.b" = "\${x}, = y" }\n`,
    'two/image.toml': 'annotations = { "org.example.a" = "image", "c" = "" }\n',
  };
  const { of, hcl, digests } = planned(files);
  assert.deepEqual(of, {
    one: [['org.example.a=tree', 'org.example.b=$${x}, = y'], undefined, ['type=image']],
    two: [['org.example.a=image', 'org.example.b=$${x}, = y', 'c='], undefined, ['type=image']],
  });
  assert.match(hcl, /^ {2}annotations = \[\n {4}"org\.example\.a=tree",$/m);
  assert.match(hcl, /^ {2}output +=\s\["type=image"\]$/m);
  // They are not in the image: its definition is the same.
  assert.deepEqual(digests, planned({ 'generate-bake.toml': short }).digests);
  const none = [undefined, undefined, undefined];
  assert.deepEqual(planned(files, false).of, { one: none, two: none });
});

test('of an image with attestations or several platforms the index has them too', () => {
  const { of } = planned({
    'generate-bake.toml': `${short}annotations = { a = "b" }\n`,
    'one/image.toml': 'attest = "sbom"\n',
    'two/image.toml': 'platforms = ["linux/amd64", "linux/arm64"]\n',
  });
  assert.deepEqual(of, {
    one: [['manifest,index:a=b'], ['type=sbom'], ['type=image']],
    two: [['manifest,index:a=b'], undefined, ['type=image']],
  });
});

test('attest: a word, words, or a table; false takes away what the tree says', () => {
  const attest = (value: string, image = '') =>
    planned({
      'generate-bake.toml': `${short}attest = ${value}\n`,
      'two/image.toml': image,
    }).of;
  const only = (...texts: string[]) => [undefined, texts, undefined];
  assert.deepEqual(attest('"provenance"').one, only('type=provenance,mode=min'));
  assert.deepEqual(
    attest('["sbom", "provenance"]').one,
    only('type=provenance,mode=min', 'type=sbom'),
  );
  assert.deepEqual(
    attest('{ provenance = "max", sbom = "c.example/scan:1" }').one,
    only('type=provenance,mode=max', 'type=sbom,generator=c.example/scan:1'),
  );
  assert.deepEqual(
    attest('{ provenance = true, sbom = false }').one,
    only('type=provenance,mode=min'),
  );
  const none = [undefined, undefined, undefined];
  assert.deepEqual(attest('false').one, none);
  assert.deepEqual(attest('"sbom"', 'attest = false\n').two, none);
  assert.deepEqual(
    attest('"sbom"', 'attest = "provenance"\n').two,
    only('type=provenance,mode=min'),
  );
});

test('what is no annotation or attestation is refused where it is written', () => {
  const refused = (line: string) => planned({ 'generate-bake.toml': `${short}${line}\n` }).problems;
  assert.deepEqual(refused('attest = "provenence"'), [
    'generate-bake.toml:3:10: error: attest: "provenence" is not an attestation [workspace-file]',
    '  hint: write attest = ["provenance", "sbom"], or one of them',
  ]);
  assert.match(refused('attest = true')[0] ?? '', /:3:10: error: attest must be a list of strings/);
  assert.match(
    refused('attest = { provenance = "all" }')[0] ?? '',
    /:3:25: error: provenance cannot be "all"/,
  );
  assert.match(
    refused('attest = { sbom = "A B" }')[0] ?? '',
    /:3:19: error: attest\.sbom: "A B" is not an image/,
  );
  assert.match(
    refused('attest = { slsa = true }')[0] ?? '',
    /:3:12: error: unknown key "slsa" here/,
  );
  assert.match(
    refused('annotations = { "a b" = "c" }')[0] ?? '',
    /:3:17: error: annotations: "a b" is not a key/,
  );
  assert.match(refused('annotations = { "index:a" = "c" }')[0] ?? '', /"index:a" is not a key/);
  assert.match(
    refused('annotations = { a = 1 }')[0] ?? '',
    /:3:21: error: annotations\.a must be a string/,
  );
  assert.match(
    refused('annotations = ["a=b"]')[0] ?? '',
    /:3:15: error: annotations must be a table of strings/,
  );
});
