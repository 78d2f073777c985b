import { spawnSync } from 'node:child_process';
import { type Data, Float } from '#jinja/index.js';
import { noPython, pythonWith } from '../python.js';

/** A template to render, with the templates it may include. */
export interface Case {
  readonly template: string;
  readonly context: ReadonlyMap<string, Data>;
  readonly files: Readonly<Record<string, string>>;
}

/** What the real Jinja2 makes of it. */
export type Expected =
  | { readonly output: string }
  | { readonly type: string; readonly message: string };

const script = 'test/support/jinja2/oracle.py';
const python = pythonWith('jinja2');

/** Why tests against the real Jinja2 skip, or false. */
export const noJinja2 = noPython('jinja2', 'python3-jinja2');

/** Renders all cases with the real Jinja2, in one process. */
export function renderWithJinja2(cases: readonly Case[]): Expected[] {
  const templates = new Map<string, number>();
  const indexOf = (text: string): number => {
    const index = templates.get(text) ?? templates.size;
    templates.set(text, index);
    return index;
  };
  const encoded = cases.map(({ template, context, files }) => ({
    template: indexOf(template),
    files: Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name, indexOf(text)] as const),
    ),
    context: encode(new Map(context)),
  }));
  const input = JSON.stringify({ templates: [...templates.keys()], cases: encoded });
  const { status, stdout, stderr } = spawnSync(python ?? 'python3', ['-W', 'ignore', script], {
    input,
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });
  if (status !== 0) {
    throw new Error(`${script} failed: ${stderr}`);
  }
  return JSON.parse(stdout) as Expected[];
}

function encode(value: Data): unknown {
  if (value instanceof Float) {
    return { f: String(value.value) };
  }
  if (typeof value === 'bigint') {
    throw new Error('no bigints in cases');
  }
  if (value instanceof Map) {
    return {
      d: Array.from(value as ReadonlyMap<Data, Data>, ([key, item]) => [encode(key), encode(item)]),
    };
  }
  if (Array.isArray(value)) {
    return value.map(encode);
  }
  return value;
}
