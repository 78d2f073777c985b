/** Thrown inside this folder for what is not a layer, or is more than any honest one; a value outside. */
export class UnreadableLayer extends Error {}

/** What is read of one layer at most; more is refused. */
export const limits = {
  /** Uncompressed, in bytes. */
  layerBytes: 64 * 1024 ** 3,
  entries: 1_000_000,
  /** All names and targets of links together, in bytes. */
  nameBytes: 256 * 1024 ** 2,
  /** One path, in bytes: Linux's PATH_MAX. */
  pathBytes: 4096,
  /** A file whose text is read: a package database, a list of a package's files. */
  textBytes: 64 * 1024 ** 2,
  /** The same of all of them in a layer. */
  allTextBytes: 256 * 1024 ** 2,
  /** A file that is kept as it is, other than a package database: a list of sources, a keyring. */
  keptBytes: 1024 ** 2,
  /** The same of all of them in a layer. */
  allKeptBytes: 16 * 1024 ** 2,
} as const;
