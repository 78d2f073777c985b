import { type ImagesQuestion, readImagesQuestion } from '../line/imagesQuestion.js';
import { compileOptions, credentialOptions, imageWords, reportOption } from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export const spec: CommandSpec<ImagesQuestion> = {
  name: 'why',
  summary: 'explain why images are built, kept or stopped, and what changed in those that drifted',
  description:
    'What changed since an image, or an earlier version of it, was published is found by compiling the commits that touched what it is made of, the newest first, until one has the published definition: at most 200.',
  words: imageWords,
  options: [
    { flags: '--json', help: 'for programs (doc/why.schema.json)' },
    reportOption('its commit is looked at first'),
    ...credentialOptions,
    ...compileOptions,
  ],
  examples: [
    ['generate-bake why golang1.24', 'one image, with the chain of its parents'],
    [
      'generate-bake why --json istio/pilot | jq ".images[].evidence"',
      'what changed, for programs',
    ],
  ],
  read: (parsed) => readImagesQuestion('why', parsed),
};
