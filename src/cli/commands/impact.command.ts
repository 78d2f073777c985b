import { type ImagesQuestion, readImagesQuestion } from '../line/imagesQuestion.js';
import { compileOptions, credentialOptions, imageWords, reportOption } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export const spec: CommandSpec<ImagesQuestion> = {
  name: 'impact',
  summary: 'show what is built on images: in levels, with state, owner and last duration',
  words: imageWords,
  options: [
    { flags: '--json', help: 'for programs (doc/impact.schema.json)' },
    reportOption('how long images took'),
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake impact golang1.24', 'whom a change of one image reaches'],
    ['generate-bake impact --report report.json base', 'and how long they took last time'],
  ],
  read: (parsed) => readImagesQuestion('impact', parsed),
};
