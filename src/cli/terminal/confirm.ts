import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Io } from './io.js';

type Answerer = Readable & { readonly isTTY?: boolean };

/**
 * Asks a person on a terminal; only y and yes are a yes. Where nobody can answer (stdin or stderr is not
 * a terminal), it is one: scripts and CI are not asked. Ctrl-C, or the end of stdin, is a no.
 */
export async function confirm(
  io: Pick<Io, 'terminal' | 'raw'>,
  question: string,
  signal: AbortSignal,
  input: Answerer = process.stdin,
): Promise<boolean> {
  if (input.isTTY !== true || !io.terminal) {
    return true;
  }
  io.raw(`${question} [y/N] `);
  // Not as a terminal of readline's: Ctrl-C stays a signal.
  const lines = createInterface({ input, terminal: false });
  const stop = (): void => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(undefined));
    });
    if (answer === undefined) {
      io.raw('\n');
    }
    return answer !== undefined && /^y(?:es)?$/i.test(answer.trim());
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
  }
}
