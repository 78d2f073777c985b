import type { Found, TableReader } from '#formats/settings/tableReader.js';

/** What a workspace file says of the machines that build. */
export interface BuilderKeys {
  /** Docker contexts and buildx builders that share the calls of a build; empty: the one that is selected. */
  readonly builders: readonly Found<string>[];
  /** The repository through which images travel between them. */
  readonly staging?: Found<string>;
}

/** Reads `builders` and `staging`. Complains of names that docker would take for options. */
export function readBuilderKeys(table: TableReader): BuilderKeys {
  const builders = (table.strings('builders', 'the name of a builder') ?? []).filter(
    ({ value, place }) => {
      const isName = isBuilderName(value);
      if (!isName) {
        const hint = '"docker buildx ls" and "docker context ls" list the names';
        table.complain(`"${value}" is not the name of a builder`, place, hint);
      }
      return isName;
    },
  );
  const value = table.string('staging');
  return {
    builders,
    ...(value === undefined ? {} : { staging: { value, place: table.valuePlace('staging') } }),
  };
}

/** Whether docker takes a text as the name of a context or of a builder. */
export function isBuilderName(text: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.+-]*$/.test(text);
}
