import type { CredentialUse } from '#adapters/registry/credentials.js';
import {
  credentialOptions,
  outputOptions,
  readCredentialUse,
  readTrees,
  type TreesInput,
  treeOptions,
} from '../line/options.js';
import { type CommandSpec, UsageError } from '../line/spec.js';

export type PromoteInput = ImagePromotion | RunPromotion;

interface PromotionLine {
  readonly credentials: CredentialUse;
  readonly trees: TreesInput;
  readonly dryRun: boolean;
  /** Nobody is asked. */
  readonly yes: boolean;
}

export interface ImagePromotion extends PromotionLine {
  readonly kind: 'image';
  readonly name: string;
  readonly version: string;
}

/** Everything that a run made `latest` is taken back. */
export interface RunPromotion extends PromotionLine {
  readonly kind: 'run';
  /** As written. */
  readonly reportFile: string;
}

export const spec: CommandSpec<PromoteInput> = {
  name: 'promote',
  summary: 'move latest to a published version',
  description: `To another version than the one of the definition, latest is held: the tag latest-held is put on the
same image, and as long as both are the same, no build moves latest, on whatever machine. promote to the
version of the definition ends that. With --run and --back, every latest that a run moved goes back to
what it was before, and is held there.`,
  words: [
    ['[NAME]', 'image, or tree/image', 'images'],
    ['[VERSION]', 'a published version of it'],
    ['[DIR...]', 'directories of image definitions'],
  ],
  options: [
    { flags: '--run <REPORT>', help: 'what a run moved, as its build --report REPORT says' },
    { flags: '--back', help: 'with --run: back to what it was before' },
    { flags: '-y, --yes', help: 'do not ask, on a terminal, before latest is moved' },
    { flags: '--dry-run', help: 'say what would be done, and change nothing' },
    ...credentialOptions,
    ...treeOptions,
    ...outputOptions,
  ],
  examples: [
    ['generate-bake promote nodejs 20.1.0-1 --dry-run', 'what moving latest there means'],
    ['generate-bake promote --run report.json --back', 'everything that a bad run made latest'],
  ],
  read(parsed) {
    const line = {
      credentials: readCredentialUse(parsed),
      dryRun: parsed.flag('dry-run'),
      yes: parsed.flag('yes'),
    };
    const reportFile = parsed.text('run');
    const isBack = parsed.flag('back');
    if (reportFile !== undefined) {
      if (!isBack) {
        throw new UsageError('--run needs --back', 'write promote --run REPORT --back');
      }
      return { kind: 'run', trees: readTrees(parsed), ...line, reportFile };
    }
    if (isBack) {
      throw new UsageError(
        '--back needs --run',
        'for one image, write generate-bake rollback NAME',
      );
    }
    const [name, version, ...directories] = parsed.words;
    if (name === undefined || version === undefined) {
      const missing = name === undefined ? 'NAME' : 'VERSION';
      throw new UsageError(
        `missing required argument '${missing}'`,
        'see: generate-bake promote --help',
      );
    }
    return { kind: 'image', trees: readTrees(parsed, directories), ...line, name, version };
  },
};
