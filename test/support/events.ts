/** What `build --json` wrote, held to doc/events.schema.json. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { root } from './cli.js';

export type EventLine = Readonly<Record<string, unknown>> & { readonly kind: string };

const schema = JSON.parse(readFileSync(join(root, 'doc/events.schema.json'), 'utf8')) as {
  readonly $defs: Readonly<Record<string, object>>;
  readonly oneOf: readonly { readonly $ref: string }[];
};
const ajv = new Ajv2020({ strict: false, validateFormats: false });
/** Each kind by itself: a fault is told of its own definition, not of all of them. */
const kinds = new Map(
  schema.oneOf.map(({ $ref }) => [
    $ref.slice('#/$defs/'.length),
    ajv.compile({ $defs: schema.$defs, $ref }),
  ]),
);
const whole = ajv.compile(schema);

export const kindsOfSchema: readonly string[] = [...kinds.keys()];

/** Whether the schema takes it. */
export function isEvent(value: unknown): boolean {
  return whole(value);
}

/** The lines of a stream that is whole: each as the schema says, a begin, a result. */
export function readEvents(stdout: string): readonly EventLine[] {
  assert.ok(stdout.endsWith('\n'), stdout.slice(-200));
  const lines = stdout.slice(0, -1).split('\n');
  const events = lines.map((line) => JSON.parse(line) as EventLine);
  for (const event of events) {
    const validate = kinds.get(event.kind);
    assert.ok(validate !== undefined, `no kind ${event.kind}`);
    assert.ok(validate(event), `${JSON.stringify(event)}\n${JSON.stringify(validate.errors)}`);
    assert.ok(whole(event));
  }
  const only = (kind: string): number[] =>
    events.flatMap((event, at) => (event.kind === kind ? [at] : []));
  assert.deepEqual(only('begin'), [0]);
  assert.deepEqual(only('result'), [events.length - 1]);
  return events;
}
