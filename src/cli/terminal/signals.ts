import { setMaxListeners } from 'node:events';

/** SIGHUP: the terminal was closed. (Node takes nohup's word back when it starts.) */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command that can be stopped: the first Ctrl-C, SIGTERM or SIGHUP aborts its signal, so
 * that it ends what it started and says what was finished; a second one ends the program at once.
 */
export async function withSignals<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  // As many wait for it as there are requests and processes; node would warn from eleven on.
  setMaxListeners(0, controller.signal);
  const stop = (): void => {
    if (controller.signal.aborted) {
      process.exit(130);
    }
    controller.abort();
  };
  for (const signal of signals) {
    process.on(signal, stop);
  }
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) {
      process.off(signal, stop);
    }
  }
}
