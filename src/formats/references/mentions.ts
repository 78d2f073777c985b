import { isDigest } from '#core/reference/reference.js';
import { eachWord } from './words.js';

/** A part of a text: UTF-16 units from its start. */
export interface TextPart {
  readonly text: string;
  readonly start: number;
}

/** The tag of a reference. */
interface TagPart extends TextPart {
  /** It is a value of YAML of its own, without quotes: another one there may be a number. */
  readonly isPlain?: boolean;
}

/** What may be a reference to an image, as any file may have it: `[HOST/]NAME[:TAG][@DIGEST]`. */
export interface Mention {
  /** Where the reference begins, and what is written there. */
  readonly written: TextPart;
  /** `host[:port]`; `templated`: an expression or a variable is in its place; absent: there is none. */
  readonly host?: string | { readonly templated: true };
  /** Without the host: `istio/pilot`. */
  readonly path: string;
  /** `templated`: the tag, or a part of it, is an expression; absent: there is none. */
  readonly tag?: TagPart | { readonly templated: true };
  readonly digest?: TextPart;
}

/** A word as `eachWord` finds it. */
const word = /^[\w./:@-]+$/;
/** What a template, a variable or a placeholder begins with: Jinja, Go, shell, Ruby, Puppet, format strings. */
const opening = /^(?:\{\{|\{%|[$#%]\{|\$\(|\$[A-Za-z_]|%s|<%|\{[A-Za-z])/;
const quotes = /^["'`]/;
/** Transports of skopeo and BuildKit; other schemes are of addresses. */
const transport = /^(?:docker|docker-image|docker-daemon|containers-storage|oci):\/\//;
const component = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagRule = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const hostRule =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?$/;
/** No reference is longer: a host, 255 of a name, a tag and a digest. */
const longest = 1024;

/**
 * The words of a text that may be references, in order: of all kinds of files, so none is understood.
 *
 * @param isWanted tells of a word whether it is worth to be read; absent: all are
 * @param visit gets all words: where each begins and ends
 */
export function mentionsIn(
  text: string,
  isWanted: (word: string) => boolean = () => true,
  visit: (start: number, end: number) => void = () => {},
): readonly Mention[] {
  const mentions: Mention[] = [];
  eachWord(text, (start, end, isJoined) => {
    if (end - start > longest) {
      return;
    }
    visit(start, end);
    if (!isJoined || end - start < 3) {
      return;
    }
    const found = text.slice(start, end);
    const mention = isWanted(found) ? mentionIn(text, found, start) : undefined;
    // A word with nothing of a reference but its name is one of a thousand.
    if (mention !== undefined && (mention.host ?? mention.tag ?? mention.digest) !== undefined) {
      mentions.push(mention);
    }
  });
  return mentions;
}

/** Reads a value that is a whole reference, perhaps without a tag; undefined where it is not one. */
export function mentionOf(value: string, start: number): Mention | undefined {
  if (value.length > longest) {
    return undefined;
  }
  // `{{ .Values.registry }}/name` is one that a template completes.
  const template = /^(?:\{\{[^}]*\}\}|\$\{[^}]*\})(?=\/)/.exec(value)?.[0] ?? '';
  const rest = value.slice(template.length);
  if (!word.test(rest)) {
    return undefined;
  }
  return mentionIn(value, rest, template.length, start);
}

function mentionIn(text: string, found: string, index: number, offset = 0): Mention | undefined {
  const before = text.charAt(index - 1);
  const behind = text.slice(index + found.length, index + found.length + 3);
  // Letters beyond ASCII, and the further characters of Debian's versions, belong to the word.
  if (/[\p{L}\p{N}+~\\]/u.test(before) || /^[\p{L}\p{N}+~]/u.test(behind)) {
    return undefined;
  }
  const scheme = transport.exec(found)?.[0] ?? '';
  if (scheme === '' && found.includes('://')) {
    return undefined;
  }
  let start = index + scheme.length;
  let rest = found.slice(scheme.length);
  let host: Mention['host'];
  if (scheme === '' && before === '$') {
    // $REGISTRY/name
    const slash = rest.indexOf('/');
    if (slash === -1 || !/^\w+$/.test(rest.slice(0, slash))) {
      return undefined;
    }
    start += slash + 1;
    rest = rest.slice(slash + 1);
    host = { templated: true };
  } else if (rest.startsWith('/')) {
    const isTemplated = before === '}' || before === ')' || text.slice(index - 2, index) === '%>';
    const isJoined = quotes.test(before) && rest.includes(':');
    if (!isTemplated && !isJoined) {
      return undefined;
    }
    start += 1;
    rest = rest.slice(1);
    host = { templated: true };
  } else if (before === '}') {
    // The template may end in the middle of a name.
    return undefined;
  }
  return split(tailOf(rest, behind), start + offset, host);
}

/** A word without what only follows it, and whether a template continues it. */
interface Word {
  readonly text: string;
  /** `tag`: nothing of the tag is there; `word`: the last part of the word is not whole. */
  readonly open?: 'tag' | 'word';
  /** A quote is behind the colon: a program joins the two. */
  readonly isJoined: boolean;
}

function tailOf(found: string, behind: string): Word {
  const isOpen = opening.test(behind);
  const isJoined = !isOpen && quotes.test(behind) && /[^:]:$/.test(found);
  // A digest that a template gives: what the tag says does not count.
  const text = isOpen ? found.replace(/:(?:@sha256:)?$|@sha256:$/, '') : trimmed(found);
  if (isJoined || (isOpen && text !== found)) {
    const colon = text.indexOf(':', text.lastIndexOf('/') + 1);
    return { text: colon === -1 ? text : text.slice(0, colon), open: 'tag', isJoined };
  }
  return { text, isJoined, ...(isOpen ? { open: 'word' } : {}) };
}

/** Without the punctuation of a sentence around it. */
function trimmed(found: string): string {
  let end = found.length;
  while (end > 0 && './:-'.includes(found.charAt(end - 1))) {
    end--;
  }
  return found.slice(0, end);
}

function split(
  { text: whole, open, isJoined }: Word,
  begin: number,
  given: Mention['host'],
): Mention | undefined {
  const at = whole.indexOf('@');
  const named = at === -1 ? whole : whole.slice(0, at);
  const digest = at === -1 ? undefined : { text: whole.slice(at + 1), start: begin + at + 1 };
  const skipped = prefixLength(named, given !== undefined);
  const start = begin + skipped;
  const reference = named.slice(skipped);
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
  const name = colon === -1 ? reference : reference.slice(0, colon);
  const tag =
    colon === -1 ? undefined : { text: reference.slice(colon + 1), start: start + colon + 1 };
  const isLegal = tag === undefined || tagRule.test(tag.text);
  if (!isLegal || (digest !== undefined && (open !== undefined || !isDigest(digest.text)))) {
    return undefined;
  }
  const place = hostAndPath(name, given);
  if (place === undefined || (isJoined && place.host === undefined)) {
    return undefined;
  }
  // A template that ends a name leaves open which one it is.
  if (open === 'word' && tag === undefined) {
    return undefined;
  }
  return {
    written: { text: whole.slice(skipped), start },
    ...place,
    ...(open !== undefined ? { tag: { templated: true } } : tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function hostAndPath(
  name: string,
  given: Mention['host'],
): Pick<Mention, 'host' | 'path'> | undefined {
  const parts = name.split('/');
  const [first = '', ...others] = parts;
  const isHost =
    given === undefined && others.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost');
  const path = isHost ? others : parts;
  if (!path.every((part) => component.test(part)) || (isHost && !hostRule.test(first))) {
    return undefined;
  }
  const host = isHost ? first : given;
  return { path: path.join('/'), ...(host === undefined ? {} : { host }) };
}

/** `image:` of `image:host:5000/name:1`, where a word has the key of its value in it. */
function prefixLength(named: string, hasHost: boolean): number {
  const slash = named.indexOf('/');
  const first = slash === -1 ? named : named.slice(0, slash);
  const segments = first.split(':');
  // What a name without a path may have behind it is a tag, what a host may have a port.
  const last = segments.at(-1) ?? '';
  const kept = slash === -1 || (/^\d+$/.test(last) && !hasHost) ? 2 : 1;
  return segments.length <= kept
    ? 0
    : segments.slice(0, -kept).reduce((sum, { length }) => sum + length + 1, 0);
}
