import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dockerPkgFilters } from '#compiler/render/dockerPkgFilters.js';
import { type Data, type RenderResult, renderString } from '#jinja/index.js';
import { parseOrdered } from '../support/jinja2/orderedJson.js';
import { knownImages } from '../support/knownImages.js';

/** Templates with what docker-pkg's environment of Jinja2 makes of them: see its `environment`. */
const file = 'test/fixtures/jinja/snippets.json';

type Dict = ReadonlyMap<Data, Data>;

interface Snippet {
  readonly id: string;
  readonly category: string;
  readonly template: string;
  readonly context: Dict;
  readonly files: Dict;
  readonly output: string | undefined;
  readonly error: { readonly type: string; readonly message: string } | undefined;
}

/** What Jinja2 renders and we refuse: the one needs Unicode's table of names, the other chance. */
const refused = ['strings-47', 'filters-293'];

function dict(value: Data | undefined): Dict {
  return value instanceof Map ? value : new Map();
}

function text(value: Data | undefined): string {
  assert.equal(typeof value, 'string');
  return String(value);
}

function snippetOf(data: Data): Snippet {
  const fields = dict(data);
  const output = fields.get('expected');
  const error = fields.get('error');
  return {
    id: text(fields.get('id')),
    category: text(fields.get('cat')),
    template: text(fields.get('template')),
    context: dict(fields.get('context')),
    files: dict(fields.get('files')),
    output: output === undefined ? undefined : text(output),
    error:
      error === undefined
        ? undefined
        : { type: text(dict(error).get('type')), message: text(dict(error).get('message')) },
  };
}

function render(snippet: Snippet, config: Dict, images: readonly string[]): RenderResult {
  const given = snippet.category === 'docker-pkg' ? [...config] : [];
  const setting = (name: string) => text(config.get(name));
  return renderString(
    snippet.template,
    new Map([...given, ...snippet.context] as [string, Data][]),
    {
      name: 'main',
      files: new Map([...snippet.files] as [string, string][]),
      filters: dockerPkgFilters({
        config: new Map([...config] as [string, Data][]),
        findImage: knownImages(images, setting('registry'), setting('namespace')),
      }),
    },
  );
}

/** How a result differs from Jinja2's, or undefined. */
function difference(snippet: Snippet, result: RenderResult): string | undefined {
  const { output, error } = snippet;
  if (result.ok) {
    return result.output === output
      ? undefined
      : `rendered ${JSON.stringify(result.output)}, Jinja2: ${JSON.stringify(output ?? error)}`;
  }
  const { kind, message } = result.error;
  // We add the nearest names to the message about an unknown image.
  const agrees =
    error !== undefined && kind === error.type && message.split('; did you')[0] === error.message;
  return agrees ? undefined : `${kind}: ${message}, Jinja2: ${JSON.stringify(output ?? error)}`;
}

const all = dict(parseOrdered(readFileSync(file, 'utf8')));
const list = all.get('snippets');
const snippets = Array.isArray(list) ? (list as readonly Data[]).map(snippetOf) : [];
const images = all.get('known_images');

test('330 snippets render as Jinja2 renders them, in docker-pkg’s environment', () => {
  assert.equal(snippets.length, 330);
  const config = dict(all.get('config'));
  const known = Array.isArray(images) ? (images as readonly Data[]).map(text) : [];
  const differences: string[] = [];
  const seen: string[] = [];
  for (const snippet of snippets) {
    const result = render(snippet, config, known);
    if (!result.ok && result.error.kind === 'NotSupported') {
      seen.push(snippet.id);
    } else {
      const found = difference(snippet, result);
      if (found !== undefined) {
        differences.push(`${snippet.id}: ${found}`);
      }
    }
  }
  assert.deepEqual(differences, []);
  assert.deepEqual(seen, refused);
});
