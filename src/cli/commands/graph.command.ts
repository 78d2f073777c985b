import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  type CompileLine,
  compileOptions,
  credentialOptions,
  imageWords,
  readCompileLine,
  readCredentialUse,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

type GraphFormat = 'dot' | 'mermaid' | 'svg';

export interface GraphInput extends CompileLine {
  readonly credentials: CredentialUse;
  readonly format: GraphFormat;
  /** Absent: stdout. */
  readonly output?: string;
  /** Also external references. */
  readonly bases: boolean;
  /** Ask registries and engine, and colour by what they say. */
  readonly states: boolean;
  /** One box for many leaves of the same parents. */
  readonly fold: boolean;
}

export const spec: CommandSpec<GraphInput> = {
  name: 'graph',
  summary: 'draw images with their parents and children: DOT, Mermaid or SVG',
  words: imageWords,
  options: [
    { flags: '-o, --output <FILE>', help: 'write to FILE, not to stdout' },
    {
      flags: '--format <FORMAT>',
      help: 'dot, mermaid or svg (default: dot, or by the ending of FILE: .dot .gv .mmd .svg)',
      choices: ['dot', 'mermaid', 'svg'],
    },
    { flags: '--states', help: 'ask registries and engine, and colour images by their state' },
    { flags: '--bases', help: 'also images from outside the trees, as dashed boxes' },
    { flags: '--no-fold', help: 'a box for each image, also where many have the same parents' },
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    [
      'generate-bake graph golang1.24 --with-parents --with-children -o golang.svg',
      'what an image is built on, and what is built on it',
    ],
    ['generate-bake graph --format mermaid', 'all images, for a Markdown page'],
    ['generate-bake graph --states --bases -o images.svg', 'coloured by state, with all bases'],
  ],
  read(parsed) {
    const output = parsed.text('output');
    const file = output === '-' ? undefined : output;
    return {
      ...readCompileLine(parsed),
      credentials: readCredentialUse(parsed),
      format: formatOf(parsed.text('format'), file),
      ...(file === undefined ? {} : { output: file }),
      bases: parsed.flag('bases'),
      states: parsed.flag('states'),
      fold: !parsed.flag('no-fold'),
    };
  },
};

const endings: ReadonlyMap<string, GraphFormat> = new Map([
  ['dot', 'dot'],
  ['gv', 'dot'],
  ['mmd', 'mermaid'],
  ['mermaid', 'mermaid'],
  ['svg', 'svg'],
]);

function formatOf(wanted: string | undefined, file: string | undefined): GraphFormat {
  if (wanted === 'dot' || wanted === 'mermaid' || wanted === 'svg') {
    return wanted;
  }
  if (file === undefined) {
    return 'dot';
  }
  const format = endings.get(/\.([a-z]+)$/.exec(file)?.[1] ?? '');
  if (format === undefined) {
    throw new UsageError(
      `the ending of a file does not say what it is: ${file}`,
      'add --format dot, mermaid or svg',
    );
  }
  return format;
}
