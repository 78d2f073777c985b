/** Images put into a registry by hand: no engine is needed to test what reads them. */
import { createHash } from 'node:crypto';

export interface MadeImage {
  readonly labels?: Readonly<Record<string, string>>;
  readonly created?: string;
  readonly layers?: readonly string[];
  /** Docker's schema 2, as the docker driver pushes, unless OCI is asked for. */
  readonly oci?: boolean;
}

export interface Target {
  readonly host: string;
  readonly user?: string;
  readonly password?: string;
}

const types = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
};
export const ociIndex = 'application/vnd.oci.image.index.v1+json';

/** Pushes an image of made-up layers and gives its digest. */
export async function putImage(
  target: Target,
  name: string,
  tag: string,
  image: MadeImage = {},
): Promise<string> {
  const type = image.oci ? types.oci : types.docker;
  const layers = [];
  for (const layer of image.layers ?? ['layer']) {
    layers.push({ mediaType: type.layer, ...(await putBlob(target, name, layer)) });
  }
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    ...(image.created === undefined ? {} : { created: image.created }),
    config: image.labels === undefined ? {} : { Labels: image.labels },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: type.manifest,
    config: { mediaType: type.config, ...(await putBlob(target, name, config)) },
    layers,
  };
  return putManifest(target, name, tag, type.manifest, JSON.stringify(manifest));
}

export async function putManifest(
  target: Target,
  name: string,
  tag: string,
  type: string,
  text: string,
): Promise<string> {
  const answer = await send(target, 'PUT', `/v2/${name}/manifests/${tag}`, text, type);
  if (answer.status !== 201) {
    throw new Error(`manifest: ${answer.status} ${await answer.text()}`);
  }
  return digestOf(text);
}

async function putBlob(target: Target, name: string, text: string) {
  const digest = digestOf(text);
  const start = await send(target, 'POST', `/v2/${name}/blobs/uploads/`);
  const location = new URL(start.headers.get('location') ?? '', `http://${target.host}`);
  location.searchParams.set('digest', digest);
  const path = `${location.pathname}${location.search}`;
  const answer = await send(target, 'PUT', path, text, 'application/octet-stream');
  if (answer.status !== 201) {
    throw new Error(`blob: ${answer.status} ${await answer.text()}`);
  }
  return { digest, size: Buffer.byteLength(text) };
}

function send(target: Target, method: string, path: string, body?: string, type?: string) {
  const pair = `${target.user}:${target.password}`;
  return fetch(`http://${target.host}${path}`, {
    method,
    headers: {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(target.user === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
    },
    ...(body === undefined ? {} : { body }),
  });
}

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
