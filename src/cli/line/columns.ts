import { didYouMean } from '#core/text/suggest.js';
import { type FactColumn, factColumns, type TableView } from '../columns.js';
import { type OptionSpec, type Parsed, UsageError } from './spec.js';

/** @param own the columns of every day, in their order */
export function columnOptions(
  own: readonly string[],
  conflicts: readonly string[],
): readonly OptionSpec[] {
  return [
    {
      flags: '--wide',
      help: `more columns: ${factColumns.join(', ')}`,
      conflicts: [...conflicts, 'columns'],
    },
    {
      flags: '--columns <NAMES>',
      help: `these columns, in this order: ${[...own, ...factColumns].join(', ')}`,
      conflicts,
    },
    {
      flags: '--sort <COLUMN>',
      help: 'sort by a column: names from a to z, the newest date or the largest size first',
      choices: [...own, ...factColumns],
      conflicts,
    },
  ];
}

/** Throws a `UsageError` for a name that no column has, and for one that is written twice. */
export function readTableView<Own extends string>(
  parsed: Parsed,
  own: readonly Own[],
): TableView<Own> {
  const known: readonly (Own | FactColumn)[] = [...own, ...factColumns];
  const columns = parsed.flag('wide') ? known : readColumns(parsed, known);
  const by = parsed.text('sort');
  const sort = known.find((name) => name === by);
  return {
    ...(columns === undefined ? {} : { columns }),
    ...(sort === undefined ? {} : { sort }),
  };
}

/** What `--columns` names; throws as `readTableView` does. */
export function readColumns<Name extends string>(
  parsed: Parsed,
  known: readonly Name[],
): readonly Name[] | undefined {
  const written = parsed.text('columns')?.split(',');
  const columns = written?.map((name) => columnOf(name, known));
  const twice = columns?.find((name, at) => columns.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new UsageError(`--columns has ${twice} twice`);
  }
  return columns;
}

function columnOf<Name extends string>(written: string, known: readonly Name[]): Name {
  const name = written.trim().toLowerCase();
  const found = known.find((each) => each === name);
  if (found === undefined) {
    const all = `columns are ${known.join(', ')}`;
    const hint = didYouMean(name, known);
    throw new UsageError(
      `--columns: there is no column "${written}"`,
      hint === undefined ? all : `${hint} ${all}`,
    );
  }
  return found;
}
