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
  return (offset) => isInOne(blocks, offset) || isBehindMark(text, offset, style);
}

type Block = readonly [from: number, to: number];

function templateComments(text: string): readonly Block[] {
  const blocks: Block[] = [];
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

/** @param blocks in their order; they do not overlap */
function isInOne(blocks: readonly Block[], offset: number): boolean {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const [, to] = blocks[middle] ?? [0, 0];
    if (to <= offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const [from] = blocks[low] ?? [Infinity];
  return offset >= from;
}

const marks: Readonly<Record<CommentStyle, RegExp | undefined>> = {
  hash: /(?:^|\s)#/g,
  slashes: /(?:^|\s)\/\//g,
  both: /(?:^|\s)(?:#|\/\/)/g,
  none: undefined,
};

function isBehindMark(text: string, offset: number, style: CommentStyle): boolean {
  const mark = marks[style];
  const from = Math.max(0, offset - longestLine);
  const before = text.slice(from, offset);
  const start = before.lastIndexOf('\n') + 1;
  if (mark === undefined || (start === 0 && from > 0)) {
    return false;
  }
  const line = before.slice(start);
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
