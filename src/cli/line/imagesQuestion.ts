import type { CredentialUse } from '#adapters/registry/credentials.js';
import { type CompileLine, isPatterned, readCompileLine, readCredentialUse } from './options.js';
import { type Parsed, UsageError } from './spec.js';

/** The line of a command that answers a question about images, which have to be named or selected. */
export interface ImagesQuestion extends CompileLine {
  readonly credentials: CredentialUse;
  readonly json: boolean;
  /** Reports of earlier builds, as named. */
  readonly reports: readonly string[];
}

/** Throws a `UsageError` where no image is named or selected, and there is no other question either. */
export function readImagesQuestion(
  command: string,
  parsed: Parsed,
  hasOther = false,
): ImagesQuestion {
  const line = readCompileLine(parsed);
  if (!hasOther && line.trees.directories.length === 0 && !isPatterned(line.selection)) {
    const hint = 'name images, or select some with --select or --owner';
    throw new UsageError(`${command} needs an image`, hint);
  }
  return {
    ...line,
    credentials: readCredentialUse(parsed),
    json: parsed.flag('json'),
    reports: parsed.list('report'),
  };
}
