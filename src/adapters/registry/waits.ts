/** Who is being waited for, so that a command is never silent without a reason. */
export interface Waits {
  /** Something begins to wait for `partner`: a host, a program. */
  begin(partner: string): Wait;
}

export interface Wait {
  /**
   * It is over. True: with a good answer, so that nothing is wrong any more; false: with one that says what is
   * wrong; absent: with none, so that the same silence continues.
   */
  end(answered?: boolean): void;
  /** Why it waits: a sentence that takes the place of "no answer" until there is one. */
  because(reason: string): void;
}

/** Whoever gets the signs: all partners that have been waited for long enough, oldest first. */
export type SignListener = (signs: readonly Sign[]) => void;

interface Sign {
  readonly partner: string;
  /** What a person reads. */
  readonly text: string;
}

/** A shorter wait, in milliseconds, needs no sign of life. */
const noticedMs = 2_000;

/** Who waits again within this many milliseconds has never stopped waiting. */
const gapMs = 300;

/** How often it looks who is waited for, in milliseconds. */
const period = 500;

/** All waits for one partner that follow each other without a gap. */
interface Spell {
  readonly since: number;
  /** How many wait now. */
  open: number;
  reason?: string;
  answers: number;
  /** When it last answered; the beginning before that. */
  answeredAt: number;
  /** Since then, a question has ended without an answer. */
  isAskedAgain: boolean;
  /** When a wait last ended. */
  endedAt: number;
}

/**
 * Gives a sign of life while a registry, a token service or a credential helper is waited for:
 * one question that takes long and many short ones that add up alike.
 */
export class SignsOfLife implements Waits {
  /** Gets the signs at every look; what it does with them depends on where it writes. */
  listener: SignListener;
  readonly #now: () => number;
  readonly #spells = new Map<string, Spell>();
  #timer: NodeJS.Timeout | undefined;

  constructor(listener: SignListener, now: () => number = () => performance.now()) {
    this.listener = listener;
    this.#now = now;
  }

  begin(partner: string): Wait {
    const spell = this.#spellOf(partner);
    let isOpen = true;
    let isQuestion = true;
    spell.open++;
    // It keeps no process alive: what is waited for does.
    this.#timer ??= setInterval(() => this.look(), period).unref();
    return {
      end: (answered) => {
        if (!isOpen) {
          return;
        }
        isOpen = false;
        spell.open--;
        spell.endedAt = this.#now();
        if (answered === undefined) {
          spell.isAskedAgain ||= isQuestion;
          return;
        }
        spell.answeredAt = spell.endedAt;
        spell.isAskedAgain = false;
        if (answered) {
          spell.answers++;
          delete spell.reason;
        }
      },
      because: (reason) => {
        isQuestion = false;
        spell.reason = reason;
      },
    };
  }

  /** Tells the listener who is waited for now; a timer does this by itself. */
  look(): void {
    const now = this.#now();
    const signs: Sign[] = [];
    for (const [partner, spell] of this.#spells) {
      if (spell.open === 0 && now - spell.endedAt > gapMs) {
        this.#spells.delete(partner);
      } else if (spell.open > 0 && now - spell.since >= noticedMs) {
        signs.push({ partner, text: textOf(partner, spell, now) });
      }
    }
    if (this.#spells.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.listener(signs);
  }

  #spellOf(partner: string): Spell {
    const now = this.#now();
    const known = this.#spells.get(partner);
    if (known !== undefined && (known.open > 0 || now - known.endedAt <= gapMs)) {
      return known;
    }
    const spell: Spell = {
      since: now,
      open: 0,
      answers: 0,
      answeredAt: now,
      isAskedAgain: false,
      endedAt: now,
    };
    // Anew at the end of the map: it is younger than the others.
    this.#spells.delete(partner);
    this.#spells.set(partner, spell);
    return spell;
  }
}

function textOf(partner: string, spell: Spell, now: number): string {
  const whole = seconds(now - spell.since);
  if (spell.reason !== undefined) {
    return `${spell.reason} (${whole} so far)`;
  }
  const silence = now - spell.answeredAt;
  if (silence >= noticedMs) {
    const again = spell.isAskedAgain ? ', asked again' : '';
    return `waiting for ${partner}: no answer for ${seconds(silence)}${again}`;
  }
  return `waiting for ${partner}: ${spell.answers} answer${spell.answers === 1 ? '' : 's'} in ${whole}`;
}

function seconds(milliseconds: number): string {
  return `${Math.floor(milliseconds / 1000)} s`;
}

/** How long a partner is waited for, in milliseconds, before a pipe gets the next line about it. */
const repeatMs = 60_000;

/** For pipes: a line as soon as a wait is noticed, and one a minute as long as it lasts. */
export function lineByLine(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): SignListener {
  const said = new Map<string, number>();
  return (signs) => {
    const partners = new Set(signs.map(({ partner }) => partner));
    for (const [partner, last] of said) {
      // Partners that are waited for again and again get no line each time.
      if (!partners.has(partner) && now() - last >= repeatMs) {
        said.delete(partner);
      }
    }
    for (const { partner, text } of signs) {
      const last = said.get(partner);
      if (last === undefined || now() - last >= repeatMs) {
        said.set(partner, now());
        say(text);
      }
    }
  };
}

/** For whoever has nobody to tell. */
export const untold: Waits = {
  begin: () => ({ end: () => {}, because: () => {} }),
};
