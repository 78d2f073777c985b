import type { Completion } from '../process/process.js';
import { withoutLogin } from './sources.js';

/** Warnings of `apt-get update` after which everything was fetched and verified all the same. */
const harmless = [
  /stored in legacy trusted\.gpg/,
  /is configured multiple times/,
  /uses weak (?:digest )?algorithm/,
  /Policy will reject signature/,
  /see the deb822 sources\.list\(5\)/,
];

/**
 * Why `apt-get update` did not bring all that was asked for though it ended with 0: any warning but those that
 * are known to be harmless, such as a component that an archive does not have. `isTrusting`: no archive needs to be signed
 * by a known key.
 */
export function problemIn(
  { stderr }: { readonly stderr: string },
  isTrusting = false,
): string | undefined {
  const lines = stderr.split('\n').filter((line) => /^[WE]: /.test(line));
  const passedOver = isTrusting ? [...harmless, /GPG error|OpenPGP/, /is not signed/] : harmless;
  const found = lines.find((line) => !passedOver.some((pattern) => pattern.test(line)));
  return found === undefined ? undefined : shownLine(found);
}

/** Why a call of apt failed, in one line; undefined: it did not. */
export function failureOf(completion: Completion): string | undefined {
  switch (completion.kind) {
    case 'exited': {
      if (completion.status === 0) {
        return undefined;
      }
      const lines = completion.stderr.split('\n');
      // The error is then that the archive is not signed, which is not the cause.
      const keys = lines.find((each) => /^[WE]: .*(?:GPG error|OpenPGP)/.test(each));
      const line = keys ?? lines.find((each) => /^E: /.test(each)) ?? lines.find(isText);
      return line === undefined ? `apt ended with ${completion.status}` : shownLine(line);
    }
    case 'killed':
      return `apt was ended by ${completion.signal}`;
    case 'timed-out':
      return 'apt took too long';
    case 'not-started':
      return completion.message;
    case 'cancelled':
      return 'stopped';
  }
}

function isText(line: string): boolean {
  return line.trim() !== '';
}

const longest = 300;

function shownLine(line: string): string {
  const text = withoutLogin(
    line
      .replace(/^[A-Z]: /, '')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** What it printed; nothing where it was not started. */
export function textOf(completion: Completion): {
  readonly stdout: string;
  readonly stderr: string;
} {
  return completion.kind === 'not-started' ? { stdout: '', stderr: '' } : completion;
}
