/** How a kind of file writes comments, as far as references care. */
export type CommentStyle = 'hash' | 'slashes' | 'both' | 'none';

/**
 * How a file with this name writes comments that end with the line. Markdown has headings that look like
 * them, and JSON has none.
 */
export function commentStyleOf(name: string): CommentStyle {
  const lower = name.toLowerCase();
  if (/\.(?:md|markdown|rst|adoc|html?|xml|json|csv|svg)$/.test(lower)) {
    return 'none';
  }
  if (
    /\.(?:go|java|js|mjs|cjs|ts|tsx|jsx|c|h|cc|cpp|rs|kt|kts|swift|scala|gradle|jsonnet|libsonnet|cue)$/.test(
      lower,
    )
  ) {
    return 'slashes';
  }
  if (/\.(?:hcl|tf|tfvars|php|groovy)$/.test(lower) || /^jenkinsfile/.test(lower)) {
    return 'both';
  }
  return 'hash';
}

/** Where a comment of a Go template begins; it may have several lines. */
const templateComment = /\{\{-?\s*\/\*/g;
/** On a longer line nobody writes a comment. */
const longestLine = 4096;

/** Tells which offsets of a text are in comments. */
export function commentsOf(text: string, style: CommentStyle): (offset: number) => boolean {
  const blocks = templateComments(text);
  return (offset) =>
    blocks.some(([from, to]) => offset >= from && offset < to) || isBehindMark(text, offset, style);
}

function templateComments(text: string): readonly (readonly [from: number, to: number])[] {
  const blocks: [number, number][] = [];
  let last = 0;
  for (const { index } of text.matchAll(templateComment)) {
    if (index < last) {
      continue;
    }
    const end = text.indexOf('*/', index);
    if (end === -1) {
      break;
    }
    blocks.push([index, end]);
    last = end;
  }
  return blocks;
}

const marks: Readonly<Record<CommentStyle, RegExp | undefined>> = {
  hash: /(?:^|\s)#/g,
  slashes: /(?:^|\s)\/\//g,
  both: /(?:^|\s)(?:#|\/\/)/g,
  none: undefined,
};

function isBehindMark(text: string, offset: number, style: CommentStyle): boolean {
  const mark = marks[style];
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  if (mark === undefined || offset - start > longestLine) {
    return false;
  }
  const line = text.slice(start, offset);
  for (const { index } of line.matchAll(mark)) {
    const ahead = line.slice(0, index);
    // In a quoted string it is no comment; an apostrophe in prose is behind the mark.
    if (!isOdd(ahead, '"') && !isOdd(ahead, "'")) {
      return true;
    }
  }
  return false;
}

function isOdd(text: string, quote: string): boolean {
  return (text.split(quote).length - 1) % 2 === 1;
}
