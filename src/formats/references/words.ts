/** All that a reference is made of: 1; what joins its parts: 2. Everything else bounds it. */
const classes = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@-') {
  classes[character.charCodeAt(0)] = 1;
}
for (const character of '/:') {
  classes[character.charCodeAt(0)] = 2;
}

/**
 * Visits the words of a text in order: so `golang` is not in `my-golang:1`. Written out, since whole
 * repositories go through it.
 *
 * @param visit gets where a word begins and ends, and whether a `/` or `:` is in it
 */
export function eachWord(
  text: string,
  visit: (start: number, end: number, isJoined: boolean) => void,
): void {
  let start = -1;
  let isJoined = false;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    const kind = code < 128 ? classes[code] : 0;
    if (kind !== 0) {
      if (start === -1) {
        start = at;
        isJoined = false;
      }
      isJoined ||= kind === 2;
    } else if (start !== -1) {
      visit(start, at, isJoined);
      start = -1;
    }
  }
}
