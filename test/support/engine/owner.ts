import { readFileSync } from 'node:fs';

/** A process told from a later one of the same id: its id and its start time in clock ticks. */
export function processMark(pid: number): string | undefined {
  try {
    // The second field, the name, may hold spaces and parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

export function isAlive(mark: string): boolean {
  return processMark(Number(mark.split(' ')[0])) === mark.trim();
}

/** Ends a process by its mark: asks, waits, and kills it when it does not go. */
export async function end(mark: string, patienceMs = 15_000): Promise<void> {
  const pid = Number(mark.split(' ')[0]);
  const until = Date.now() + patienceMs;
  if (isAlive(mark)) {
    signal(pid, 'SIGTERM');
  }
  while (isAlive(mark)) {
    if (Date.now() > until) {
      signal(pid, 'SIGKILL');
    }
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended since it was looked at.
  }
}
