/** A real BuildKit that is none of the engine's: a builder of the remote driver. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { must } from '../process.js';
import { scratchTree } from '../scratch.js';
import { type Engine, privateEngine } from './engine.js';

export interface RemoteBuilder {
  readonly name: string;
  remove(): Promise<void>;
}

/**
 * Gives an engine a builder elsewhere. No image of buildkitd is to be had on a machine that pulls
 * none; but a second engine with containerd's image store has the whole of BuildKit in it, and
 * `docker buildx dial-stdio` speaks to that: a socket that passes every connection on to one is
 * what the remote driver wants.
 */
export async function remoteBuilder(engine: Engine): Promise<RemoteBuilder> {
  const far = await privateEngine(engine.kind, ['--feature', 'containerd-snapshotter=true']);
  const socket = join(scratchTree().path, 'buildkit.sock');
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    const dial = spawn('docker', ['buildx', 'dial-stdio'], {
      env: far.env,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    connection.pipe(dial.stdin);
    dial.stdout.pipe(connection);
    for (const end of [connection, dial.stdin]) end.on('error', () => dial.kill());
    connection.on('close', () => dial.kill());
    dial.on('close', () => connection.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const name = `far-${process.pid}`;
  const { env } = engine;
  const args = ['buildx', 'create', '--name', name, '--driver', 'remote', `unix://${socket}`];
  await must('docker', args, { env });
  return {
    name,
    remove: async () => {
      await must('docker', ['buildx', 'rm', '--force', name], { env });
      server.close();
      await far.remove();
    },
  };
}
