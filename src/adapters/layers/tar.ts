/** The only module that uses tar-stream. */
import { extract, type Header } from 'tar-stream';
import { UnreadableLayer } from './unreadable.js';

/** What a tar archive says of one entry. */
export interface TarHeader {
  /** As it is in the archive: perhaps with `./`, `/` or `..`. Bytes that are not UTF-8 are `\xNN`. */
  readonly name: string;
  readonly type: TarType;
  /** With the set-user-ID, set-group-ID and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** The target of a link. */
  readonly target: string;
  /** `major,minor` of a device. */
  readonly device: string;
  /** Extended attributes (`SCHILY.xattr.…`), decoded as UTF-8. */
  readonly attributes: ReadonlyMap<string, string>;
}

type TarType = 'file' | 'link' | 'symlink' | 'directory' | 'fifo' | CharacterOrBlock;
type CharacterOrBlock = 'character-device' | 'block-device';

/** Latin-1 keeps the bytes of a name, which need not be UTF-8. (The library's types lack both.) */
const reading: object = { filenameEncoding: 'latin1', allowUnknownFormat: true };

/**
 * Calls `visit` for each entry, one after another; what it leaves of an entry's content is skipped. Throws
 * `UnreadableLayer` for what is not a tar archive, and what `source` or `visit` throws.
 */
export async function readTar(
  source: AsyncIterable<Uint8Array>,
  visit: (header: TarHeader, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const archive = extract(reading);
  let broken: { readonly cause: unknown } | undefined;
  let wake = (): void => {};
  archive.on('drain', () => wake());
  archive.on('close', () => wake());
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of source) {
        if (archive.destroyed) {
          return;
        }
        if (!archive.write(chunk)) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      archive.end(null);
    } catch (cause) {
      broken = { cause };
      archive.destroy(null);
    }
  };
  const fed = feed();
  try {
    for await (const entry of archive) {
      await visit(headerOf(entry.header), entry as AsyncIterable<Uint8Array>);
      entry.resume();
    }
  } catch (cause) {
    archive.destroy(null);
    await fed;
    throw broken?.cause ?? reasonOf(cause);
  }
  await fed;
  if (broken !== undefined) {
    throw broken.cause;
  }
}

function reasonOf(cause: unknown): unknown {
  const isTars = cause instanceof Error && libraryWords.test(cause.message);
  return isTars ? new UnreadableLayer('it is not a whole tar archive') : cause;
}

/** The library's errors have no codes. */
const libraryWords = /^(?:Invalid (?:tar )?header|Unexpected end of data|Header exceeds)/;

const attributePrefix = 'SCHILY.xattr.';

function headerOf(header: Header): TarHeader {
  const { mode, uid, gid, size, devmajor, devminor, linkname } = header;
  const pax = new Map(Object.entries((header.pax ?? {}) as Record<string, string>));
  const attributes = [...pax].flatMap(([key, value]) =>
    key.startsWith(attributePrefix) ? [[key.slice(attributePrefix.length), value] as const] : [],
  );
  return {
    name: pax.get('path') ?? decoded(header.name),
    type: typeOf(header.type),
    mode: mode & 0o7777,
    uid: idOf(pax.get('uid'), uid),
    gid: idOf(pax.get('gid'), gid),
    size,
    target: pax.get('linkpath') ?? decoded(linkname ?? ''),
    device: `${devmajor},${devminor}`,
    attributes: new Map(attributes),
  };
}

/** The library gives null for types that it does not know. */
function typeOf(type: Header['type'] | null): TarType {
  switch (type) {
    case 'contiguous-file':
      return 'file';
    case null:
      throw new UnreadableLayer('it has an entry of an unknown type');
    default:
      return type;
  }
}

/** The library reads no ids from extended headers, where those that are too large for a plain one are. */
function idOf(extended: string | undefined, plain: number): number {
  return extended !== undefined && /^\d{1,10}$/.test(extended) ? Number(extended) : plain;
}

const strict = new TextDecoder('utf-8', { fatal: true });

function decoded(latin1: string): string {
  if (!/[\u0080-\u00ff]/.test(latin1)) {
    return latin1;
  }
  try {
    return strict.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1.replace(
      /[\u0080-\u00ff]/g,
      (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
  }
}
