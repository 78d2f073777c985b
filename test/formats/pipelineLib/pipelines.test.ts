import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPipelines } from '#formats/pipelineLib/pipelines.js';
import { explain, lines } from '../../support/explain.js';

function read(text: string) {
  const { value, diagnostics } = readPipelines('config.yaml', lines(text));
  const published = value.map(
    ({ blubberfile, variant, context, name }) =>
      `${blubberfile} ${variant.value}:${variant.place.line} in ${context}${name === undefined ? '' : ` as ${name.value}`}`,
  );
  return { published, told: explain(diagnostics) };
}

test('the variants that pipelines publish, each once', () => {
  const { published, told } = read(`
    pipelines:
      test:
        blubberfile: blubber.yaml
        stages:
          - name: test
          - { name: candidate, build: candidate }
      rehearse:
        blubberfile: blubber.yaml
        stages:
          - { name: candidate, build: production, publish: { image: true } }
      publish:
        blubberfile: blubber.yaml
        stages:
          - { name: production, build: production, publish: { image: { id: "\${.imageID}", tags: [stable] } } }
          - { name: media, build: "\${.stage}", publish: { image: { name: acme/media } } }
          - { name: files, build: docs, publish: { files: { paths: [a] } } }
      worker:
        directory: src/worker
        stages:
          - name: build
            build: { variant: run, context: inner }
          - name: push
            publish: { image: { id: "\${build.imageID}", name: "\${setup.project}-worker" } }
            promote: true
  `);
  assert.equal(told, '');
  assert.deepEqual(published, [
    'blubber.yaml production:10 in .',
    'blubber.yaml media:15 in . as acme/media',
    'worker/blubber.yaml run:21 in src/worker/inner',
  ]);
});

test('what only the pipeline knows, and what it cannot publish', () => {
  const { published, told } = read(`
    pipelines:
      publish:
        stages:
          - { name: one, build: "\${setup.VARIANT}", publish: { image: true } }
          - { name: two, run: true, publish: { image: true } }
  `);
  assert.deepEqual(published, []);
  assert.equal(
    told,
    lines(`
      config.yaml:4:30: error: only the pipeline knows which variant this is: \${setup.VARIANT} [pipeline-file]
          4 |       - { name: one, build: "\${setup.VARIANT}", publish: { image: true } }
            |                              ^^^^^^^^^^^^^^^^
        hint: name variants in [[tree]]
      config.yaml:5:17: error: the stage publishes the image of two, which builds none [pipeline-file]
          5 |       - { name: two, run: true, publish: { image: true } }
            |                 ^^^
        hint: name variants in [[tree]]
    `),
  );
});

test('a file that is not one of pipelines', () => {
  assert.match(
    read('a: 1\n').told,
    /^config\.yaml: error: the file has no pipelines \[pipeline-file\]/,
  );
  assert.match(read('pipelines: [\n').told, /error: not valid YAML/);
});
