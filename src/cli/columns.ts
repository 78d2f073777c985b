/** The columns of what is known of an image beside its definition and its state, in the order of `--wide`. */
export const factColumns = ['owner', 'changed', 'tests', 'built', 'size', 'own'] as const;

export type FactColumn = (typeof factColumns)[number];

/** The columns of every day of `list`, and of `status`. */
export const listColumns = ['tree', 'name', 'version', 'path', 'base', 'parents'] as const;
export const statusColumns = ['image', 'state', 'build', 'why'] as const;

/** Those of `running`. */
export const runningColumns = [
  'verdict',
  'image',
  'version',
  'behind',
  'packages',
  'owner',
  'where',
  'why',
] as const;

/** Those that `running --policy` has. */
export const runningPolicyColumns = [...runningColumns, 'policy'] as const;

export type RunningColumn = (typeof runningPolicyColumns)[number];
export type ListColumn = (typeof listColumns)[number];
export type StatusColumn = (typeof statusColumns)[number];

/** Which columns a table has, and in what order its rows are. */
export interface TableView<Own extends string> {
  /** Absent: those of every day. */
  readonly columns?: readonly (Own | FactColumn)[];
  /** Absent: as the command has them. */
  readonly sort?: Own | FactColumn;
}

/** Whether a view has, or is sorted by, one of these columns. */
export function hasColumn<Own extends string>(
  { columns = [], sort }: TableView<Own>,
  names: readonly (Own | FactColumn)[],
): boolean {
  return names.some((name) => columns.includes(name) || sort === name);
}
