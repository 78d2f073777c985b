import { redact, type Secret } from '#adapters/registry/secret.js';
import type { BuildEvent, Listener } from './event.js';

/** A shorter secret may be a part of any word: what is built would be told in riddles. */
const shortest = 8;

/** `Authorization` headers that a server repeats: tokens that docker was given are nobody's else. */
const header = /\b(Basic|Bearer) [\w.~+/=-]{8,}/g;

/**
 * A listener that gets no event with one of these secrets: servers and programs may repeat what they were
 * sent. `secrets` is asked at each event, since credentials are renewed.
 */
export function redacted(listen: Listener, secrets: () => readonly Secret[]): Listener {
  return (event) => {
    const long = secrets().filter((secret) => secret.reveal().length >= shortest);
    listen(withTexts(event, (text) => redact(text, long).replaceAll(header, '$1 [secret]')));
  };
}

/** The event with every text that comes from outside changed. */
function withTexts(event: BuildEvent, change: (text: string) => string): BuildEvent {
  switch (event.kind) {
    case 'image-failed':
      return { ...event, reason: change(event.reason), tail: event.tail.map(change) };
    case 'image-retried':
    case 'image-skipped':
    case 'builder-lost':
      return { ...event, reason: change(event.reason) };
    case 'withheld': {
      const { awaits } = event;
      const reason = change(event.reason);
      return { ...event, reason, ...(awaits && { awaits: awaits.map(change) }) };
    }
    case 'warning':
      return { ...event, message: change(event.message) };
    case 'output':
      return { ...event, text: change(event.text) };
    case 'step-started':
    case 'step-ended':
      return { ...event, step: change(event.step) };
    default:
      return event;
  }
}
