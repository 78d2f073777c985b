import type { Place } from '#core/diagnostics/diagnostic.js';
import type { DatabasePackage } from '#formats/debian/installed.js';
import { platformIn } from '../contents/settings.js';
import type { ImageInventory, Looked } from './askInventories.js';
import type { Distribution } from './osRelease.js';
import type { OtherSoftware } from './otherSoftware.js';

/**
 * What `packages --json` prints; doc/packages.schema.json is its schema. Other tools build on it:
 * fields are added, never changed or removed, without a new `schema` number.
 */
export interface PackagesDocument {
  readonly schema: 1;
  readonly looked: Looked['kind'] | 'running';
  /** What was asked for; absent: every package is listed. */
  readonly contains?: string;
  readonly images: readonly DocumentedImage[];
}

interface DocumentedImage {
  /** Of the definition. */
  readonly reference: string;
  /** What was looked at. */
  readonly image: string;
  readonly alsoTagged?: readonly string[];
  /** What runs it; absent: nobody asked. */
  readonly workloads?: readonly DocumentedWorkload[];
  readonly found: 'read' | 'absent' | 'unknown';
  /** Why it is absent or unknown. */
  readonly reason?: string;
  readonly origin?: 'registry' | 'engine' | 'file';
  /** Of the manifest in the registry, or the engine's ID. */
  readonly digest?: string;
  readonly platform?: string;
  /** As the image says. */
  readonly created?: string;
  readonly distribution?: Distribution;
  readonly architecture?: string;
  readonly foreignArchitectures?: readonly string[];
  readonly packages?: readonly DocumentedPackage[];
  /** Whether it has what was asked for. */
  readonly contains?: boolean;
  readonly otherSoftware?: readonly DocumentedSoftware[];
  readonly otherDatabases?: readonly string[];
  /** What could not be read of it. */
  readonly unread?: readonly string[];
}

interface DocumentedWorkload {
  readonly cluster: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly name: string;
  readonly pods: number;
}

interface DocumentedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
  readonly held?: true;
}

interface DocumentedSoftware {
  readonly tool: string;
  readonly file: string;
  readonly line?: number;
  readonly from?: string;
}

/** An inventory with what the rest of the program knows of its image. */
export interface InventoryRow extends ImageInventory {
  readonly otherSoftware: readonly OtherSoftware[];
  /** By which packages it has what was asked for; `none`: it does not. Absent: nothing was asked for. */
  readonly contained?: readonly DatabasePackage[] | 'none';
  /** What runs it; absent: nobody asked. */
  readonly workloads?: readonly DocumentedWorkload[];
}

export function packagesDocument(
  rows: readonly InventoryRow[],
  looked: PackagesDocument['looked'],
  contains: string | undefined,
): PackagesDocument {
  return {
    schema: 1,
    looked,
    ...(contains === undefined ? {} : { contains }),
    images: rows.map(documented),
  };
}

function documented(row: InventoryRow): DocumentedImage {
  const { reference, shown, alsoTagged, found, contained, workloads } = row;
  const about = {
    reference,
    image: shown,
    ...(alsoTagged.length === 0 ? {} : { alsoTagged }),
    ...(workloads === undefined
      ? {}
      : {
          workloads: workloads.map(({ cluster, namespace, kind, name, pods }) => ({
            cluster,
            ...(namespace === undefined ? {} : { namespace }),
            ...(kind === undefined ? {} : { kind }),
            name,
            pods,
          })),
        }),
  };
  if (found.kind !== 'read') {
    const reason = found.kind === 'failed' ? found.failure.reason : found.reason;
    return {
      ...about,
      found: found.kind === 'failed' ? 'unknown' : 'absent',
      ...(reason === undefined ? {} : { reason }),
    };
  }
  const { image, inventory } = found;
  const { distribution, architecture, foreignArchitectures, other, unread } = inventory;
  const { created } = image.settings;
  const platform = platformIn(image.settings);
  const packages =
    contained === undefined ? inventory.packages : contained === 'none' ? [] : contained;
  return {
    ...about,
    found: 'read',
    origin: image.origin,
    ...(image.digest === undefined ? {} : { digest: image.digest }),
    ...(platform === undefined ? {} : { platform }),
    ...(created === undefined ? {} : { created }),
    ...(distribution === undefined ? {} : { distribution }),
    architecture,
    foreignArchitectures,
    packages: packages.map(documentedPackage),
    ...(contained === undefined ? {} : { contains: contained !== 'none' }),
    otherSoftware: row.otherSoftware.map(({ tool, place, from }) => ({
      tool,
      ...lineOf(place),
      ...(from === undefined ? {} : { from }),
    })),
    otherDatabases: other,
    unread,
  };
}

function lineOf({ file, line }: Place): { readonly file: string; readonly line?: number } {
  return { file, ...(line === undefined ? {} : { line }) };
}

function documentedPackage(each: DatabasePackage): DocumentedPackage {
  const { name, version, architecture, source, sourceVersion } = each;
  const held = isHeld(each) ? { held: true as const } : {};
  return { name, version, architecture, source, sourceVersion, ...held };
}

/** `apt-mark hold` was said of it. */
export function isHeld({ status }: DatabasePackage): boolean {
  return status?.startsWith('hold ') === true;
}
