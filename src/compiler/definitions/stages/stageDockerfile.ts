import type { Span } from '#formats/dockerfile/dockerfile.js';
import { walkInstructions } from '#formats/dockerfile/instructions.js';
import { splitWords } from '#formats/dockerfile/words.js';

/** What of a stage's Dockerfile decides its arguments and its trailer. */
export interface StageDockerfile {
  /** Every ARG of the file without a default, at its first place. */
  readonly open: readonly { readonly name: string; readonly span: Span }[];
  /** Names of ARGs that have a default somewhere in the file. */
  readonly withDefault: ReadonlySet<string>;
  /** The argument of the final stage's last USER. */
  readonly user?: string;
  /** Whether the last instruction continues past the end of the file. */
  readonly isUnfinished: boolean;
}

export function readStageDockerfile(text: string): StageDockerfile {
  const open = new Map<string, Span>();
  const withDefault = new Set<string>();
  let user: string | undefined;
  let escapeChar = '\\';
  walkInstructions(text, ({ name, command, lines }) => {
    escapeChar = lines.escape;
    if (name === 'from') {
      user = undefined;
    }
    if (name === 'user') {
      user = command.rest;
    }
    if (name !== 'arg') {
      return;
    }
    for (const word of splitWords(command.rest, lines.escape)) {
      const equals = word.text.indexOf('=');
      if (equals !== -1) {
        withDefault.add(word.text.slice(0, equals));
      } else if (!open.has(word.text)) {
        open.set(word.text, lines.span(command.restAt + word.at, word.length));
      }
    }
  });
  const last = text
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .at(-1);
  const isUnfinished = new RegExp(`(?:^|[^\\${escapeChar}])\\${escapeChar}[ \\t\\r]*$`).test(
    last ?? '',
  );
  return {
    open: [...open].map(([name, span]) => ({ name, span })),
    withDefault,
    ...(user === undefined ? {} : { user }),
    isUnfinished,
  };
}

/** Arguments that BuildKit gives every build, or that only describe the builder. */
const given =
  /^(?:TARGET(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|STAGE)|BUILD(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)|BUILDKIT_.*|SOURCE_DATE_EPOCH|(?:https?|ftp|no|all)_proxy)$/i;

export function isGiven(name: string): boolean {
  return given.test(name);
}
