/** Images of real layers, put into a registry or written as `docker save` does, without an engine. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** An entry of a layer; a regular file of root, 0644, where nothing else is said. */
export interface MadeFile {
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'character-device';
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly text?: string;
  /** Of a link. */
  readonly target?: string;
  /** Extended headers. */
  readonly pax?: Readonly<Record<string, string>>;
}

/** A tar archive of these, in this order. */
export async function tarOf(files: readonly (readonly [string, MadeFile])[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, { type = 'file', mode = 0o644, uid = 0, gid = 0, ...file }] of files) {
    const { text = '', target, pax } = file;
    const link = target === undefined ? {} : { linkname: target };
    const extended = pax === undefined ? {} : { pax };
    archive.entry({ name, type, mode, uid, gid, mtime: new Date(0), ...link, ...extended }, text);
  }
  archive.finalize();
  return buffer(archive as AsyncIterable<Uint8Array>);
}

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** What an image says beside its layers: `Env`, `Labels` and so on, as in its configuration. */
export type MadeConfig = Readonly<Record<string, unknown>>;

export function configOf(layers: readonly Uint8Array[], config: MadeConfig = {}): string {
  return JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
  });
}

export interface PutOptions {
  readonly config?: MadeConfig;
  /** How a layer is stored; gzip where absent. */
  readonly store?: (layer: Uint8Array) => Uint8Array;
  /** The configuration where it does not fit the layers. */
  readonly configText?: string;
}

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** Pushes an image of these layers, lowest first; gives the digest of its manifest. */
export async function putLayers(
  host: string,
  name: string,
  tag: string,
  layers: readonly Uint8Array[],
  { config, store = gzipSync, configText = configOf(layers, config) }: PutOptions = {},
): Promise<string> {
  const stored = [];
  for (const layer of layers) {
    stored.push({ mediaType: types.layer, ...(await putBlob(host, name, store(layer))) });
  }
  const described = await putBlob(host, name, Buffer.from(configText));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, ...described },
    layers: stored,
  });
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': types.manifest },
    body: manifest,
  });
  if (answer.status !== 201) {
    throw new Error(`manifest: ${answer.status} ${await answer.text()}`);
  }
  return sha256(manifest);
}

async function putBlob(host: string, name: string, bytes: Uint8Array) {
  const digest = sha256(bytes);
  const begun = await fetch(`http://${host}/v2/${name}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', `http://${host}`);
  location.searchParams.set('digest', digest);
  const answer = await fetch(location, { method: 'PUT', body: Buffer.from(bytes) });
  if (answer.status !== 201) {
    throw new Error(`blob: ${answer.status} ${await answer.text()}`);
  }
  return { digest, size: bytes.length };
}

/** As `docker save` writes it: of today (`oci`), or as it did before Docker 25. */
export function savedImage(
  layers: readonly Uint8Array[],
  form: 'oci' | 'old',
  config: MadeConfig = {},
): Promise<Buffer> {
  const text = configOf(layers, config);
  const nameOf = (bytes: Uint8Array | string) => sha256(bytes).slice('sha256:'.length);
  const configName = form === 'oci' ? `blobs/sha256/${nameOf(text)}` : `${nameOf(text)}.json`;
  const layerName = (layer: Uint8Array) =>
    form === 'oci' ? `blobs/sha256/${nameOf(layer)}` : `${nameOf(layer).slice(0, 32)}/layer.tar`;
  const list = [{ Config: configName, RepoTags: ['x:1'], Layers: layers.map(layerName) }];
  const archive = pack();
  for (const layer of layers) {
    archive.entry({ name: layerName(layer) }, layer);
    archive.entry({ name: `${nameOf(layer).slice(0, 32)}/VERSION` }, '1.0');
  }
  archive.entry({ name: configName }, text);
  archive.entry({ name: 'manifest.json' }, JSON.stringify(list));
  archive.finalize();
  return buffer(archive as AsyncIterable<Uint8Array>);
}
