import type { Place } from '#core/diagnostics/diagnostic.js';
import type { Found } from '#formats/settings/tableReader.js';

/** A root filesystem as its rootfs.toml or rootfs.yaml describes it. */
export interface RootfsRecipe {
  /** The image's, without registry and namespace. */
  readonly name: string;
  /** `debian`, `ubuntu`: whose keyring signs the mirrors. */
  readonly distribution: string;
  readonly suite: string;
  /** Debian's name (`arm64`); absent: the host's. */
  readonly architecture?: string;
  readonly variant: Variant;
  readonly components: readonly string[];
  /** URIs or lines of a sources.list; empty: those that mmdebstrap knows for the suite. */
  readonly mirrors: readonly string[];
  /** The keyring that signs mirrors without options of their own, on the host and in the image. */
  readonly keyring: string;
  /** Further keys that apt trusts, while it is made and in the image. */
  readonly keys: readonly AddedFile[];
  readonly pins: readonly Pin[];
  readonly packages: readonly string[];
  /** Whether apt in the image installs recommended packages. */
  readonly recommends: boolean;
  /** For the making only. */
  readonly proxy?: string;
  readonly files: readonly AddedFile[];
  /** apt's minimising configuration, no services. */
  readonly minimise: boolean;
  /** No documentation, manuals and translations. */
  readonly slim: boolean;
  /** Globs of paths that slimming leaves. */
  readonly keep: readonly string[];
  /** Seconds since 1970; absent: the newest one made is used, and each refresh makes today's. */
  readonly timestamp?: number;
  /** It as it is written, where that is a string. */
  readonly timestampWritten?: Found<string>;
  /** In days: when a build refreshes one without a timestamp. */
  readonly refreshDays: number;
  readonly environment: ReadonlyMap<string, string>;
  readonly command: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** Other references that Dockerfiles have for it. */
  readonly aliases: readonly string[];
  /** Of the suite. */
  readonly place: Place;
}

/** Those of mmdebstrap that have apt and dpkg. */
export const variants = ['apt', 'required', 'minbase', 'buildd', 'important', 'standard'] as const;
type Variant = (typeof variants)[number];

export interface Pin {
  readonly package: string;
  /** `release o=Acme`, `version 1.2*`, `origin host`. */
  readonly pin: string;
  readonly priority: number;
}

/** A file that is in the image at `target`, owned by root. */
export interface AddedFile {
  /** Absolute, on the host. */
  readonly source: string;
  readonly shown: string;
  /** Absolute, in the image. */
  readonly target: string;
  readonly mode: number;
  /** SHA-256 of the content, or where a symlink points. */
  readonly content:
    | { readonly kind: 'file'; readonly sha256: string }
    | { readonly kind: 'symlink'; readonly to: string };
}
