import { checkNamespace } from '#compiler/workspace/configValues.js';
import type { LookedAround } from './lookAround.js';

/** The generate-bake.toml of a repository of plain Dockerfiles: what was inferred, and comments. */
export function workspaceText(found: LookedAround): string {
  const [file] = found.trees?.files ?? [];
  return file === undefined ? shortFile(found) : file.text;
}

function shortFile({ dockerfiles, searched, compiled }: LookedAround): string {
  const { images } = compiled.graph;
  const [first] = images;
  const { repository = '', name = '' } = first?.rendered.definition ?? {};
  const namespace = repository.slice(0, Math.max(0, repository.length - name.length - 1));
  const links = images.reduce((sum, { parents }) => sum + parents.length, 0);
  const path = dockerfiles.at(-1) ?? 'services/api';
  const lines = [
    '# Plain Dockerfiles are found by convention; this file says what the conventions do not.',
    '# All of it is optional.',
    '',
    ...(searched === '.'
      ? []
      : [
          `# The Dockerfiles name each other by their paths below it.`,
          `directory = ${quoted(searched)}`,
          '',
        ]),
    '# Where images are published; without it, nothing is.',
    '# registry = "registry.example"',
    '',
    ...(namespace !== '' && checkNamespace(namespace) === undefined
      ? [
          `# As the Dockerfiles write it before the names of each other's images (${links} ${links === 1 ? 'link' : 'links'}).`,
          `namespace = ${quoted(namespace)}`,
        ]
      : [
          '# What comes before the names of the images.',
          `# namespace = ${namespace === '' ? '"company"' : quoted(namespace)}`,
        ]),
    '',
    '# A digest of what an image is made of; or "commit", "date", "git:v*", "file:VERSION", "1.0.0".',
    '# version = "content"',
    '',
    '# Not searched for Dockerfiles.',
    '# exclude = ["examples", "**/testdata"]',
    '',
    '# What the conventions do not say of an image.',
    '# [[image]]',
    `# path = ${quoted(path)}`,
    '# context = "/"              # the directory of this file',
    '# args = { MODE = "fast" }',
  ];
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  // JSON's escapes are those of TOML's basic strings, but for DEL.
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}
