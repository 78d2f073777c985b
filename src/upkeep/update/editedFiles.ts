import type { ChangelogEdit, EditContext } from './changelogEdit.js';

/**
 * Files with edits of several images, such as a workspace file with the versions of many: each edit is made
 * in the text that the ones before it left.
 */
export class EditedFiles {
  readonly #edits: ChangelogEdit[] = [];
  readonly #texts = new Map<string, { readonly before: string; after: string }>();
  readonly #context: EditContext;

  constructor(context: EditContext) {
    this.#context = context;
  }

  /** The text of a file as it will be. */
  readonly read: EditContext['read'] = (file, shown, tree) => {
    const known = this.#texts.get(file);
    return known === undefined
      ? this.#context.read(file, shown, tree)
      : { value: known.after, diagnostics: [] };
  };

  add(edit: ChangelogEdit): void {
    this.#edits.push(edit);
    const known = this.#texts.get(edit.file);
    if (known === undefined) {
      this.#texts.set(edit.file, { before: edit.before, after: edit.after });
    } else {
      known.after = edit.after;
    }
  }

  /** All of one file with the same text. */
  edits(): readonly ChangelogEdit[] {
    return this.#edits.map((edit) => ({ ...edit, ...this.#texts.get(edit.file) }));
  }
}
