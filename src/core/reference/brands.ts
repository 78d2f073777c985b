/** Strings that must not be taken for one another (an ImageName is not a Reference). */
declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** The name in the changelog, without registry and namespace: `golang1.24`. */
export type ImageName = Brand<'ImageName'>;
/** `registry/namespace/name`, empty parts left out, no tag. */
export type Repository = Brand<'Repository'>;
/** `repository:version`: identifies an image in a plan. */
export type Reference = Brand<'Reference'>;
/** What the Dockerfile frontend looks up among the named contexts (doc/dev/bake.md, Links). */
export type ContextKey = Brand<'ContextKey'>;
/** A bake target's name: `[a-z0-9_-]+`. */
export type TargetName = Brand<'TargetName'>;
/** `sha256:` and 64 hexadecimal digits. */
export type Digest = Brand<'Digest'>;
