import { type Diagnostic, error, warning } from '#core/diagnostics/diagnostic.js';
import type { StageTree } from '../../workspace/stageTree.js';
import { readStageDockerfile } from './stageDockerfile.js';
import { expandPlaceholders } from './stageValues.js';

/**
 * A stage's Dockerfile with the tree's trailer at its end, as root, and then the last USER again.
 * `generatedFrom` is the first line that is not in the file. Undefined, with the error
 * `stage-unfinished`, where the trailer would become part of the last instruction.
 */
export function withTrailer(
  { trailer }: StageTree,
  text: string,
  names: {
    readonly shown: string;
    readonly file: string;
    readonly stage: string;
    readonly version: string;
  },
  diagnostics: Diagnostic[],
): { readonly text: string; readonly generatedFrom?: number } | undefined {
  if (trailer === undefined) {
    return { text };
  }
  const { shown, file, stage, version } = names;
  const { user, isUnfinished } = readStageDockerfile(text);
  const lines = text.split('\n').length;
  if (isUnfinished) {
    diagnostics.push(
      error('stage-unfinished', 'the Dockerfile ends in the middle of an instruction', {
        place: { file: shown },
        hint: 'remove the escape character at its end: the trailer would become part of it',
      }),
    );
    return undefined;
  }
  if (user === undefined) {
    diagnostics.push(
      warning('stage-user', 'the image will run as root, since the Dockerfile has no USER', {
        place: { file: shown },
        hint: 'end it with the USER that it inherits: the trailer runs as root',
      }),
    );
  }
  const body = expandPlaceholders(trailer.value, {
    stage,
    version,
    dockerfile: file,
  });
  const added = ['USER 0', body.trim(), ...(user === undefined ? [] : [`USER ${user}`])];
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  return {
    text: `${whole}${added.join('\n')}\n`,
    generatedFrom: text.endsWith('\n') ? lines : lines + 1,
  };
}
