import { type Asked, dockerVersions } from '#adapters/docker/versions.js';
import { jsonLine } from '#core/text/jsonLine.js';
import { printable } from '#core/text/printable.js';
import { dockerOf } from '../dockerOf.js';
import { type ExitCode, exit } from '../exit.js';
import type { Io } from '../terminal/io.js';
import { withSignals } from '../terminal/signals.js';
import { version } from '../version.js';
import type { VersionInput } from './version.command.js';

/** Says what is used, one program a line. What is not there is said, and is no failure: status 0. */
export function run(input: VersionInput, io: Io): Promise<ExitCode> {
  return withSignals((signal) => show(input, io, signal));
}

async function show({ json }: VersionInput, io: Io, signal: AbortSignal): Promise<ExitCode> {
  const { client, server, buildx, builder } = await dockerVersions(dockerOf(io), signal);
  if (signal.aborted) {
    return exit.interrupted;
  }
  const node = process.versions.node;
  if (json) {
    // null: not known.
    const document = {
      schema: 1,
      version: version(),
      node,
      docker: { client: known(client), server: known(server) },
      buildx: known(buildx),
      builder: known(builder),
    };
    io.write(jsonLine(document));
    return exit.done;
  }
  const lines = [
    ['generate-bake', version()],
    ['node', node],
    ['docker client', textOf(client)],
    ['docker server', textOf(server)],
    ['buildx', textOf(buildx)],
    ['builder', textOf(builder)],
  ];
  io.write(
    lines.map(([name = '', text = '']) => `${name.padEnd(15)}${printable(text)}\n`).join(''),
  );
  return exit.done;
}

function known(asked: Asked): string | null {
  return asked.kind === 'known' ? asked.text : null;
}

function textOf(asked: Asked): string {
  return asked.kind === 'known' ? asked.text : `not available: ${asked.reason}`;
}
