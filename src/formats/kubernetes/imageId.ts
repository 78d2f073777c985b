/** Which image a container runs, as its runtime says in `imageID`. */
export interface ImageId {
  /**
   * `manifest`: the digest of a manifest or an index in a registry; `any`: that, or of the image's configuration, which is
   * what runtimes have of images that no registry gave them.
   */
  readonly kind: 'manifest' | 'any';
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/**
 * Reads `imageID` of a container's status: `docker-pullable://REPOSITORY@DIGEST` (dockershim, cri-dockerd), `REPOSITORY@DIGEST`
 * (containerd, CRI-O), `docker://DIGEST`, `DIGEST`, or 64 digits (CRI-O). Undefined: it says nothing, as before the image is
 * pulled.
 */
export function readImageId(text: string): ImageId | undefined {
  const plain = text.replace(/^[a-z][a-z0-9+.-]*:\/\//, '');
  const at = plain.lastIndexOf('@');
  const digest = plain.slice(at + 1);
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) {
    return { kind: at === -1 ? 'any' : 'manifest', digest };
  }
  return /^[0-9a-f]{64}$/.test(plain) ? { kind: 'any', digest: `sha256:${plain}` } : undefined;
}
