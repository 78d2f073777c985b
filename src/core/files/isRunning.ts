import { codeOf } from './paths.js';

/** Whether this host has a process of that number, whoever's it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // EPERM: it is there and belongs to another user.
    return codeOf(cause) === 'EPERM';
  }
}
