import { type ImagesQuestion, readImagesQuestion } from '../line/imagesQuestion.js';
import { compileOptions, credentialOptions, imageWords, reportOption } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface ImpactInput extends ImagesQuestion {
  /** Names of images from outside the trees. */
  readonly bases: readonly string[];
}

export const spec: CommandSpec<ImpactInput> = {
  name: 'impact',
  summary: 'show what is built on images: in levels, with state, owner and last duration',
  words: imageWords,
  options: [
    {
      flags: '--base <NAME>',
      help: 'what is built on this image from outside the trees; may be repeated',
      repeatable: true,
    },
    { flags: '--json', help: 'for programs (doc/impact.schema.json)' },
    reportOption('how long images took'),
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake impact golang1.24', 'whom a change of one image reaches'],
    ['generate-bake impact --base bookworm', 'whom a new base from elsewhere reaches'],
    ['generate-bake impact --report report.json base', 'and how long they took last time'],
  ],
  read(parsed) {
    const bases = parsed.list('base');
    return { ...readImagesQuestion('impact', parsed, bases.length > 0), bases };
  },
};
