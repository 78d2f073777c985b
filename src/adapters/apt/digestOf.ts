import { hash } from 'node:crypto';

/** One digest, in hex, of several texts: of all of them and of where each ends. */
export function digestOf(parts: readonly (string | Uint8Array)[]): string {
  return hash('sha256', parts.map((part) => hash('sha256', part, 'hex')).join('\n'), 'hex');
}
