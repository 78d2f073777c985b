import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { clientContext, postUpdate } from '#adapters/debmonitor/postUpdate.js';
import { groupBy } from '#core/data/groups.js';
import { error } from '#core/diagnostics/diagnostic.js';
import { printable } from '#core/text/printable.js';
import { some } from '#core/text/some.js';
import type { ImageInventory } from '#fleet/inventory/askInventories.js';
import { type Submission, submitAll } from '#fleet/inventory/debmonitor.js';
import { publishedRecord } from '#fleet/status/publishedRecord.js';
import { type ExitCode, exit } from './exit.js';
import { stateDirectory } from './places.js';
import type { Io } from './terminal/io.js';
import { report } from './terminal/report.js';

/** A DebMonitor server as the command line names it. */
export interface DebMonitorInput {
  readonly url: URL;
  /** As written; absent: no client certificate is shown. */
  readonly client?: { readonly cert: string; readonly key: string };
}

/** So many names are said of many. */
const mostNames = 3;

/**
 * Sends inventories to a DebMonitor server, and says what was sent. Ends with 2 where a certificate cannot be
 * used, with 3 where an image could not be read, or was not taken.
 */
export async function sendToDebMonitor(
  rows: readonly ImageInventory[],
  { url, client }: DebMonitorInput,
  io: Io,
  signal: AbortSignal,
): Promise<ExitCode> {
  const files = client && {
    cert: resolve(io.cwd, client.cert),
    key: resolve(io.cwd, client.key),
  };
  const context = url.protocol === 'https:' ? clientContext(url, files, io.env) : undefined;
  if (context !== undefined && 'wrong' in context) {
    report(io, [error('usage', context.wrong, { hint: 'name a file in PEM that you may read' })]);
    return exit.wrong;
  }
  const server = { url, signal, ...(context === undefined ? {} : { context }) };
  const of = createHash('sha256').update(url.href).digest('hex').slice(0, 16);
  const submissions = await submitAll(rows, {
    post: (image, update) => postUpdate(server, image, update),
    record: publishedRecord(join(stateDirectory(io), `debmonitor-${of}`), io.now()),
    now: io.now(),
    signal,
  });
  if (signal.aborted) {
    return exit.interrupted;
  }
  for (const line of lines(submissions, url)) {
    io.say(printable(line));
  }
  return submissions.some(({ kind }) => kind === 'failed') ? exit.unusable : exit.done;
}

function lines(submissions: readonly Submission[], { host }: URL): string[] {
  const number = (kind: Submission['kind']) =>
    submissions.filter((each) => each.kind === kind).length;
  const unsent = submissions.filter(({ kind }) => kind === 'left-out' || kind === 'failed');
  const left = groupBy(unsent, ({ reason = '' }) => reason);
  const sent = number('sent');
  return [
    `${sent} ${sent === 1 ? 'image' : 'images'} sent to ${host}, ${number('unchanged')} as sent before, ${unsent.length} not sent`,
    ...[...left].map(([reason, images]) => {
      const names = some(
        images.map(({ shown }) => shown),
        mostNames,
      );
      return `not sent: ${names}: ${reason}`;
    }),
  ];
}
