import { join } from 'node:path';
import type { ImageDefinition } from '#compiler/definitions/definition.js';
import type { Tree } from '#compiler/workspace/tree.js';
import { type Diagnostic, error, hasErrors, type Outcome } from '#core/diagnostics/diagnostic.js';
import { type ChangelogBlock, readChangelog, readNewestBlock } from '#formats/debian/changelog.js';
import { addBlock, type NewBlock } from '../versioning/addBlock.js';
import { changelogDate, type Moment } from '../versioning/clock.js';

/** A file that gets another text: what is planned, and later written. */
export interface FileEdit {
  /** Absolute. */
  readonly file: string;
  /** As a person would open it. */
  readonly shownFile: string;
  readonly before: string;
  readonly after: string;
  /** The file is not there yet; `before` is empty. */
  readonly isNew?: true;
}

/** One changelog with a block more, or another file with a version. */
export interface ChangelogEdit extends FileEdit {
  readonly image: ImageDefinition;
  readonly fromVersion: string;
  readonly toVersion: string;
  /** The file is of many images: their edits have the same text. */
  readonly isShared?: true;
}

/** What planning needs from outside: the moment, who writes, and the files. */
export interface EditContext {
  readonly moment: Moment;
  /** `Name <address>`. */
  readonly authorOf: (tree: Tree) => string;
  /** The text of a file that a tree names; `shown` is its name in messages. */
  readonly read: (file: string, shown: string, tree: Tree) => Outcome<string | undefined>;
}

/** What a block says, apart from what every block takes from its tree and from the moment. */
export interface BlockText {
  readonly version: string;
  readonly urgency: string;
  readonly changes: readonly string[];
}

/** A changelog as it is now. */
export interface CurrentChangelog {
  readonly file: string;
  readonly shownFile: string;
  readonly text: string;
  readonly newest: ChangelogBlock;
  /** Every version that the changelog names. */
  readonly versions: ReadonlySet<string>;
}

/** Reads the changelog that defines an image; undefined, with errors, where it cannot be changed. */
export function currentChangelog(
  image: ImageDefinition,
  context: EditContext,
): Outcome<CurrentChangelog | undefined> {
  const file = join(image.home ?? image.directory, 'changelog');
  const shownFile = image.place.file;
  const content = context.read(file, shownFile, image.tree);
  if (content.value === undefined || hasErrors(content.diagnostics)) {
    return { value: undefined, diagnostics: content.diagnostics };
  }
  const text = content.value;
  const { value: newest, diagnostics } = readNewestBlock(shownFile, text);
  const errors = diagnostics.flatMap((found): Diagnostic[] => {
    // A new block before one that has no end would be history that nobody can read.
    const isWrong = found.severity === 'error' || found.code === 'changelog-trailer';
    return isWrong ? [{ ...found, severity: 'error' }] : [];
  });
  if (newest === undefined || !newest.isClosed) {
    return { value: undefined, diagnostics: errors };
  }
  const blocks = readChangelog(shownFile, text).value;
  const versions = new Set(blocks.map((block) => block.version));
  return { value: { file, shownFile, text, newest, versions }, diagnostics: [] };
}

/**
 * The edit that adds a block. What it makes is read back, so that an author or a distribution that
 * breaks the format is an error here and never in the file.
 */
export function makeEdit(
  image: ImageDefinition,
  current: CurrentChangelog,
  text: BlockText,
  context: EditContext,
): Outcome<ChangelogEdit | undefined> {
  const block: NewBlock = {
    ...text,
    package: current.newest.package,
    distribution: image.tree.config.distribution,
    author: context.authorOf(image.tree),
    date: changelogDate(context.moment),
  };
  const after = addBlock(current.text, block);
  const unreadable = readBackProblem(current.shownFile, after, block);
  if (unreadable !== undefined) {
    return { value: undefined, diagnostics: [unreadable] };
  }
  const edit = {
    file: current.file,
    shownFile: current.shownFile,
    image,
    fromVersion: current.newest.version,
    toVersion: text.version,
    before: current.text,
    after,
  };
  return { value: edit, diagnostics: [] };
}

function readBackProblem(file: string, text: string, block: NewBlock): Diagnostic | undefined {
  const { value, diagnostics } = readNewestBlock(file, text);
  const same =
    value?.package === block.package &&
    value.version === block.version &&
    value.distributions === block.distribution &&
    value.author === block.author;
  const [first] = diagnostics;
  if (same && first === undefined) {
    return undefined;
  }
  const why = first === undefined ? '' : `: ${first.message}`;
  return error('changelog-block', `the new block would not read back${why}`, {
    place: { file },
    hint: `the distribution is ${JSON.stringify(block.distribution)}, the author ${JSON.stringify(block.author)}: one of them does not fit into a changelog`,
  });
}
