import { type ListColumn, listColumns, type TableView } from '../columns.js';
import { columnOptions, readTableView } from '../line/columns.js';
import {
  type CompileLine,
  changeOptions,
  imageWords,
  readChangeLine,
  strictOption,
} from '../line/options.js';
import type { CommandSpec } from '../line/spec.js';

export interface ListInput extends CompileLine, TableView<ListColumn> {
  /** Anything broken among what is selected is an error of the whole. */
  readonly strict: boolean;
  readonly form: 'table' | 'tree' | 'json';
}

export const spec: CommandSpec<ListInput> = {
  name: 'list',
  summary: 'list the images with their parents',
  words: imageWords,
  options: [
    { flags: '--tree', help: 'children below their parents', conflicts: ['json'] },
    { flags: '--json', help: 'everything, for programs (doc/list.schema.json)' },
    ...columnOptions(listColumns, ['tree', 'json']),
    strictOption,
    ...changeOptions,
  ],
  examples: [
    ['generate-bake list images', 'a table'],
    ['generate-bake list --wide --untested', 'what no test is run for, with owners'],
    ['generate-bake list --columns name,owner,changed --sort changed', 'what changed last'],
    ['generate-bake list --tree --select golang1.24 --with-children', 'what is built on one image'],
    ['generate-bake list --since', 'what is not as where this branch left the main one'],
  ],
  read: (parsed) => ({
    ...readChangeLine(parsed),
    ...readTableView(parsed, listColumns),
    strict: parsed.flag('strict'),
    form: parsed.flag('json') ? 'json' : parsed.flag('tree') ? 'tree' : 'table',
  }),
};
