import { edits } from './edits.js';

/**
 * The known words nearest to a misspelt one, best first: at most `most`, none further off than a
 * third of the word (and always within 2 edits for short words), as git and cargo do it, or within
 * `limit` edits.
 */
export function suggest(
  word: string,
  known: Iterable<string>,
  most = 3,
  limit = Math.max(2, Math.floor(word.length / 3)),
): string[] {
  const near: { candidate: string; away: number }[] = [];
  const lower = word.toLowerCase();
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > limit) {
      continue;
    }
    const away = edits(lower, candidate.toLowerCase());
    if (away <= limit && away < candidate.length) {
      near.push({ candidate, away });
    }
  }
  near.sort((a, b) => a.away - b.away || (a.candidate < b.candidate ? -1 : 1));
  return near.slice(0, most).map((entry) => entry.candidate);
}

/** `did you mean "x"?`, or undefined when nothing is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const near = suggest(word, known);
  if (near.length === 0) {
    return undefined;
  }
  return `did you mean ${near.map((candidate) => `"${candidate}"`).join(' or ')}?`;
}
