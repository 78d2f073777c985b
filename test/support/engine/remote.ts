/** Builders that are none of the engine's own: BuildKit in another engine. */
import { spawn } from 'node:child_process';
import { createServer, type ListenOptions } from 'node:net';
import { must } from '../process.js';
import { scratchTree } from '../scratch.js';
import { type Engine, privateEngine } from './engine.js';

export interface RemoteBuilder {
  readonly name: string;
  /** Its daemon answers nothing, and refuses nothing; or continues. */
  freeze(isFrozen: boolean): void;
  /** Nothing answers there any more. */
  hangUp(): void;
  remove(): Promise<void>;
}

let remotes = 0;

/** Gives an engine a builder of the remote driver. `platforms`: those that the user says it is for. */
export async function remoteBuilder(
  engine: Engine,
  platforms: readonly string[] = [],
): Promise<RemoteBuilder> {
  const socket = scratchTree().at('buildkit.sock');
  const far = await farBuildkit({ path: socket });
  const name = `far-${process.pid}-${++remotes}`;
  const { env } = engine;
  const chosen = platforms.flatMap((platform) => ['--platform', platform]);
  const driver = ['--driver', 'remote', ...chosen];
  const args = ['buildx', 'create', '--name', name, ...driver, `unix://${socket}`];
  await must('docker', args, { env });
  return {
    name,
    freeze: far.freeze,
    hangUp: far.hangUp,
    remove: async () => {
      await must('docker', ['buildx', 'rm', '--force', name], { env });
      await far.stop();
    },
  };
}

/**
 * Loads a fake of buildkitd's image into an engine, under the name that the docker-container driver
 * takes: its container is real, with all limits, and what is asked of the BuildKit in it is
 * answered by a real one elsewhere.
 */
export async function fakeBuildkitImage(
  engine: Engine,
  base: string,
): Promise<{ stop(): Promise<void> }> {
  const format = '{{(index .IPAM.Config 0).Gateway}}';
  const host = await engine.docker('network', 'inspect', 'bridge', '--format', format);
  const far = await farBuildkit({ host, port: 0 });
  const folder = scratchTree({
    buildkitd: { text: "#!/bin/sh\ntrap 'exit 0' TERM\nwhile sleep 1; do :; done\n", mode: 0o755 },
    buildctl: {
      text: `#!/bin/sh\n[ "$1" = dial-stdio ] || exit 0\nexec nc ${host} ${far.port}\n`,
      mode: 0o755,
    },
    Dockerfile: [
      `FROM ${base}`,
      'COPY buildkitd buildctl /bin/',
      'ENTRYPOINT ["/bin/buildkitd"]',
      '',
    ].join('\n'),
  });
  const tag = 'moby/buildkit:buildx-stable-1';
  await engine.docker('build', '--quiet', '--tag', tag, folder.path);
  return far;
}

/**
 * A whole BuildKit beside an engine, behind a socket. No image of buildkitd is to be had on a
 * machine that pulls none; but a second engine with containerd's image store has all of it, and
 * `docker buildx dial-stdio` speaks to that: every connection is passed on to one.
 */
async function farBuildkit(where: ListenOptions): Promise<{
  readonly port: number;
  freeze(isFrozen: boolean): void;
  hangUp(): void;
  stop(): Promise<void>;
}> {
  // An older one has no such store, and its client speaks to a newer BuildKit all the same.
  const far = await privateEngine('current', ['--feature', 'containerd-snapshotter=true']);
  const open = new Set<() => void>();
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    const dial = spawn('docker', ['buildx', 'dial-stdio'], {
      env: far.env,
      stdio: ['pipe', 'pipe', 'ignore'],
      // A group of its own: docker's plugin would outlive docker.
      detached: true,
    });
    const close = (): void => {
      if (!open.delete(close)) {
        return;
      }
      try {
        if (dial.pid !== undefined) {
          process.kill(-dial.pid, 'SIGKILL');
        }
      } catch {
        // It has ended by itself.
      }
      connection.destroy();
    };
    open.add(close);
    connection.pipe(dial.stdin);
    dial.stdout.pipe(connection);
    for (const end of [connection, dial.stdin]) {
      end.on('error', close);
    }
    connection.on('close', close);
    dial.on('close', close);
  });
  // A failed test does not stop it, and must end all the same.
  server.unref();
  await new Promise<void>((resolve) => server.listen(where, resolve));
  const address = server.address();
  const hangUp = (): void => {
    server.close();
    for (const close of open) {
      close();
    }
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    freeze: (isFrozen) => far.freeze(isFrozen),
    hangUp,
    stop: async () => {
      hangUp();
      await far.remove();
    },
  };
}
