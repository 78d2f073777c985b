import { inspect } from 'node:util';

/**
 * A value that must never be printed: every way in which JavaScript turns an object into text says
 * `[secret]`. `reveal` is called only where the value goes over the wire or into a 0600 file.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/**
 * Foreign text (a registry's error, a helper's output) without the secrets that it may repeat, in
 * any form in which they went over the wire: as they are, URL-encoded, base64.
 */
export function redact(text: string, secrets: readonly Secret[]): string {
  let clean = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value === '') {
      continue;
    }
    const forms = [
      value,
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64'),
    ];
    for (const form of forms) {
      clean = clean.replaceAll(form, '[secret]');
    }
  }
  return clean;
}
