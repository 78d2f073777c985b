import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ImageShape, shape } from './shape.js';

const benchRegistry = 'registry.example.org';

/** One tree with its config.yaml: `generate-bake -c config.yaml images`. */
export function writeTree(directory: string, count: number): void {
  write(join(directory, 'config.yaml'), config());
  for (const image of shape(count, [['images', count]])) {
    writeImage(directory, image);
  }
}

/** The real tree's shape: 136 images in four trees with a config each, and a workspace file. */
export function writeRealShape(directory: string): void {
  const trees = [
    ['images', 125],
    ['cert-manager', 5],
    ['istio', 3],
    ['ml', 3],
  ] as const;
  let workspace = '';
  for (const [name] of trees) {
    workspace += `[[tree]]\ndirectory = "${name}"\nconfig = "config-${name}.yaml"\n\n`;
    write(join(directory, `config-${name}.yaml`), config(name === 'images' ? '' : name));
  }
  write(join(directory, 'generate-bake.toml'), workspace);
  for (const image of shape(136, trees)) {
    writeImage(directory, image);
  }
  // Six contexts have links that leave them.
  write(join(directory, 'shared', 'common.conf'), 'key = value\n'.repeat(200));
  for (const image of shape(136, trees).slice(0, 6)) {
    const from = join(directory, image.tree, image.path);
    const up = '../'.repeat(image.path.split('/').length + 1);
    symlinkSync(`${up}shared/common.conf`, join(from, 'common.conf'));
  }
  // As the real one: links may lead to what the repository has.
  for (const words of [
    ['init', '--quiet'],
    ['add', '--all'],
  ]) {
    execFileSync('git', ['-C', directory, ...words]);
  }
}

function config(namespace = ''): string {
  return [
    `registry: ${benchRegistry}`,
    ...(namespace === '' ? [] : [`namespace: ${namespace}`]),
    'base_images:',
    ...['bullseye', 'bookworm', 'trixie'].map((base) => `  - ${benchRegistry}/${base}:latest`),
    'known_uid_mappings:\n  root: 0\n  www-data: 33\n  nobody: 65534\n  worker: 1234',
    '',
  ].join('\n');
}

function writeImage(root: string, image: ImageShape): void {
  const directory = join(root, image.tree, image.path);
  write(join(directory, 'Dockerfile.template'), template(image));
  write(join(directory, 'changelog'), changelog(image));
  write(join(directory, 'control'), control(image));
  write(
    join(directory, 'files', 'service.conf'),
    `name = ${image.name}\n`.repeat(image.lines * 10),
  );
  write(join(directory, 'files', 'entrypoint.sh'), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(directory, 'files', 'entrypoint.sh'), 0o755);
  if (image.lines === 60) {
    write(join(directory, 'test.sh'), '#!/bin/sh\ndocker run --rm "$1"\n');
  }
}

function template(image: ImageShape): string {
  const [from, ...others] = image.parents;
  const lines = [`{% set workdir = "/srv/${image.name}" -%}`];
  if (from === undefined) {
    lines.push('FROM {{ registry }}/bookworm:latest');
  } else if (image.literal) {
    const namespace = from.tree === 'images' ? '' : `${from.tree}/`;
    lines.push(`FROM ${benchRegistry}/${namespace}${from.name}:latest`);
  } else {
    lines.push(`FROM {{ "${from.name}" | image_tag }}`);
  }
  lines.push('', 'USER root', `RUN {{ "ca-certificates curl lib${image.name}" | apt_install }}`);
  for (const other of others) {
    lines.push(`COPY --from={{ "${other.name}" | image_tag }} /usr/lib /usr/lib/${other.name}`);
  }
  for (let step = 0; step < image.lines; step++) {
    lines.push(
      `RUN make -C {{ workdir }} step-${step} \\`,
      `    && install -m 0755 "\${HOME}/step-${step}" /usr/local/bin/`,
    );
  }
  lines.push('ADD files /srv', 'WORKDIR {{ workdir }}', 'USER {{ "worker" | uid }}');
  lines.push('ENTRYPOINT ["/srv/entrypoint.sh"]', '');
  return lines.join('\n');
}

function changelog(image: ImageShape): string {
  let text = '';
  for (let block = image.blocks; block > 0; block--) {
    const day = new Date(Date.UTC(2026, 0, 4) + (block - image.blocks) * 7 * 86_400_000);
    const date = day.toISOString().slice(0, 10).replaceAll('-', '');
    const stamp = day.toUTCString().replace('GMT', '+0000');
    text += `${image.name} (1.${block % 9}.2-1-${date}) wikimedia; urgency=low\n\n`;
    text += `  * Weekly rebuild.\n\n -- Some Maintainer <maintainer@example.org>  ${stamp}\n\n`;
  }
  return text;
}

function control(image: ImageShape): string {
  const declared = image.parents.slice(image.literal ? 1 : 0).map((parent) => parent.name);
  let text = `Package: ${image.name}\nMaintainer: Some Maintainer <maintainer@example.org>\n`;
  text += `Description: The tool ${image.name}, made for measuring\n`;
  if (declared.length > 0) {
    text += `Build-Depends: ${declared.join(', ')}\n`;
  }
  return text;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
