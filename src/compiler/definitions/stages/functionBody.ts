/** Words after which a shell takes the next one for a command, and so `}` for a bracket. */
const beforeCommand = new Set(
  'if then elif else fi while until do done for case esac in { } ! time'.split(' '),
);
const tokenAt =
  /((?:[ \t]|\\\n)+)|([\n;&|()])|('[^']*')|("(?:[^"\\]|\\[\s\S])*")|((?:[^\s;&|()'"\\<>]|\\[\s\S])+)|([<>]+)/y;

/**
 * The offset behind the `}` that closes the `{` at `start`; undefined where that is not
 * for sure: here-documents, `$'…'`, quotes inside of substitutions inside of quotes.
 */
export function endOfBody(source: string, start: number): number | undefined {
  let depth = 0;
  let commandNext = true;
  let insideWord = false;
  let at = start;
  while (at < source.length) {
    if (!insideWord && source.charAt(at) === '#') {
      const newline = source.indexOf('\n', at);
      at = newline === -1 ? source.length : newline;
      continue;
    }
    tokenAt.lastIndex = at;
    const token = tokenAt.exec(source);
    if (token === null) {
      return undefined;
    }
    const [whole, , separator, single, double, word, redirection] = token;
    at += whole.length;
    if (redirection?.startsWith('<<') === true) {
      return undefined;
    }
    if (double !== undefined && !balanced(double)) {
      return undefined;
    }
    const quoteNext = source.charAt(at) === "'" || source.charAt(at) === '"';
    if (word?.endsWith('$') === true && quoteNext) {
      return undefined;
    }
    if (separator !== undefined) {
      commandNext = true;
    } else if (word !== undefined) {
      const whole = !insideWord && !quoteNext;
      if (commandNext && whole && word === '{') {
        depth++;
      }
      if (commandNext && whole && word === '}' && --depth === 0) {
        return at;
      }
      commandNext &&= whole && beforeCommand.has(word);
    } else if (single !== undefined || double !== undefined || redirection !== undefined) {
      commandNext = false;
    }
    insideWord = single !== undefined || double !== undefined || word !== undefined;
  }
  return undefined;
}

function balanced(quoted: string): boolean {
  const count = (char: string): number => quoted.split(char).length;
  return count('(') === count(')') && count('`') % 2 === 1;
}
